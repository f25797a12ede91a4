import { tagOf } from '#core/search/card.ts';
import type { QueryOf, WrittenReply } from '#core/search/routes.ts';
import { wordsOf } from '#core/search/words.ts';
import type { Transaction } from '../store.ts';
import { type ActivityColumns, activityFrom } from './activity.ts';
import { asOf } from './asOf.ts';
import { page, placeIn } from './pages.ts';
import { currentShares, mostNet, writtenFee } from './prices.ts';

export type Listing = WrittenReply<'models'>['models'][number];
type Query = QueryOf<'models'>;

/** Words of one question. */
const MOST_WORDS = 16;

/** What each order sorts by, ascending, before the model's id. */
const ORDERS = {
  requests: ['-l.requests', 'bigint'],
  newest: ['-l.model', 'bigint'],
  name: ['l.name', 'text'],
  price: ['l.net', 'numeric'],
} as const;

export async function models(tx: Transaction, query: Query): Promise<WrittenReply<'models'>> {
  const shares = await currentShares(tx);
  const { conditions, parameters, bind } = conditionsOf(query);
  if (query.maxPrice !== undefined) conditions.push(`l.net <= ${bind(mostNet(query.maxPrice, shares).toString())}`);
  const [order, kind] = ORDERS[query.sort];
  if (query.cursor !== undefined) {
    const [value, model] = placeIn(query.cursor, [kind, 'bigint']);
    conditions.push(`(${order}, l.model) > (${bind(value)}::${kind}, ${bind(model)}::bigint)`);
  }
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  const rows = await tx.query<ListingColumns & { place: string }>(
    `select ${LISTING}, (${order})::text as place ${FROM} ${where} order by ${order}, l.model limit ${query.limit + 1}`,
    parameters,
  );
  const { shown, next } = page(rows, query.limit, (row) => [row.place, row.id]);
  return { asOf: await asOf(tx), models: shown.map((row) => listingFrom(row, shares)), next };
}

export async function listing(tx: Transaction, name: string): Promise<Listing | undefined> {
  const [row] = await tx.query<ListingColumns>(`select ${LISTING} ${FROM} where l.name = $1`, [name]);
  return row && listingFrom(row, await currentShares(tx));
}

function conditionsOf({ text, task, tag, owner }: Query) {
  const conditions: string[] = [];
  const parameters: unknown[] = [];
  const bind = (value: unknown) => `$${parameters.push(value)}`;
  if (text !== undefined) conditions.push(`l.words @@ ${bind(wordsQuery(text))}::tsquery`);
  if (task !== undefined) conditions.push(`l.task_words @@ ${bind(wordsQuery(task))}::tsquery`);
  if (tag !== undefined) conditions.push(`l.tags @> array[${bind(tagOf(tag))}]`);
  if (owner !== undefined) {
    const column = owner.startsWith('0x') ? 'owner' : 'namespace';
    conditions.push(`l.${column} = ${bind(owner.toLowerCase())}`);
  }
  return { conditions, parameters, bind };
}

/** Every word must begin one. Words are letters and digits only, so nothing in them means anything to PostgreSQL. */
const wordsQuery = (text: string) =>
  wordsOf(text, MOST_WORDS)
    .map((word) => `'${word}':*`)
    .join(' & ');

interface ListingColumns {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly created_at: string;
  readonly version: string | null;
  readonly task: string | null;
  readonly description: string | null;
  readonly tags: readonly string[];
  readonly royalty: string | null;
  readonly net: string;
  readonly offers: string;
  readonly policy: string | null;
  readonly verifiable: boolean;
  readonly activity: ActivityColumns;
}

const LISTING = `
l.model as id, l.name, l.owner, m.created_at, l.version, c.task, c.description, l.tags, v.royalty::text, l.net::text,
l.offers, v.policy, coalesce(v.content->>'programRoot' <> '0x' || repeat('0', 64), false) as verifiable,
to_jsonb(a) as activity`;

const FROM = `
from index_listing l
join index_model m on m.model = l.model
left join index_version v on v.version = l.version
left join index_card c on c.id = v.card
left join index_activity a on a.kind = 'model' and a.subject = l.model::text`;

function listingFrom(row: ListingColumns, shares: Parameters<typeof writtenFee>[1]): Listing {
  const { id, name, owner, version, task, description, tags, royalty, policy, verifiable } = row;
  return {
    ...{ id: Number(id), name, owner, createdAt: Number(row.created_at), version, task, description, tags: [...tags] },
    ...{ royalty, fee: writtenFee(row.net, shares), offers: Number(row.offers), policy, verifiable },
    activity: activityFrom(row.activity),
  };
}
