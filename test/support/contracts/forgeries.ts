// Traces that no execution gives: slots that open to nothing, tensors whose commitments are not canonical.
import { ReferenceTrace, treeOfHashes } from '#core/challenges/reference.ts';
import type { Tree } from '#core/commitment/opening.ts';
import type { Bytes32 } from '#core/hex.ts';
import { toHex } from '#core/hex.ts';
import { type TraceSalt, traceSlots } from '#core/semantics/trace.ts';

export interface Forged {
  /** Commitments that stand for those of some operators' outputs. */
  readonly tensors?: ReadonlyMap<number, Bytes32>;
  /** Slots instead of the right ones of those tensors. */
  readonly slots?: (slots: readonly Bytes32[], salt: TraceSalt) => readonly Bytes32[];
}

/** As another trace, but for what is forged. */
export class Forgery extends ReferenceTrace {
  readonly #tensors: readonly Bytes32[];
  readonly #forge: NonNullable<Forged['slots']>;

  constructor(base: ReferenceTrace, options: ConstructorParameters<typeof ReferenceTrace>[3], forged: Forged) {
    super(base.program, base.commitment, base.inputs, options);
    this.#tensors = this.tensors.map((tensor, k) => forged.tensors?.get(k) ?? tensor);
    this.#forge = forged.slots ?? ((slots) => slots);
  }

  override slots(salt: TraceSalt): Tree {
    return treeOfHashes([...this.#forge(traceSlots(this.#tensors, salt), salt)]);
  }
}

/** A hash that nobody knows anything behind. */
export const garbage = (byte: number): Bytes32 => toHex(new Uint8Array(32).fill(byte)) as Bytes32;
