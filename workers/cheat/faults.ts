/** How results are falsified. Pure. */
import { decodeItems, encodeItems } from '#core/commitment/canonical.ts';
import { commitList } from '#core/commitment/list.ts';
import type { Bytes32 } from '#core/hex.ts';
import { fromHex } from '#core/hex.ts';
import type { NamedSpec } from '#core/protocol/schema.ts';
import type { ExecuteOptions } from '#core/semantics/execute/execute.ts';
import { executeNamed } from '#core/semantics/execute/named.ts';
import type { Program } from '#core/semantics/program.ts';
import { roundedProducts, roundToHalf, roundToTf32, withWeights } from '#core/semantics/tolerance/coarser.ts';
import type { Tensor, TensorData } from '#core/tensor.ts';
import type { ResultFault } from '#ports/faults.ts';

export type Item = readonly Tensor[];

/** What a result is made from. */
export interface Work {
  readonly inputs: readonly NamedSpec[];
  readonly outputs: readonly NamedSpec[];
  readonly program: Program;
  /** Another model, for the fault of that name; undefined: the same with other weights. */
  readonly other: Program | undefined;
  readonly items: readonly Item[];
  /** Of the last request of the same version that had as many items. */
  readonly before: { readonly items: readonly Item[]; readonly output: Uint8Array } | undefined;
  /** Canonical bytes of the right outputs. */
  readonly right: Uint8Array;
}

/** Canonical bytes of the outputs of all items. What depends on an earlier request is right where there is none. Throws for a `model` whose outputs are others. */
export function falsified(fault: ResultFault, work: Work): Uint8Array {
  const { program, before, right } = work;
  switch (fault) {
    case 'right':
    case 'short':
      return right;
    case 'weight':
      return run(withWeights(program, flipped), work);
    case 'half':
      return run(
        withWeights(program, (values) => values.map(roundToHalf)),
        work,
      );
    case 'tf32':
      return run(program, work, { alter: roundedProducts(roundToTf32) });
    case 'model':
      return run(work.other ?? withWeights(program, (values) => values.toReversed()), work);
    case 'stale-input':
      return before
        ? run(program, { ...work, items: work.items.map((item, i) => stale(item, before.items[i])) })
        : right;
    case 'stale-result':
      return before?.output ?? right;
    case 'truncated':
      return truncated(work);
  }
}

/** The commitment of outputs that there are none of: what is left of a result that was cut short before its first tensor. */
export const NO_OUTPUTS: Bytes32 = commitList([]);

/** What is submitted: as bytes, only their first half; as a hash, that of no outputs. Everything but `short` is submitted as it is. */
export function cut(fault: ResultFault, submission: Uint8Array, exact: boolean): Uint8Array {
  if (fault !== 'short') return submission;
  return exact ? fromHex(NO_OUTPUTS) : submission.subarray(0, Math.floor(submission.length / 2));
}

function run(program: Program, { inputs, outputs, items }: Work, options: ExecuteOptions = {}): Uint8Array {
  const results = items.map((item) => {
    const given = program.inputs.map(({ name }, i) => [name, named(inputs, item, name) ?? item[i]] as const);
    const made = executeNamed(program, Object.fromEntries(given) as Record<string, Tensor>, options);
    return outputs.map(({ name }, i) => made[name] ?? (Object.values(made)[i] as Tensor));
  });
  return encodeItems(outputs, results);
}

/** undefined: another model calls it otherwise, so its position counts. */
const named = (specs: readonly NamedSpec[], item: Item, name: string): Tensor | undefined =>
  item[specs.findIndex((spec) => spec.name === name)];

/** The largest weight with the other sign. */
function flipped(data: Float32Array): Float32Array {
  const copy = data.slice();
  const at = copy.reduce((best, value, i) => (Math.abs(value) > Math.abs(copy[best] as number) ? i : best), 0);
  copy[at] = -(copy[at] as number);
  return copy;
}

/** Each input's second half is still that of the item before, as in a buffer that was not filled. */
function stale(item: Item, before: Item | undefined): Item {
  return item.map((tensor, i) => {
    const old = before?.[i];
    if (old === undefined) return tensor;
    const data = tensor.data.slice() as TensorData;
    for (let e = Math.floor(data.length / 2); e < data.length; e++) data[e] = old.data[e] as never;
    return { ...tensor, data };
  });
}

/** The second half of each output is zero, as of a computation that was broken off. */
function truncated({ outputs, items, right }: Work): Uint8Array {
  const whole = decodeItems(outputs, right, items.length);
  const cutShort = whole.map((item) =>
    item.map((tensor) => ({
      ...tensor,
      data: tensor.data.slice().fill(0 as never, Math.floor(tensor.data.length / 2)),
    })),
  );
  return encodeItems(outputs, cutShort);
}
