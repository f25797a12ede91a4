/** Who serves a version, and for how much. */

import { ProtocolError } from '#core/errors.ts';
import type { Address } from '#core/hex.ts';
import type { VersionId } from '#core/protocol/ids.ts';
import type { Offer } from '#core/protocol/offer.ts';
import { named } from './chainErrors.ts';
import { chainNow } from './clock.ts';
import { addressTopic, eventsIn, eventsNamed, logsFrom } from './events.ts';
import type { Network } from './network.ts';
import { offerOf } from './node.ts';
import { quote } from './quote.ts';

export interface OpenOffer {
  readonly node: Address;
  /** URL of the node's HTTP API, as it says itself. */
  readonly endpoint: string;
  /** Wei of OPG for all items, royalty and shares included. */
  readonly fee: bigint;
  /** Unix seconds, inclusive. */
  readonly until: number;
  /** Wei of OPG that can still answer for results: at least the slice of the request asked about. */
  readonly freeStake: bigint;
}

/**
 * Active offers of nodes whose free stake is enough for one such request, the cheapest first; of equal ones the one with more stake behind
 * it. `paid`: wei of OPG, if it is not what each asks; a higher fee takes a larger slice of stake.
 */
export async function offersFor(network: Network, version: VersionId, items = 1, paid?: bigint): Promise<OpenOffer[]> {
  return await named('the reader', async () => {
    const { addresses, block } = network.deployment;
    const topic = network.nodes.interface.getEvent('OfferSet').topicHash;
    const logs = await logsFrom(network, addresses.nodes, [topic, null, version], block);
    const nodes = [...new Set(eventsNamed(eventsIn(network, logs), 'OfferSet').map(({ node }) => node))];
    const now = await chainNow(network);
    const found = await Promise.all(nodes.map((node) => openOffer(network, { version, items, paid }, node, now)));
    return found
      .filter((one) => one !== undefined)
      .sort((a, b) => compare(a.fee, b.fee) || compare(b.freeStake, a.freeStake));
  });
}

/**
 * The cheapest offer of a node that says on its endpoint that it is well; if none does, the cheapest. Throws `request.no_offer`.
 * An offer binds nobody and costs little: a node that is off would keep a request until its reserved time is over.
 */
export async function cheapestOffer(
  network: Network,
  version: VersionId,
  items = 1,
  paid?: bigint,
): Promise<OpenOffer> {
  const offers = await offersFor(network, version, items, paid);
  const [first] = offers;
  if (first === undefined) throw new ProtocolError('request.no_offer', { version });
  for (const offer of offers.slice(0, MOST_ASKED)) if (await answers(offer.endpoint)) return offer;
  return first;
}

/** What a node offers or offered, also what is over by now. */
export interface OwnOffer extends Offer {
  readonly version: VersionId;
  readonly active: boolean;
}

export async function offersOf(network: Network, node: Address): Promise<OwnOffer[]> {
  return await named('the reader', async () => {
    const { addresses, block } = network.deployment;
    const topic = network.nodes.interface.getEvent('OfferSet').topicHash;
    const logs = await logsFrom(network, addresses.nodes, [topic, addressTopic(node)], block);
    const versions = [...new Set(eventsNamed(eventsIn(network, logs), 'OfferSet').map(({ version }) => version))];
    const now = await chainNow(network);
    const found = await Promise.all(
      versions.map(async (version) => {
        const offer = await offerOf(network, node, version);
        return offer === undefined ? [] : [{ version, ...offer, active: offer.until >= now }];
      }),
    );
    return found.flat();
  });
}

/** How many nodes are asked whether they are well, and how long each may take. */
const MOST_ASKED = 8;
const PATIENCE_MS = 2_000;

async function answers(endpoint: string): Promise<boolean> {
  try {
    const url = `${endpoint.replace(/\/+$/, '')}/healthz`;
    return (await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: 'error' })).ok;
  } catch {
    return false;
  }
}

interface Wanted {
  readonly version: VersionId;
  readonly items: number;
  readonly paid: bigint | undefined;
}

async function openOffer(
  network: Network,
  { version, items, paid }: Wanted,
  node: Address,
  now: number,
): Promise<OpenOffer | undefined> {
  const offer = await offerOf(network, node, version);
  if (offer === undefined || offer.until < now) return undefined;
  const [{ endpoint }, { stake }, fee] = await Promise.all([
    network.nodes.nodeOf(node),
    network.escrow.accountOf(node),
    quote(network, version, node, items),
  ]);
  // Without it the node cannot take the request: an offer that costs its node nothing would keep requests from others.
  // By its place: by its name it would be the method of arrays.
  const [, slice] = await network.requests.windowsOf(version, items, paid ?? fee);
  return stake < slice ? undefined : { node, endpoint, fee, until: offer.until, freeStake: stake };
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
