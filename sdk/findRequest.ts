/** One request as its events tell it. */
import { ProtocolError } from '#core/errors.ts';
import type { Hex } from '#core/hex.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { reduce } from '#core/protocol/request.ts';
import { eventsNamed, requestEvents } from './events.ts';
import type { Network } from './network.ts';

export interface Found {
  readonly row: RequestRow;
  /** What was submitted: canonical bytes, or the commitment for exactOutput; undefined before. */
  readonly output: Hex | undefined;
}

/** `block`: where to look from; by default the first block of the deployment. */
export async function findRequest(
  network: Network,
  { id, block = network.deployment.block }: { readonly id: RequestId; readonly block?: number },
): Promise<Found> {
  const events = await requestEvents(network, id, block);
  const row = events.reduce<RequestRow | undefined>((before, event) => reduce(before, event), undefined);
  if (row === undefined) throw new ProtocolError('request.unknown', { id, from: block });
  const [submitted] = eventsNamed(events, 'Submitted');
  return { row, output: submitted?.output };
}
