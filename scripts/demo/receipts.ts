/** The transactions of others, found by the events they left. */
import type { TransactionReceipt } from 'ethers';
import type { EventName, EventNamed } from '#core/protocol/events.ts';
import { eventsIn, eventsNamed } from '../../sdk/events.ts';
import type { Network } from '../../sdk/index.ts';

/** How a request goes on and ends here. */
export type OfRequest = Extract<EventName, 'Accepted' | 'Submitted' | 'Finalised' | 'Expired' | 'Undelivered'>;

export interface Evidence<N extends OfRequest> {
  readonly events: readonly EventNamed<N>[];
  readonly receipts: readonly TransactionReceipt[];
  readonly gas: bigint;
}

/** The event of this name of each request, which must have happened, and the transactions they were in. */
export async function evidence<N extends OfRequest>(
  net: Network,
  ids: readonly string[],
  name: N,
): Promise<Evidence<N>> {
  const { provider, deployment, requests } = net;
  const { topicHash } = requests.interface.getEvent(name as 'Submitted');
  const logs = await provider.getLogs({
    address: deployment.addresses.requests,
    topics: [topicHash, [...ids]],
    fromBlock: deployment.block,
    toBlock: 'latest',
  });
  const hashes = [...new Set(logs.map(({ transactionHash }) => transactionHash))];
  const found = await Promise.all(hashes.map((hash) => provider.getTransactionReceipt(hash)));
  const receipts = found.filter((receipt) => receipt !== null);
  return {
    events: eventsNamed(eventsIn(net, logs), name),
    receipts,
    gas: receipts.reduce((sum, { gasUsed }) => sum + gasUsed, 0n),
  };
}
