import { ZERO_BYTES32 } from '#core/hex.ts';
import { decode } from '#core/lossless.ts';
import { unpackCost } from '#core/protocol/cost.ts';
import { unpackTolerance } from '#core/protocol/publishedTolerance.ts';
import type { VersionContent } from '#core/protocol/version.ts';
import type { WrittenReply } from '#core/search/routes.ts';
import type { Transaction } from '../store.ts';
import { type ActivityColumns, activityFrom, activityOf, latencyOf } from './activity.ts';
import { asOf } from './asOf.ts';
import { listing } from './models.ts';
import { offersOf } from './offers.ts';

type Reply = WrittenReply<'model'>;
const MOST_VERSIONS = 50;

export async function model(tx: Transaction, name: string): Promise<Reply | undefined> {
  const found = await listing(tx, name);
  if (!found) return undefined;
  const rows = await tx.query<VersionColumns>(VERSIONS, [found.id]);
  const when = await asOf(tx);
  return {
    asOf: when,
    model: found,
    versions: rows.map(versionFrom),
    offers: found.version === null ? [] : await offersOf(tx, 'version', found.version, when.time),
    activity: found.activity,
    latency: await latencyOf(tx, 'model', found.id),
  };
}

export async function activityOfModel(
  tx: Transaction,
  name: string,
): Promise<WrittenReply<'activityOfModel'> | undefined> {
  const [found] = await tx.query<{ model: string }>('select model from index_model where name = $1', [name]);
  if (!found) return undefined;
  return {
    asOf: await asOf(tx),
    activity: await activityOf(tx, 'model', found.model),
    latency: await latencyOf(tx, 'model', found.model),
  };
}

interface VersionColumns {
  readonly version: string;
  readonly ordinal: string;
  readonly published_at: string;
  readonly royalty: string;
  readonly policy: string | null;
  readonly retired: boolean;
  readonly content: unknown;
  readonly texts: unknown;
  readonly card: Reply['versions'][number]['card'] | null;
  readonly task: string | null;
  readonly description: string | null;
  readonly tags: string[] | null;
  readonly activity: ActivityColumns;
}

const VERSIONS = `
select v.version, v.ordinal, v.published_at, v.royalty::text, v.policy, v.retired, v.content, v.texts,
       c.state as card, c.task, c.description, c.tags, to_jsonb(a) as activity
  from index_version v
  left join index_card c on c.id = v.card
  left join index_activity a on a.kind = 'version' and a.subject = v.version
 where v.model = $1
 order by v.ordinal desc limit ${MOST_VERSIONS}`;

interface Texts {
  readonly uris: readonly string[];
  readonly schema: string | null;
  readonly metadata: string | null;
}

function versionFrom(row: VersionColumns): Reply['versions'][number] {
  const content = decode(row.content) as VersionContent;
  const { uris, schema, metadata } = decode(row.texts) as Texts;
  return {
    ...{
      version: row.version,
      publishedAt: Number(row.published_at),
      block: Math.floor(Number(row.ordinal) / 2 ** 20),
    },
    ...{ royalty: row.royalty, policy: row.policy, retired: row.retired },
    ...{ sha256: content.sha256Hash, size: content.size.toString(), uris: [...uris] },
    ...{ exact: content.exact, rows: content.rows },
    programRoot: content.programRoot === ZERO_BYTES32 ? null : content.programRoot,
    tolerance: unpackTolerance(content),
    multiplyAdds: unpackCost(content.cost).toString(),
    outputBytes: content.outputBytes,
    ...{ schema, metadata, card: row.card ?? 'unreadable', task: row.task, description: row.description },
    tags: row.tags ?? [],
    activity: activityFrom(row.activity),
  };
}
