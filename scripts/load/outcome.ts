/** What became of a burst, by the chain alone. */
import type { RequestEvent } from '#core/protocol/events.ts';
import { isRequestEvent } from '#core/protocol/events.ts';
import { historyOf } from '#core/protocol/history.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { eventsIn, logsFrom } from '../../sdk/events.ts';
import type { Network } from '../../sdk/index.ts';
import type { Burst } from './demand.ts';

/** One request: when it was asked for and answered, in chain time (whole seconds) and in blocks. */
export interface Fate {
  readonly id: RequestId;
  readonly who: string;
  readonly version: string;
  readonly state: RequestRow['state'];
  readonly askedAt: number;
  /** undefined = there was no result. */
  readonly answeredAt: number | undefined;
  /** The transaction that had the result. */
  readonly answeredBy: string | undefined;
}

/** Throws `request.illegal_transition` if a request ended twice, or was submitted twice. */
export async function fatesOf(net: Network, { sent, from }: Pick<Burst, 'sent' | 'from'>): Promise<readonly Fate[]> {
  const logs = await logsFrom(net, net.deployment.addresses.requests, [], from);
  const timed = new Map<number, number>();
  for (const number of new Set(logs.map(({ blockNumber }) => blockNumber)))
    timed.set(number, (await net.provider.getBlock(number))?.timestamp ?? 0);
  const events = new Map<string, { event: RequestEvent; at: number; transaction: string }[]>();
  for (const log of logs)
    for (const event of eventsIn(net, [log]).filter(isRequestEvent)) {
      const list = events.get(event.id) ?? [];
      list.push({ event, at: timed.get(log.blockNumber) ?? 0, transaction: log.transactionHash });
      events.set(event.id, list);
    }
  return sent.map(({ id, who, version }) => {
    const own = events.get(id) ?? [];
    const row = historyOf(own.map(({ event }) => event))?.row;
    if (!row) throw new Error(`Request ${id} was sent and is not on the chain.`);
    const answer = own.find(({ event }) => event.type === 'Submitted');
    const fate = { id, who, version, state: row.state, askedAt: own[0]?.at ?? 0 };
    return { ...fate, answeredAt: answer?.at, answeredBy: answer?.transaction };
  });
}

/** Mean seconds from asked to answered, of those that were, by what `key` says. */
export function meanWaits(fates: readonly Fate[], key: (fate: Fate) => string): ReadonlyMap<string, number> {
  const groups = Map.groupBy(
    fates.filter(({ answeredAt }) => answeredAt !== undefined),
    key,
  );
  return new Map(
    [...groups].map(([name, group]) => [
      name,
      group.reduce((sum, { askedAt, answeredAt }) => sum + (answeredAt ?? 0) - askedAt, 0) / group.length,
    ]),
  );
}

/** Answers per second in each of so many equal parts of the time from the first answer to the last. */
export function throughput(fates: readonly Fate[], parts: number): readonly number[] {
  const times = fates.flatMap(({ answeredAt }) => answeredAt ?? []).sort((a, b) => a - b);
  const [first = 0] = times;
  const span = Math.max(1, (times.at(-1) ?? first) - first + 1);
  const counts = Array<number>(parts).fill(0);
  for (const time of times) {
    const part = Math.floor(((time - first) * parts) / span);
    counts[part] = (counts[part] ?? 0) + 1;
  }
  return counts.map((count) => (count * parts) / span);
}
