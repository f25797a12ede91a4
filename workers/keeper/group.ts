import { CALLDATA_BYTES } from '#core/protocol/calldata.ts';
import type { Terms } from '#core/protocol/terms.ts';

/** One request that is due, with what grouping depends on. */
export interface Due {
  readonly terms: Terms;
  /** Calls with different keys never share a transaction: the action, the tip, the account that acts. */
  readonly key: string;
  /** Of calldata if it goes alone; in company it takes no more. */
  readonly bytes: number;
  /** Chain time after which it goes in whatever company it has. */
  readonly latest: number;
}

export interface Group<T extends Due> {
  readonly items: readonly T[];
  /** Nothing more would fit: waiting is of no use. */
  readonly full: boolean;
}

/** A transaction's worth of gas for callbacks: the contract allows 8,000,000 in one batch. */
const CALLBACK_GAS = 6_000_000;

/**
 * Cuts what is due into transactions, at most `limit` items each. Requests of one payer with the same terms but input and lane
 * and without callback are put together first: their batch form writes each account once.
 */
export function group<T extends Due>(due: readonly T[], limit: number): readonly Group<T>[] {
  const alike = new Map<string, T[]>();
  for (const item of due) add(alike, quietKey(item) ?? '', item);
  const transactions: Group<T>[] = [];
  const mixtures = new Map<string, T[]>();
  for (const [key, items] of alike) {
    if (key !== '' && items.length > 1) transactions.push(...chunks(items, limit));
    else for (const item of items) add(mixtures, item.key, item);
  }
  for (const items of mixtures.values()) transactions.push(...chunks(items, limit));
  return transactions;
}

/** Whether it is to be sent now: it is full, or one of its items has waited for company as long as it may. */
export function isRipe<T extends Due>({ items, full }: Group<T>, now: number): boolean {
  return full || items.some(({ latest }) => latest <= now);
}

function quietKey({ terms, key }: Due): string | undefined {
  if (terms.callbackGas > 0) return undefined;
  const { input: _input, lane: _lane, ...shared } = terms;
  return `${key} ${Object.values(shared).join()}`;
}

/** All but the last are full. */
function chunks<T extends Due>(items: readonly T[], limit: number): Group<T>[] {
  const made: T[][] = [];
  let [gas, bytes] = [0, 0];
  for (const item of items) {
    const current = made.at(-1);
    gas += item.terms.callbackGas;
    bytes += item.bytes;
    if (current && current.length < limit && gas <= CALLBACK_GAS && bytes <= CALLDATA_BYTES) current.push(item);
    else {
      made.push([item]);
      gas = item.terms.callbackGas;
      bytes = item.bytes;
    }
  }
  return made.map((items, i) => ({ items, full: i < made.length - 1 || items.length >= limit }));
}

function add<T>(groups: Map<string, T[]>, key: string, item: T): void {
  const group = groups.get(key);
  if (group) group.push(item);
  else groups.set(key, [item]);
}
