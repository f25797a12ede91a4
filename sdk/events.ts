/** The protocol's events, out of logs. */
import type { Log } from 'ethers';
import type { EventName, EventNamed, ProtocolEvent, RequestEvent } from '#core/protocol/events.ts';
import { eventFrom, isRequestEvent } from '#core/protocol/events.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import type { Network } from './network.ts';

/** Endpoints refuse larger ranges. */
const BLOCKS_PER_QUERY = 10_000;

/** Logs of other contracts and events that are not the protocol's are left out. */
export function eventsIn(network: Network, logs: readonly Log[]): ProtocolEvent[] {
  const { escrow, models, nodes, requests, game } = network;
  const interfaces = new Map(
    [escrow, models, nodes, requests, ...(game ? [game] : [])].map((contract) => [
      String(contract.target).toLowerCase(),
      contract.interface,
    ]),
  );
  return logs.flatMap((log) => {
    const parsed = interfaces.get(log.address.toLowerCase())?.parseLog(log);
    const event = parsed ? eventFrom(parsed.name, parsed.args.toObject()) : undefined;
    return event === undefined ? [] : [event];
  });
}

export function eventsNamed<N extends EventName>(events: readonly ProtocolEvent[], type: N): EventNamed<N>[] {
  return events.filter((event): event is EventNamed<N> => event.type === type);
}

/** All events of one request from `fromBlock` on, in chain order. */
export async function requestEvents(network: Network, id: RequestId, fromBlock: number): Promise<RequestEvent[]> {
  const logs = await logsFrom(network, network.deployment.addresses.requests, [null, id], fromBlock);
  return eventsIn(network, logs).filter(isRequestEvent);
}

/** Logs of one request and of disputes over it, in chain order. */
export async function logsAbout(network: Network, id: RequestId, fromBlock: number): Promise<Log[]> {
  const { requests, game } = network.deployment.addresses;
  const found: Log[] = [];
  for (const address of game === undefined ? [requests] : [requests, game])
    found.push(...(await logsFrom(network, address, [null, id], fromBlock)));
  return found.sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
}

/** An address as an indexed argument. */
export const addressTopic = (address: string): string => `0x${address.slice(2).toLowerCase().padStart(64, '0')}`;

/** Logs by topics, in ranges an endpoint answers. */
export async function logsFrom(
  { provider }: Network,
  address: string,
  topics: (string | null)[],
  fromBlock: number,
): Promise<Log[]> {
  const head = await provider.getBlockNumber();
  const logs: Log[] = [];
  for (let from = fromBlock; from <= head; from += BLOCKS_PER_QUERY) {
    const toBlock = Math.min(head, from + BLOCKS_PER_QUERY - 1);
    logs.push(...(await provider.getLogs({ address, topics, fromBlock: from, toBlock })));
  }
  return logs;
}
