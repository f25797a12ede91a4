/** Which origins failed lately. They rest, each time longer, and are asked after the others meanwhile; never are they left out. */

const FIRST_REST_MS = 1000;
const LONGEST_REST_MS = 600_000;
/** Silence may be the network's fault; other bytes are not. */
const STRIKES = { silent: 1, lied: 5 } as const;
/** Origins come from strangers: beyond so many the one struck longest ago is forgotten. */
const REMEMBERED = 1000;

export type Fault = keyof typeof STRIKES;

export interface SourceHealth {
  /** In the order given, those at rest last: first whose rest ends first. */
  inOrder<T>(items: readonly T[], originOf: (item: T) => string): T[];
  struck(origin: string, fault: Fault): void;
  /** All is forgiven. */
  delivered(origin: string): void;
  /** Origins at rest. */
  readonly resting: number;
}

export function createSourceHealth(now: () => number = Date.now): SourceHealth {
  const records = new Map<string, { readonly strikes: number; readonly until: number }>();
  const restOf = (origin: string) => {
    const until = records.get(origin)?.until ?? 0;
    return until > now() ? until : 0;
  };
  return {
    inOrder: (items, originOf) =>
      items
        .map((item) => ({ item, rest: restOf(originOf(item)) }))
        .sort((a, b) => a.rest - b.rest)
        .map(({ item }) => item),
    struck(origin, fault) {
      const strikes = (records.get(origin)?.strikes ?? 0) + STRIKES[fault];
      const rest = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.min(strikes - 1, 30));
      records.delete(origin);
      records.set(origin, { strikes, until: now() + rest });
      for (const oldest of records.keys()) {
        if (records.size <= REMEMBERED) break;
        records.delete(oldest);
      }
    },
    delivered: (origin) => void records.delete(origin),
    get resting() {
      return [...records.keys()].filter((origin) => restOf(origin) > 0).length;
    },
  };
}
