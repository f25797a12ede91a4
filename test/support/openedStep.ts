/** What a step contract is called with, made of core's definition of one element. */
import { DTYPES } from '#core/commitment/dtype.ts';
import { encodeTensor } from '#core/commitment/elements.ts';
import { LEAF_ELEMENTS } from '#core/commitment/leaf.ts';
import { type Bytes32, wordOf } from '#core/hex.ts';
import type { LeafOpening, StepOpening } from '#core/semantics/opening.ts';
import type { Scalar } from '#core/semantics/primitives/arithmetic.ts';
import type { Operator } from '#core/semantics/program.ts';
import { recordWords } from '#core/semantics/record.ts';
import { stepElement } from '#core/semantics/step.ts';
import type { Dtype, Tensor } from '#core/tensor.ts';
import { bitsOf } from './rationals.ts';

export interface Run {
  readonly firstLeaf: number;
  /** Whole leaves. */
  readonly bytes: Uint8Array;
}

/** A step without what the operator's own output claims. */
export interface OpenedStep {
  readonly operator: Operator;
  readonly record: readonly Bytes32[];
  readonly element: number;
  /** By operand: which of `opened`, or UNREAD. */
  readonly sources: readonly number[];
  readonly opened: readonly (readonly Run[])[];
  /** What the definition gives, as it is stored. */
  readonly bits: bigint;
}

export const UNREAD = 0xff;

/** The bits of a value in an element of this dtype. */
export function storedBits(dtype: Dtype, value: Scalar): bigint {
  if (dtype === 'float32') return Number.isNaN(value) ? 0x7fc00000n : BigInt(bitsOf(value as number));
  return BigInt.asUintN(8 * DTYPES[dtype].bytes, BigInt(value));
}

/** Opens the leaves that the element reads and nothing else. Operands that read one tensor share what is opened of it. */
export function openElement(operator: Operator, tensors: readonly (Tensor | undefined)[], element: number): OpenedStep {
  const distinct = [...new Set(tensors.filter((t) => t !== undefined))];
  const touched = distinct.map(() => new Set<number>());
  const read = new Set<number>();
  const value = stepElement(operator, element, (operand, address) => {
    const tensor = tensors[operand] as Tensor;
    touched[distinct.indexOf(tensor)]?.add(Math.floor(address / LEAF_ELEMENTS));
    read.add(operand);
    return tensor.data[address] as Scalar;
  });
  const opened = distinct.map((tensor, i) => runsOf(tensor, [...(touched[i] as Set<number>)]));
  const sources = tensors.map((t, i) => (t && read.has(i) ? distinct.indexOf(t) : UNREAD));
  const record = recordWords(operator, [wordOf(0xc0n)]);
  return { operator, record, element, sources, opened, bits: storedBits(operator.dtype, value) };
}

function runsOf(tensor: Tensor, leaves: readonly number[]): Run[] {
  const { bytes } = DTYPES[tensor.dtype];
  const canonical = padded(encodeTensor(tensor), LEAF_ELEMENTS * bytes);
  const runs: { firstLeaf: number; leaves: number }[] = [];
  for (const leaf of leaves.toSorted((x, y) => x - y)) {
    const run = runs.at(-1);
    if (run && run.firstLeaf + run.leaves === leaf) run.leaves++;
    else runs.push({ firstLeaf: leaf, leaves: 1 });
  }
  const size = LEAF_ELEMENTS * bytes;
  return runs.map((run) => ({
    firstLeaf: run.firstLeaf,
    bytes: canonical.slice(run.firstLeaf * size, (run.firstLeaf + run.leaves) * size),
  }));
}

function padded(bytes: Uint8Array, multiple: number): Uint8Array {
  const out = new Uint8Array(Math.ceil(bytes.length / multiple) * multiple);
  out.set(bytes);
  return out;
}

/** The same of an opening of a program's execution. */
export function fromOpening(operator: Operator, opening: StepOpening): OpenedStep {
  const key = ({ from, index }: { from: string; index: number }) => `${from} ${index}`;
  const names = opening.operands.map(({ source }) => key(source));
  const sources = operator.operands.map((access) => {
    const at = access ? names.indexOf(key(access.source)) : -1;
    return at < 0 ? UNREAD : at;
  });
  const whole = ({ firstLeaf, bytes, header }: LeafOpening): Run => {
    const width = Object.values(DTYPES).find(({ code }) => code === Number.parseInt(header.slice(2, 4), 16))?.bytes;
    return { firstLeaf, bytes: padded(bytes, LEAF_ELEMENTS * (width as number)) };
  };
  const opened = opening.operands.map(({ leaves }) => leaves.map(whole));
  const { record, element, value } = opening;
  return { operator, record, element, sources, opened, bits: storedBits(operator.dtype, value) };
}

const wordOfRun = (firstLeaf: number, leaves: number) => wordOf((BigInt(firstLeaf) << 224n) | (BigInt(leaves) << 192n));

/** The call, with these bits as the operator's own element. */
export function stepInput(step: OpenedStep, claimed: bigint, hint: Uint8Array = new Uint8Array()) {
  const { bytes } = DTYPES[step.operator.dtype];
  const own = new Uint8Array(LEAF_ELEMENTS * bytes);
  const at = (step.element % LEAF_ELEMENTS) * bytes;
  for (let i = 0; i < bytes; i++) own[at + i] = Number((claimed >> BigInt(8 * (bytes - 1 - i))) & 255n);
  return {
    record: [...step.record],
    element: step.element,
    sources: Uint8Array.from(step.sources),
    opened: [
      ...step.opened.map((runs, i) => {
        const width = LEAF_ELEMENTS * widthOf(step, i);
        return {
          runs: runs.map((run) => wordOfRun(run.firstLeaf, run.bytes.length / width)),
          data: Uint8Array.from(Buffer.concat(runs.map((run) => run.bytes))),
        };
      }),
      { runs: [wordOfRun(Math.floor(step.element / LEAF_ELEMENTS), 1)], data: own },
    ],
    hint,
  };
}

/** Bytes of an element of what is opened i-th: unread tensors have no leaves. */
function widthOf({ operator, sources }: OpenedStep, i: number): number {
  const access = operator.operands[sources.indexOf(i)];
  return access ? DTYPES[access.dtype].bytes : 1;
}

/** Runs cut in two at some leaves: as good as whole ones. */
export function cutRuns(step: OpenedStep, cut: () => boolean): OpenedStep {
  const opened = step.opened.map((runs, i) => {
    const size = LEAF_ELEMENTS * widthOf(step, i);
    return runs.flatMap(({ firstLeaf, bytes }) => {
      const pieces: Run[] = [];
      for (let from = 0, to = size; to <= bytes.length; to += size)
        if (to === bytes.length || cut()) {
          pieces.push({ firstLeaf: firstLeaf + from / size, bytes: bytes.slice(from, to) });
          from = to;
        }
      return pieces;
    });
  });
  return { ...step, opened };
}
