/** A node's advertisement for one version (contracts/types/OfferWord.sol). It binds nobody. */
import type { Layout } from './bits.ts';
import { packWord, unpackWord } from './bits.ts';

export interface Offer {
  /** Wei of OPG per item, after royalty, protocol share and tip. */
  readonly price: bigint;
  /** Seconds the node wants from request to openAt. */
  readonly minReserved: number;
  /** Unix seconds, inclusive. */
  readonly until: number;
}

const OFFER: Layout = [
  ['_', 96],
  ['minReserved', 24],
  ['until', 40],
  ['price', 96],
];

export function packOffer({ price, minReserved, until }: Offer): bigint {
  return packWord(OFFER, { price, minReserved: BigInt(minReserved), until: BigInt(until) });
}

/** Undefined = no offer. */
export function unpackOffer(word: bigint): Offer | undefined {
  if (word === 0n) return undefined;
  const { price = 0n, minReserved, until } = unpackWord(OFFER, word);
  return { price, minReserved: Number(minReserved), until: Number(until) };
}
