import type { WrittenReply } from '#core/search/routes.ts';
import type { SubjectKind } from '#ports/indexing.ts';
import type { Transaction } from '../store.ts';

type Reply = WrittenReply<'activityOfModel'>;
export type Activity = Reply['activity'];

/** A row of index_activity, as JSON has it; null = nothing was ever asked of the subject. */
export type ActivityColumns = Readonly<Record<string, number | null>> | null;

export function activityFrom(columns: ActivityColumns): Activity {
  const count = (name: string) => Number(columns?.[name] ?? 0);
  const [final, expired, undelivered, faulty] = ['final', 'expired', 'undelivered', 'faulty'].map(count) as [
    number,
    number,
    number,
    number,
  ];
  const ended = final + expired + undelivered + faulty;
  return {
    requests: count('requests'),
    open: count('open'),
    submitted: count('submitted'),
    final,
    cancelled: count('cancelled'),
    expired,
    undelivered,
    faulty,
    rescued: count('rescued'),
    disputed: count('disputed'),
    requesters: count('requesters'),
    repeatRequesters: count('repeat_requesters'),
    successRate: ended === 0 ? null : final / ended,
    lastRequestAt: columns?.['last_request_at'] ?? null,
  };
}

export async function activityOf(tx: Transaction, kind: SubjectKind, subject: string): Promise<Activity> {
  const [row] = await tx.query<{ columns: ActivityColumns }>(
    'select to_jsonb(a) as columns from index_activity a where kind = $1 and subject = $2',
    [kind, subject],
  );
  return activityFrom(row?.columns ?? null);
}

/** Of the newest answered requests; older ones say little about today, and more would make the answer slow. */
const NEWEST = 1_000;

export async function latencyOf(
  tx: Transaction,
  kind: 'model' | 'node',
  subject: string | number,
): Promise<Reply['latency']> {
  const [row] = await tx.query<Readonly<Record<string, number>>>(LATENCY[kind], [subject]);
  return row?.['of'] ? (row as unknown as Reply['latency']) : null;
}

const latency = (column: string) => `
select count(*)::integer as of,
       (percentile_disc(0.5)  within group (order by seconds))::integer as "p50Seconds",
       (percentile_disc(0.99) within group (order by seconds))::integer as "p99Seconds",
       (percentile_disc(0.5)  within group (order by blocks))::integer as "p50Blocks",
       (percentile_disc(0.99) within group (order by blocks))::integer as "p99Blocks"
  from (select submitted_at - requested_at as seconds, submitted_block - requested_block as blocks
          from index_request
         where ${column} = $1 and submitted_block is not null
         order by submitted_block desc limit ${NEWEST}) newest`;
const LATENCY = { model: latency('model'), node: latency('node') };
