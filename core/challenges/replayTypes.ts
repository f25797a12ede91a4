/** What a replay says: plain data, JSON but for bigint and numbers that are not finite. */
import type { Address, Bytes32, Hex } from '../hex.ts';
import type { Scalar } from '../semantics/primitives/arithmetic.ts';
import type { Check } from './checks.ts';
import type { ChallengeId } from './claim.ts';
import type { ChallengeState } from './follow.ts';
import type { Position } from './position.ts';

/** Where something of a challenge is not as in the reference. */
export type Difference =
  | { readonly level: number; readonly index: number; readonly shown: Bytes32; readonly reference: Bytes32 }
  | { readonly element: number; readonly shown: Scalar; readonly reference: Scalar };

export interface ReplayedClaim {
  readonly item: number;
  readonly output: number;
  readonly operator: number;
  readonly element: number;
  /** undefined in exact mode: the whole tensors differ. */
  readonly submitted: Scalar | undefined;
  /** What the challenger's trace has there. */
  readonly traced: Scalar | undefined;
  /** What the reference has there; undefined without the model. */
  readonly reference: Scalar | undefined;
  /** |submitted - traced|, what the tolerance allows, and the excess. */
  readonly distance: number | undefined;
  readonly allowed: number | undefined;
  readonly outsideBy: number | undefined;
}

export interface ReplayedOperand {
  readonly operand: number;
  /** `operator 7`, `constant 0`, `input 0`. */
  readonly source: string;
  readonly element: number;
  readonly value: Scalar;
}

export interface ReplayedProof {
  readonly operator: number;
  /** The record, in words. */
  readonly does: string;
  readonly element: number;
  readonly operands: readonly ReplayedOperand[];
  /** Before rounding: bits of a finite binary number, and decimals. undefined where nothing is rounded. */
  readonly exact: { readonly hex: string | undefined; readonly decimals: string } | undefined;
  /** What the operator gives; undefined where a counter-example decides. */
  readonly result: Scalar | undefined;
  readonly resultBytes: Hex | undefined;
  readonly claimed: Scalar;
  readonly claimedBytes: Hex;
  readonly inconsistent: boolean;
}

export interface At {
  readonly block: number;
  readonly time: number;
  readonly transaction: Bytes32;
}

export type ReplayedMove = At &
  (
    | {
        readonly kind: 'demand';
        readonly id: Bytes32;
        readonly position: Position;
        readonly node: Bytes32;
        readonly demander: Address;
        readonly due: number;
        /** undefined without the model. */
        readonly differs: boolean | undefined;
      }
    | {
        readonly kind: 'answer';
        readonly id: Bytes32;
        readonly position: Position | undefined;
        readonly bytes: number;
        readonly paid: Address;
        /** The first; undefined: none, or no model. */
        readonly difference: Difference | undefined;
      }
    | { readonly kind: 'proof'; readonly prover: Address; readonly proof: ReplayedProof | undefined }
    | { readonly kind: 'lapse'; readonly id: Bytes32; readonly demander: Address }
    | { readonly kind: 'uphold'; readonly condemned: boolean }
    | { readonly kind: 'reclaim'; readonly id: Bytes32; readonly demander: Address }
  );

export type Loser = 'node' | 'challenger' | 'nobody' | 'unknown';

export interface Verdict {
  readonly loser: Loser;
  readonly because: string;
  /** Whom the chain made lose; `nobody` as long as nothing is decided. */
  readonly chain: Loser;
  /** undefined: not decided yet, or there is no verdict of one's own. */
  readonly agrees: boolean | undefined;
}

export interface ReplayedChallenge {
  readonly id: ChallengeId;
  readonly challenger: Address;
  readonly state: ChallengeState;
  readonly trace: Bytes32;
  /** T as the reference gives it for this challenger; undefined without the model. */
  readonly referenceTrace: Bytes32 | undefined;
  readonly posted: At;
  readonly claim: ReplayedClaim | undefined;
  readonly moves: readonly ReplayedMove[];
  readonly verdict: Verdict;
}

export interface Replay {
  readonly request: Bytes32;
  readonly state: string;
  readonly node: Address;
  readonly requester: Address;
  readonly version: Bytes32;
  readonly sha256: string;
  readonly tolerance: { readonly abs: number; readonly rel: number } | 'exact';
  /** Whether the model was there to execute. */
  readonly executed: boolean;
  /** Of the submitted result; undefined without the model or the bytes. */
  readonly result: 'right' | 'wrong' | undefined;
  readonly challenges: readonly ReplayedChallenge[];
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
}
