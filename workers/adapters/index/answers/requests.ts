import { decode } from '#core/lossless.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import type { QueryOf, WrittenReply } from '#core/search/routes.ts';
import type { ChainTables, Transaction } from '../store.ts';
import { asOf } from './asOf.ts';
import { cursorOf, placeIn } from './pages.ts';

type Entry = WrittenReply<'requests'>['requests'][number];

/** Rows looked through for one page. A rare combination may need several pages, of which some are short or empty. */
const WINDOW = 10_000;
const MOST_EVENTS = 1_000;

/** Newest first. undefined = no such model. */
export async function requests(
  tx: Transaction,
  query: QueryOf<'requests'>,
): Promise<WrittenReply<'requests'> | undefined> {
  const { model: name, cursor, limit, ...given } = query;
  const wanted: Record<string, unknown> = { ...given };
  if (name !== undefined) {
    const [found] = await tx.query<{ model: string }>('select model from index_model where name = $1', [name]);
    if (!found) return undefined;
    wanted['model'] = found.model;
  }
  const parameters: unknown[] = [];
  const bind = (value: unknown) => `$${parameters.push(value)}`;
  const conditions = ['requester', 'node', 'version', 'model', 'state']
    .filter((column) => wanted[column] !== undefined)
    .map((column) => `${column} = ${bind(wanted[column])}`);
  if (cursor !== undefined) conditions.push(`ordinal < ${bind(placeIn(cursor, ['bigint'])[0])}::bigint`);
  // Newest first by an index, as far as the window goes; the rest of the conditions only inside it.
  const [first, ...rest] = conditions;
  const before = cursor === undefined ? undefined : conditions.at(-1);
  const inWindow = [...new Set([first, before])].filter((condition) => condition !== undefined);
  const window = `select ordinal, requester, node, version, model, state from index_request
    ${inWindow.length === 0 ? '' : `where ${inWindow.join(' and ')}`} order by ordinal desc limit ${WINDOW}`;
  const found = await tx.query<{ ordinal: string; fits: boolean; last: string; full: boolean }>(
    `with seen as (${window}),
          fitting as (select ordinal from seen ${rest.length === 0 ? '' : `where ${rest.join(' and ')}`}
                       order by ordinal desc limit ${limit + 1})
     select coalesce((select json_agg(ordinal::text order by ordinal desc) from fitting), '[]') as ordinals,
            (select min(ordinal)::text from seen) as last, (select count(*) from seen) = ${WINDOW} as full`,
    parameters,
  );
  const { ordinals = [], last, full } = (found[0] ?? {}) as { ordinals?: string[]; last?: string; full?: boolean };
  const shown = ordinals.slice(0, limit);
  const end = ordinals.length > limit ? shown.at(-1) : full ? last : undefined;
  const rows = await tx.query<RequestColumns>(
    `${SELECT} where r.ordinal = any ($1::bigint[]) order by r.ordinal desc`,
    [shown],
  );
  return { asOf: await asOf(tx), requests: rows.map(entryFrom), next: end === undefined ? null : cursorOf([end]) };
}

export async function request(
  tx: Transaction,
  chain: ReturnType<ChainTables>,
  id: string,
): Promise<WrittenReply<'request'> | undefined> {
  const [row] = await tx.query<RequestColumns>(`${SELECT} where r.id = $1`, [id]);
  if (!row) return undefined;
  const logged = (await chain.eventsOf(id as `0x${string}`)).slice(0, MOST_EVENTS);
  return {
    asOf: await asOf(tx),
    request: entryFrom(row),
    events: logged.map(({ block, transactionHash: transaction, logIndex, final, event: { type, ...fields } }) => ({
      ...{ event: type, block: block.number, blockHash: block.hash, time: block.timestamp },
      ...{ transaction, logIndex, final, fields },
    })),
  };
}

interface RequestColumns {
  readonly id: string;
  readonly state: Entry['state'];
  readonly requester: string;
  readonly node: string | null;
  readonly model: string;
  readonly name: string | null;
  readonly version: string;
  readonly requested_at: string;
  readonly requested_block: string;
  readonly submitted_at: string | null;
  readonly submitted_block: string | null;
  readonly ended_at: string | null;
  readonly row: unknown;
}

const SELECT = `
select r.id, r.state, r.requester, r.node, r.model, m.name, r.version, r.requested_at, r.requested_block, r.submitted_at,
       r.submitted_block, r.ended_at, r.row
  from index_request r left join index_model m on m.model = r.model`;

function entryFrom(columns: RequestColumns): Entry {
  const { terms, end, outputHash } = decode(columns.row) as RequestRow;
  const whole = (text: string | null) => (text === null ? null : Number(text));
  const { id, state, requester, node, name, version } = columns;
  return {
    ...{ id, state, requester, node, model: Number(columns.model), name, version, items: terms.items },
    ...{ fee: terms.fee.toString(), slice: terms.slice.toString(), deadline: terms.deadline },
    ...{ requestedAt: Number(columns.requested_at), requestedBlock: Number(columns.requested_block) },
    ...{ submittedAt: whole(columns.submitted_at), submittedBlock: whole(columns.submitted_block) },
    ...{ challengeableUntil: end ?? null, endedAt: whole(columns.ended_at), outputHash: outputHash ?? null },
  };
}
