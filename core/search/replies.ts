/** What an indexer answers. The server writes the input side of these schemas, the client reads their output side. */
import { z } from 'zod';
import { address, count, hash, modelId, modelName, requestId, share, state, versionId, wei } from './fields.ts';

/** The newest block that the answer is about; blocks up to `final` cannot fall out. */
export const asOf = z.object({ block: count, hash, time: count, final: count.nullable() }).meta({ id: 'AsOf' });

/**
 * From a request to its submission, of the newest answered requests: `of` them, at most 1,000. Seconds between the blocks'
 * timestamps. Percentiles are of the nearest rank.
 */
const latency = z
  .object({
    of: count,
    p50Seconds: count,
    p99Seconds: count,
    p50Blocks: count,
    p99Blocks: count,
  })
  .meta({ id: 'Latency' });

const counts = {
  requests: count,
  /** Not over yet. */
  open: count,
  /** Results submitted, whatever came of them. */
  submitted: count,
  final: count,
  cancelled: count,
  expired: count,
  undelivered: count,
  /** Disputes lost. */
  faulty: count,
  rescued: count,
  /** Ever frozen by a dispute. */
  disputed: count,
  requesters: count,
  /** Requesters with more than one request. */
  repeatRequesters: count,
  /** final / (final + expired + undelivered + faulty); null when there are none of these. */
  successRate: share.nullable(),
  lastRequestAt: count.nullable(),
};
export const activity = z.object(counts).meta({ id: 'Activity' });
export const activityReply = z.object({ asOf, activity, latency: latency.nullable() });

const offer = z
  .object({
    node: address,
    version: versionId,
    /** Wei per item, as the node set it. */
    price: wei,
    /** Wei per item for the requester: price and royalty, with the shares of protocol and keeper. */
    fee: wei,
    minReserved: count,
    until: count,
    /** Wei of free stake: what the node has for slices now. */
    freeStake: wei,
  })
  .meta({ id: 'Offer' });

export const listing = z
  .object({
    id: modelId,
    name: modelName,
    owner: address,
    createdAt: count,
    /** The newest version in service; null when there is none. */
    version: versionId.nullable(),
    task: z.string().nullable(),
    description: z.string().nullable(),
    tags: z.array(z.string()),
    /** Wei per item of that version. */
    royalty: wei.nullable(),
    /** Wei: what one item costs the requester at the cheapest open offer for that version; null without an offer. */
    fee: wei.nullable(),
    offers: count,
    /** Who decides who may ask; null = everybody may. */
    policy: address.nullable(),
    /** Results can be disputed. */
    verifiable: z.boolean(),
    activity,
  })
  .meta({ id: 'Listing' });

export const modelsReply = z.object({ asOf, models: z.array(listing), next: z.string().nullable() });

const version = z
  .object({
    version: versionId,
    publishedAt: count,
    block: count,
    royalty: wei,
    policy: address.nullable(),
    retired: z.boolean(),
    sha256: hash,
    size: wei,
    uris: z.array(z.string()),
    exact: z.boolean(),
    rows: z.boolean(),
    programRoot: hash.nullable(),
    tolerance: z.object({ abs: z.number(), rel: z.number() }),
    /** Of one item; decimal text. */
    multiplyAdds: wei,
    outputBytes: count,
    /** The io schema and the metadata as they were published; null when longer than 64 KiB: read the event. */
    schema: z.string().nullable(),
    metadata: z.string().nullable(),
    /**
     * Whether the card is known: `inline` in the metadata; `fetched` from its URI and of the hash the URI names; `wanted`: not fetched yet;
     * `unverifiable`: a URI that names no hash; `unreadable`: no card.
     */
    card: z.enum(['inline', 'fetched', 'wanted', 'unverifiable', 'unreadable']),
    task: z.string().nullable(),
    description: z.string().nullable(),
    tags: z.array(z.string()),
    activity,
  })
  .meta({ id: 'Version' });

