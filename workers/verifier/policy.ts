import type { Hex } from '#ports/chain.ts';

/** What a verifier spends, and on whom. */
export interface VerifierPolicy {
  /** Share of results that are checked, 0 to 1. Disputes are followed whatever it is. */
  readonly share: number;
  /** Versions to check; undefined = all that name a program. */
  readonly versions: ReadonlySet<string> | undefined;
  /** Wei of OPG that may be locked in bonds of one's own at a time. */
  readonly maxBonds: bigint;
  /** Others' false challenges are refuted, others' true ones answered for. */
  readonly defend: boolean;
  /** Whose results are never challenged: one's own. */
  readonly spared: ReadonlySet<Hex>;
}
