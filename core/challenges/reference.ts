/**
 * One item's trace as a party holds it: the commitments of all operators' outputs, and on demand any tensor with its leaf tree. Tensors are
 * computed again when they are opened; the last few are kept.
 */
import type { Tree } from '../commitment/opening.ts';
import { treeOf } from '../commitment/opening.ts';
import type { Bytes32 } from '../hex.ts';
import { fromHex } from '../hex.ts';
import type { ExecuteOptions } from '../semantics/execute/execute.ts';
import { eachTensor, OpenTensor, tensorsOf } from '../semantics/opening.ts';
import type { Program } from '../semantics/program.ts';
import type { ProgramCommitment } from '../semantics/record.ts';
import { type TraceSalt, traceOf, traceSlots } from '../semantics/trace.ts';
import type { Tensor } from '../tensor.ts';

/** Opened tensors kept at a time. */
const KEPT = 16;

export class ReferenceTrace {
  readonly program: Program;
  readonly commitment: ProgramCommitment;
  readonly inputs: readonly Tensor[];
  /** Commitments of the operators' outputs, in order. */
  readonly tensors: readonly Bytes32[];
  /** The reference outputs of the item. */
  readonly outputs: readonly Tensor[];
  readonly #options: ExecuteOptions;
  readonly #open = new Map<number, OpenTensor>();
  #inputs: readonly OpenTensor[] | undefined;
  readonly #constants = new Map<number, OpenTensor>();

  /** Executes the program once. `options.alter` makes it another trace than the reference: a cheat's. */
  constructor(
    program: Program,
    commitment: ProgramCommitment,
    inputs: readonly Tensor[],
    options: ExecuteOptions = {},
  ) {
    const { tensors, outputs } = traceOf(program, inputs, options);
    this.program = program;
    this.commitment = commitment;
    this.inputs = inputs;
    this.tensors = tensors;
    this.outputs = outputs;
    this.#options = options;
  }

  /** The tree of the slots under a salt: T is its root. */
  slots(salt: TraceSalt): Tree {
    return treeOfHashes(traceSlots(this.tensors, salt));
  }

  /** Operator k's output. Several at once cost one run. */
  open(...wanted: number[]): OpenTensor[] {
    const missing = new Set(wanted.filter((k) => !this.#open.has(k)));
    for (const [k, tensor] of tensorsOf(this.program, this.inputs, missing, this.#options))
      this.#open.set(k, new OpenTensor(tensor));
    const found = wanted.map((k) => this.#open.get(k) as OpenTensor);
    this.#forget(Math.max(KEPT, wanted.length));
    return found;
  }

  /** The same one after another, so that however many cost one run and the memory of the last few. */
  visit(wanted: ReadonlySet<number>, look: (k: number, open: OpenTensor) => void): void {
    const missing = new Set<number>();
    for (const k of wanted) {
      const open = this.#open.get(k);
      if (open) look(k, open);
      else missing.add(k);
    }
    eachTensor(this.program, this.inputs, missing, this.#options, (k, tensor) => {
      const open = new OpenTensor(tensor);
      this.#open.set(k, open);
      this.#forget(KEPT);
      look(k, open);
    });
  }

  #forget(kept: number): void {
    for (const oldest of this.#open.keys()) if (this.#open.size > kept) this.#open.delete(oldest);
  }

  input(index: number): OpenTensor {
    this.#inputs ??= this.inputs.map((tensor) => new OpenTensor(tensor));
    return this.#inputs[index] as OpenTensor;
  }

  constant(index: number): OpenTensor {
    const found = this.#constants.get(index) ?? new OpenTensor(this.program.constants[index] as Tensor);
    this.#constants.set(index, found);
    return found;
  }
}

export function treeOfHashes(hashes: readonly Bytes32[]): Tree {
  const bytes = new Uint8Array(32 * hashes.length);
  hashes.forEach((hash, i) => {
    bytes.set(fromHex(hash), 32 * i);
  });
  return treeOf(bytes);
}
