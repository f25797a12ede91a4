import type { ProgramHeader } from '#core/challenges/claim.ts';
import type { OutputDemand } from '#core/challenges/events.ts';
import type { Evidence, Standard } from '#core/challenges/evidence.ts';
import type { ShownItem } from '#core/challenges/hiddenOutputs.ts';
import type { OutputProof } from '#core/challenges/openOutput.ts';
import type { Position } from '#core/challenges/position.ts';
import type { RefuterMove } from '#core/challenges/refute.ts';
import type { TensorSpec } from '#core/commitment/canonical.ts';
import type { Address, Bytes32 } from '#core/hex.ts';
import type { Hex } from './chain.ts';
import type { LoadableModel } from './runtime.ts';

/** A request whose trace is asked for. */
export interface TracedRequest {
  readonly model: LoadableModel;
  readonly schema: { readonly inputs: readonly TensorSpec[]; readonly outputs: readonly TensorSpec[] };
  readonly request: Bytes32;
  /** Canonical bytes of all items. */
  readonly input: Hex;
  readonly items: number;
}

/** What a challenge is posted with. */
export interface Accusation {
  /** T. */
  readonly trace: Bytes32;
  readonly children: readonly Bytes32[];
  readonly evidence: Evidence;
  /** What one run of the program for this item took here: about what each answer will take. */
  readonly runSeconds: number;
}

/** A result that was submitted as a hash, held against one's own. */
export type HiddenOutcome =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong'; readonly accusation: Accusation }
  /** It is another hash; one of these items has to be shown for it to be challenged. */
  | { readonly kind: 'hidden'; readonly items: readonly number[] };

/** A challenge as the chain shows it. JSON and bytes. */
export interface ShownChallenge {
  readonly trace: Bytes32;
  readonly challenger: Address;
  readonly item: number;
  readonly children: readonly Bytes32[];
  /** Demanded positions, packed, and the data of those that were answered. */
  readonly demands: readonly (readonly [position: bigint, data: Uint8Array | undefined])[];
}

/**
 * What disputes need of reference traces, computed off the caller's loop. Traces are deterministic, so nothing is kept but a cache. Throws
 * as Reference does.
 */
export interface Traces {
  /** The words of the program's root. */
  headerOf(model: LoadableModel, signal?: AbortSignal): Promise<ProgramHeader>;
  /** undefined: every element of every item is acceptable. `output`: canonical bytes of all items as they were submitted. */
  accuse(
    traced: TracedRequest,
    output: Hex,
    standard: Standard,
    challenger: Address,
    signal?: AbortSignal,
  ): Promise<Accusation | undefined>;
  /** The same where only the hash of the output was submitted, and `shown` is what is known of what it was made from. */
  accuseHash(
    traced: TracedRequest,
    outputHash: Bytes32,
    shown: readonly ShownItem[],
    challenger: Address,
    signal?: AbortSignal,
  ): Promise<HiddenOutcome>;
  /**
   * What demands for outputs ask for: of `output`, canonical bytes of all items, or without it of the reference outputs. In the order of
   * `positions`, which together cost as much as one.
   */
  openOutput(
    traced: TracedRequest,
    positions: readonly OutputDemand['position'][],
    output: Hex | undefined,
    signal?: AbortSignal,
  ): Promise<readonly OutputProof[]>;
  /** The next move against a challenge; `true` if it is one's own trace. */
  refute(traced: TracedRequest, shown: ShownChallenge, signal?: AbortSignal): Promise<RefuterMove>;
  /** What demands ask for, out of one's own trace under the challenger's salt. In the order of `positions`, which together cost one run. */
  answer(
    traced: TracedRequest,
    shown: ShownChallenge,
    positions: readonly Position[],
    signal?: AbortSignal,
  ): Promise<readonly Hex[]>;
}
