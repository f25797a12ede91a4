/**
 * What a published URI means: the places to ask. An http(s) or file URI is its own place. A name in a network is asked of each gateway:
 *
 *     walrus://<blob id>[?aggregator=<URL>]...        at <aggregator>/v1/blobs/<blob id>
 *     ipfs://<CID>[?gateway=<URL>]...                 at <gateway>/ipfs/<CID>, block by block
 *
 * The node's own gateways come first, then those that the URI proposes.
 */
import { BLOB_ID } from '#ports/walrus.ts';

export interface Gateways {
  /** URLs of Walrus aggregators. */
  readonly aggregators: readonly string[];
  /** URLs of IPFS trustless gateways. */
  readonly gateways: readonly string[];
}

/** Places, or why there are none. */
export type Places = { readonly places: readonly string[] } | { readonly reason: string };

/** Gateways that one URI may propose: each costs a request. */
const MAX_PROPOSED = 4;

export function placesOf(uri: string, { aggregators, gateways }: Gateways): Places {
  const [, scheme = '', name = '', query = ''] = /^(walrus|ipfs):\/\/([^/?#]*)\/?(?:\?([^#]*))?$/.exec(uri) ?? [];
  if (scheme === 'walrus') {
    if (!BLOB_ID.test(name)) return { reason: `"${name}" is no Walrus blob id` };
    const bases = basesOf(aggregators, query, 'aggregator');
    if (bases.length === 0) return { reason: 'names no aggregator, and none is set (OPG_WALRUS_AGGREGATORS)' };
    return { places: bases.map((base) => `${base}/v1/blobs/${name}`) };
  }
  if (scheme === 'ipfs') {
    const bases = basesOf(gateways, query, 'gateway');
    if (bases.length === 0) return { reason: 'names no gateway, and none is set (OPG_IPFS_GATEWAYS)' };
    return { places: bases.map((base) => `ipfs://${name}?gateway=${base}`) };
  }
  if (/^(walrus|ipfs):/.test(uri)) return { reason: 'names no single file: a path cannot be followed here' };
  return { places: [uri] };
}

function basesOf(own: readonly string[], query: string, parameter: string): string[] {
  const proposed = new URLSearchParams(query).getAll(parameter).slice(0, MAX_PROPOSED);
  const bases = [...own, ...proposed].filter((base) => /^https?:\/\//.test(base) && URL.canParse(base));
  return [...new Set(bases.map((base) => base.replace(/[?#].*$/, '').replace(/\/+$/, '')))];
}

/** Whose fault it is when a place does not deliver: scheme, host and port. */
export function originOf(place: string): string {
  const base = /^ipfs:\/\/[^?]*\?gateway=(.*)$/.exec(place)?.[1] ?? place;
  return /^[^:]+:(\/\/[^/]*)?/.exec(base)?.[0] ?? base;
}
