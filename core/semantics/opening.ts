/**
 * Openings of an execution: an element, a leaf, the children of a node, the operands of one element, and where an operator's record and
 * slot are. The tensors are computed again up to the operator in question; nothing of a trace has to be kept.
 */
import { DTYPES } from '../commitment/dtype.ts';
import { encodeTensor } from '../commitment/elements.ts';
import { encodeHeader } from '../commitment/header.ts';
import { LEAF_ELEMENTS, leafHashes } from '../commitment/leaf.ts';
import { pathOf, type Tree, treeOf } from '../commitment/opening.ts';
import { ProtocolError } from '../errors.ts';
import type { Bytes32 } from '../hex.ts';
import { fromHex, toHex } from '../hex.ts';
import type { Tensor } from '../tensor.ts';
import { type ExecuteOptions, execute } from './execute/execute.ts';
import type { Scalar } from './primitives/arithmetic.ts';
import type { Access, Operator, Program, Source } from './program.ts';
import { type ProgramCommitment, recordWords } from './record.ts';
import { stepElement } from './step.ts';

/** A run of a tensor's leaves under its commitment. */
export interface LeafOpening {
  readonly header: Bytes32;
  readonly firstLeaf: number;
  /** Canonical bytes of the leaves without the padding of the last one. */
  readonly bytes: Uint8Array;
  readonly path: readonly Bytes32[];
}

/** The operands that decide one element: what `prove` shows. */
export interface StepOpening {
  readonly operator: number;
  readonly element: number;
  /** What the operator's definition gives for these operands. */
  readonly value: Scalar;
  readonly record: readonly Bytes32[];
  /** In the tree of the program's records. */
  readonly recordPath: readonly Bytes32[];
  /** Runs of leaves that hold everything the element reads, by source; absent operands and skipped taps are in none. */
  readonly operands: readonly { readonly source: Source; readonly leaves: readonly LeafOpening[] }[];
  readonly result: LeafOpening;
}

const words = (hashes: readonly Uint8Array[]): Bytes32[] => hashes.map((hash) => toHex(hash) as Bytes32);

/** A tensor with its leaf tree: everything that can be opened of it. */
export class OpenTensor {
  readonly tensor: Tensor;
  readonly tree: Tree;
  readonly #canonical: Uint8Array;

  constructor(tensor: Tensor) {
    this.tensor = tensor;
    this.#canonical = encodeTensor(tensor);
    this.tree = treeOf(leafHashes(this.#canonical, DTYPES[tensor.dtype].bytes));
  }

  /** Leaves [first, last] and their path. */
  leaves(first: number, last = first): LeafOpening {
    const path = words(pathOf(this.tree, first, last));
    const leafBytes = LEAF_ELEMENTS * DTYPES[this.tensor.dtype].bytes;
    const bytes = this.#canonical.slice(first * leafBytes, (last + 1) * leafBytes);
    return { header: encodeHeader(this.tensor), firstLeaf: first, bytes, path };
  }

  /** The leaf that holds an element. */
  element(index: number): LeafOpening {
    return this.leaves(Math.floor(index / LEAF_ELEMENTS));
  }
}

/** The outputs of some operators, computed again; the run ends with the last of them. */
export function tensorsOf(
  program: Program,
  inputs: readonly Tensor[],
  wanted: ReadonlySet<number>,
  options: ExecuteOptions = {},
): Map<number, Tensor> {
  const found = new Map<number, Tensor>();
  eachTensor(program, inputs, wanted, options, (index, output) => found.set(index, output));
  return found;
}

/** The same, each shown once, in order. */
export function eachTensor(
  program: Program,
  inputs: readonly Tensor[],
  wanted: ReadonlySet<number>,
  options: ExecuteOptions,
  look: (index: number, output: Tensor) => void,
): void {
  let last = -1;
  for (const k of wanted) {
    if (!(k >= 0 && k < program.operators.length))
      throw new ProtocolError('execute.opening', {
        place: `operator ${k}`,
        reason: `there are ${program.operators.length}`,
      });
    last = Math.max(last, k);
  }
  if (last < 0) return;
  execute(program, inputs, {
    ...options,
    until: last,
    observe: (index, output) => {
      if (wanted.has(index)) look(index, output);
    },
  });
}

/** Opens operator k's output. */
export function openOperator(
  program: Program,
  inputs: readonly Tensor[],
  k: number,
  options?: ExecuteOptions,
): OpenTensor {
  return new OpenTensor(tensorsOf(program, inputs, new Set([k]), options).get(k) as Tensor);
}

/** Where operator k's record is: its words and their path under the program's root. */
export function openRecord(program: Program, { constantRoots, recordHashes }: ProgramCommitment, k: number) {
  const hashes = new Uint8Array(recordHashes.length * 32);
  recordHashes.forEach((hash, i) => {
    hashes.set(fromHex(hash), 32 * i);
  });
  const record = recordWords(program.operators[k] as Operator, constantRoots);
  return { record, recordPath: words(pathOf(treeOf(hashes), k, k)) };
}

/** Everything that one step contract needs to decide element e of operator k. */
export function openStep(
  program: Program,
  inputs: readonly Tensor[],
  commitment: ProgramCommitment,
  k: number,
  e: number,
  options?: ExecuteOptions,
): StepOpening {
  const operator = program.operators[k];
  const sources = (operator?.operands ?? []).flatMap((access) => (access ? [access.source] : []));
  const earlier = sources.filter(({ from }) => from === 'operator').map(({ index }) => index);
  const made = tensorsOf(program, inputs, new Set([...earlier, k]), options);
  const result = new OpenTensor(made.get(k) as Tensor);
  const { operands } = operator as Operator;
  if (!(e >= 0 && e < result.tensor.data.length))
    throw new ProtocolError('execute.opening', { place: `element ${e} of operator ${k}`, reason: 'it has fewer' });
  const tensorOf = ({ from, index }: Source) =>
    (from === 'operator' ? made.get(index) : from === 'input' ? inputs[index] : program.constants[index]) as Tensor;
  const touched = new Map<string, { source: Source; leaves: Set<number> }>();
  const value = stepElement(operator as Operator, e, (operand, address) => {
    const { source } = operands[operand] as Access;
    const key = `${source.from} ${source.index}`;
    const entry = touched.get(key) ?? { source, leaves: new Set<number>() };
    entry.leaves.add(Math.floor(address / LEAF_ELEMENTS));
    touched.set(key, entry);
    return tensorOf(source).data[address] as Scalar;
  });
  return {
    operator: k,
    element: e,
    value,
    ...openRecord(program, commitment, k),
    operands: [...touched.values()].map(({ source, leaves }) => {
      const open = new OpenTensor(tensorOf(source));
      return { source, leaves: runsOf(leaves).map(([first, last]) => open.leaves(first, last)) };
    }),
    result: result.element(e),
  };
}

/** Consecutive numbers as [first, last]. */
function runsOf(numbers: ReadonlySet<number>): [number, number][] {
  const runs: [number, number][] = [];
  for (const n of [...numbers].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && run[1] === n - 1) run[1] = n;
    else runs.push([n, n]);
  }
  return runs;
}
