/** The life of one request, step by step, as anybody can read it from the chain. */

import type { GameEvent } from '#core/challenges/events.ts';
import { ProtocolError } from '#core/errors.ts';
import type { Hex } from '#core/hex.ts';
import type { RequestEvent } from '#core/protocol/events.ts';
import { isRequestEvent } from '#core/protocol/events.ts';
import { toRequestId } from '#core/protocol/ids.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { isOver, reduce } from '#core/protocol/request.ts';
import { named } from './chainErrors.ts';
import { chainNow } from './clock.ts';
import { eventsIn, logsAbout } from './events.ts';
import type { Network } from './network.ts';

export interface Step {
  /** Of the request, or of a dispute over it. */
  readonly event: RequestEvent | GameEvent;
  readonly block: number;
  /** Unix seconds. */
  readonly time: number;
  readonly transaction: Hex;
}

export interface Workflow {
  readonly row: RequestRow;
  readonly steps: readonly Step[];
  /** Whose turn it is, and what happens when nobody moves. */
  readonly next: string;
}

/** `block`: where to look from; by default the first block of the deployment. Throws `request.unknown`. */
export async function workflowOf(
  network: Network,
  { id, block = network.deployment.block }: { readonly id: string; readonly block?: number },
): Promise<Workflow> {
  return await named('the reader', async () => {
    const logs = await logsAbout(network, toRequestId(id), block);
    const times = await timesOf(network, [...new Set(logs.map(({ blockNumber }) => blockNumber))]);
    const steps = logs.flatMap((log): Step[] =>
      eventsIn(network, [log]).map((event) => ({
        event: event as RequestEvent | GameEvent,
        block: log.blockNumber,
        time: times.get(log.blockNumber) ?? 0,
        transaction: log.transactionHash as Hex,
      })),
    );
    const row = steps
      .map(({ event }) => event)
      .filter(isRequestEvent)
      .reduce<RequestRow | undefined>((before, event) => reduce(before, event), undefined);
    if (row === undefined) throw new ProtocolError('request.unknown', { id, from: block });
    return { row, steps, next: nextOf(row, await chainNow(network)) };
  });
}

/** The state of a request and whether that is its last. */
export async function statusOf(
  network: Network,
  asked: { readonly id: string; readonly block?: number },
): Promise<{
  readonly state: RequestRow['state'];
  readonly over: boolean;
  readonly next: string;
  readonly row: RequestRow;
}> {
  const { row, next } = await workflowOf(network, asked);
  return { state: row.state, over: isOver(row.state), next, row };
}

async function timesOf({ provider }: Network, blocks: readonly number[]): Promise<Map<number, number>> {
  return new Map(
    await Promise.all(
      blocks.map(async (number) => [number, (await provider.getBlock(number))?.timestamp ?? 0] as const),
    ),
  );
}

function nextOf(row: RequestRow, now: number): string {
  const { state, terms, end = 0 } = row;
  const until = (time: number) => new Date(time * 1_000).toISOString().replace('.000', '');
  switch (state) {
    case 'Requested':
      if (now > terms.deadline) return 'the deadline has passed: anybody may expire it, the fee goes back';
      return `a node answers until ${until(terms.deadline)}`;
    case 'Declined':
      return 'the named node declined: the requester may cancel, or another node accepts';
    case 'Accepted':
      if (now > terms.deadline) return 'the deadline has passed: anybody may expire it, the node pays a penalty';
      return `the node that accepted answers until ${until(terms.deadline)}`;
    case 'Submitted':
      if (now > end) return 'the window has passed: anybody may finalise it';
      return `anybody may challenge the result until ${until(end)}`;
    case 'Frozen':
      return 'a dispute decides';
    default:
      return 'nothing: it is over';
  }
}
