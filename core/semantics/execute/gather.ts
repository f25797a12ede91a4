/** All elements of a Gather: x at the tap that the index names; +0 where there is no such tap. */
import type { TensorData } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';
import { elementCount } from '../../tensor.ts';
import { unravel } from '../access.ts';
import type { Access, Operator } from '../program.ts';
import { forEachRun, runStride } from './runs.ts';
import { guardValues, tapAddress, tapsOf } from './taps.ts';

export function evaluateGather(operator: Operator, data: readonly (TensorData | undefined)[]): TensorData {
  const { space, inner, dtype } = operator;
  const out = new DTYPES[dtype].Data(elementCount(space)) as Float32Array;
  const [x, index] = operator.operands as [Access, Access];
  const from = data[0] as Float32Array;
  const indices = data[1] as TensorData;
  const words = indices instanceof BigInt64Array ? wordsOf(indices) : undefined;
  const length = space.at(-1) ?? 1;
  const count = elementCount(inner);
  const [stride, indexStride] = [runStride(x), runStride(index)];
  // An index that is one for a whole run names a row of a table, if no guard moves along the run.
  const alike = x.guards.every(({ outer }) => outer !== space.length - 1);
  const [unit, step] = alike && indexStride === 0 ? [length, 0] : [1, indexStride];
  const addressOf = addressesOf(x, operator, alike);
  const tapStride = x.inner[0] ?? 0;
  const named = new Int32Array(length / unit);
  forEachRun(space, [x, index], (first, addresses) => {
    const start = addresses[0] as number;
    if (words) namedByWords(named, words, addresses[1] as number, step, count);
    else namedBy(named, indices as Int32Array, addresses[1] as number, step, count);
    for (let j = 0; j < named.length; j++) {
      const k = named[j] as number;
      named[j] = k < 0 ? -1 : addressOf ? addressOf(first, j * unit, start, k) : start + k * tapStride;
    }
    if (unit === 1) takeEach(out, first, from, named, stride);
    else if ((named[0] as number) >= 0) takeRow(out, first, length, from, named[0] as number, stride);
  });
  return out;
}

/** What is not there stays 0. */
function takeEach(out: Float32Array, first: number, from: Float32Array, addresses: Int32Array, stride: number): void {
  for (let i = 0; i < addresses.length; i++) {
    const address = addresses[i] as number;
    if (address >= 0) out[first + i] = from[address + i * stride] as number;
  }
}

function takeRow(out: Float32Array, first: number, n: number, from: Float32Array, at: number, stride: number): void {
  for (let i = 0; i < n; i++) out[first + i] = from[at + i * stride] as number;
}

/** The taps that indices name, or -1; negative ones count from the end. */
function namedBy(taps: Int32Array, indices: Int32Array, at: number, step: number, count: number): void {
  for (let i = 0; i < taps.length; i++) {
    const index = indices[at + i * step] as number;
    const k = index < 0 ? index + count : index;
    taps[i] = k < 0 || k >= count ? -1 : k;
  }
}

/** The same for int64 in two words: outside of 31 bits and a sign there is no tap. */
function namedByWords(taps: Int32Array, words: Int32Array, at: number, step: number, count: number): void {
  for (let i = 0; i < taps.length; i++) {
    const index = words[2 * (at + i * step)] as number;
    const k = index < 0 ? index + count : index;
    taps[i] = words[2 * (at + i * step) + 1] !== index >> 31 || k < 0 || k >= count ? -1 : k;
  }
}

/** Address of tap k of element first + i, less i steps along the run; -1 if it is not there. */
type AddressOf = (first: number, i: number, start: number, k: number) => number;

/** Undefined: the taps lie evenly, and all are there. */
function addressesOf(x: Access, { space, inner }: Operator, alike: boolean): AddressOf | undefined {
  const { guards } = x;
  if (guards.length === 0 && inner.length <= 1) return undefined;
  const taps = tapsOf(x, inner);
  if (guards.length === 0) return (_first, _i, start, k) => start + (taps.offsets[k] as number);
  const o: number[] = [];
  const values: number[] = [];
  let known = -1;
  return (first, i, start, k) => {
    if (known !== first || !alike) guardValues(guards, unravel(first + i, space, o), values);
    known = first;
    return tapAddress(taps, guards, start, values, k);
  };
}

/** The halves of each int64, low one first: a bigint per element would cost more than all else. */
const wordsOf = (values: BigInt64Array) => new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