export const modelReply = z.object({
  asOf,
  model: listing,
  /** Newest first, at most 50. */
  versions: z.array(version),
  /** Open ones for the newest version in service, cheapest first, at most 100. */
  offers: z.array(offer),
  activity,
  latency: latency.nullable(),
});

const node = z
  .object({
    node: address,
    /** Of inference, verifier, storage, data. */
    roles: z.array(z.string()),
    endpoint: z.string(),
    /** Wei. */
    freeStake: wei,
    lockedStake: wei,
    /** Open ones. */
    offers: count,
    activity,
  })
  .meta({ id: 'Node' });
export const nodesReply = z.object({ asOf, nodes: z.array(node), next: z.string().nullable() });
export const nodeReply = z.object({
  asOf,
  node,
  /** Open ones, the newest versions first, at most 100. */
  offers: z.array(offer),
  activity,
  latency: latency.nullable(),
});

const request = z
  .object({
    id: requestId,
    state,
    requester: address,
    /** Who took it; before that whom it names; null = anybody. */
    node: address.nullable(),
    model: modelId,
    /** null: its model is not of this registry. */
    name: modelName.nullable(),
    version: versionId,
    items: count,
    fee: wei,
    slice: wei,
    deadline: count,
    requestedAt: count,
    requestedBlock: count,
    submittedAt: count.nullable(),
    submittedBlock: count.nullable(),
    /** Until when it can be disputed; null before it is submitted. */
    challengeableUntil: count.nullable(),
    endedAt: count.nullable(),
    outputHash: hash.nullable(),
  })
  .meta({ id: 'Request' });
export const requestsReply = z.object({ asOf, requests: z.array(request), next: z.string().nullable() });

const step = z
  .object({
    event: z.string(),
    block: count,
    blockHash: hash,
    time: count,
    transaction: hash,
    logIndex: count,
    final: z.boolean(),
    /** The event's fields; integers of more than 53 bits are decimal text. */
    fields: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Step' });
export const requestReply = z.object({
  asOf,
  request,
  /** Every event about it in chain order, disputes included; the first 1,000. */
  events: z.array(step),
});

export const balancesReply = z.object({
  asOf,
  account: address,
  /** Free to spend or to withdraw. */
  available: wei,
  /** Free stake. */
  stake: wei,
  unbonding: wei,
  /** Unix seconds from which `unbonding` can be released. */
  readyAt: count,
  /** Locks ever opened. */
  nonce: wei,
  locked: z.object({
    /** Fees of own requests that are not over. */
    fees: wei,
    /** Slices of own stake that answer for results. */
    slices: wei,
    /** Bonds and fees in disputes. */
    disputes: wei,
  }),
  claimable: z.object({
    /** Unclaimed royalties of models it owns, largest first, at most 100. */
    royalties: z.array(z.object({ model: modelId, name: modelName, amount: wei })),
    /** Of `unbonding`, what can be released now. */
    unbonded: wei,
  }),
});

export const totalsReply = z.object({
  asOf,
  accounts: count,
  models: count,
  versions: count,
  nodes: count,
  /** Requests by state. */
  requests: z.record(state, count),
  /** Wei of OPG. `held` is what Escrow must have at least: the five parts before it. */
  available: wei,
  stake: wei,
  unbonding: wei,
  locked: wei,
  disputes: wei,
  held: wei,
  /** Since the deployment. */
  paid: z.object({ nodes: wei, royalties: wei, protocol: wei, tips: wei }),
  burned: wei,
});

export const daysReply = z.object({
  asOf,
  /** Days in UTC with something in them, the newest first. */
  days: z.array(
    z.object({
      /** Unix seconds of its beginning. */
      day: count,
      requests: count,
      submitted: count,
      final: count,
      faulty: count,
      /** Wei: of requests that became final. */
      fees: wei,
    }),
  ),
});

export const refusal = z.object({ error: z.string(), message: z.string() }).meta({ id: 'Refusal' });
