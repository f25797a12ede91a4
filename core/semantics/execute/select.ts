/** All elements of ArgMax, ArgMin and TopK: exact, ties to the lowest tap, NaN first. */
import type { TensorData } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';
import { elementCount } from '../../tensor.ts';
import { unravel } from '../access.ts';
import type { Access, Operator } from '../program.ts';
import { foremost, precedes } from './ranking.ts';
import { guardValues, startAddress, tapAddress, tapsOf } from './taps.ts';

export function evaluateArg(operator: Operator, data: readonly (TensorData | undefined)[]): TensorData {
  const { space, inner } = operator;
  const elements = elementCount(space);
  const out = new DTYPES[operator.dtype].Data(elements);
  const [access] = operator.operands as [Access];
  const { guards, outer } = access;
  const from = data[0] as Float32Array;
  const taps = tapsOf(access, inner);
  const largest = operator.kind === 'ArgMax';
  // Elements along the last axis have the same taps, one stride further on, unless a guard moves along it.
  const last = space.length - 1;
  const alike = last >= 0 && guards.every((guard) => guard.outer !== last);
  const run = alike ? (space[last] as number) : 1;
  const stride = alike ? (outer[last] as number) : 0;
  const sideBySide = run >= LEAST_RUN && (stride === 1 || taps.count <= FEW_TAPS);
  // The low halves of int64: a bigint per element would cost more than all else.
  const words = out instanceof BigInt64Array ? new Int32Array(out.buffer) : (out as Int32Array);
  const width = out instanceof BigInt64Array ? 2 : 1;
  const best = new DTYPES[access.dtype].Data(sideBySide ? run : 0) as Float32Array;
  const winners = new Int32Array(run);
  const present = new Int32Array(taps.count);
  const addresses = new Int32Array(taps.count);
  const o: number[] = [];
  const values: number[] = [];
  for (let first = 0; first < elements; first += run) {
    unravel(first, space, o);
    const start = startAddress(access, o);
    guardValues(guards, o, values);
    let count = 0;
    for (let k = 0; k < taps.count; k++) {
      const address = tapAddress(taps, guards, start, values, k);
      if (address < 0) continue;
      present[count] = k;
      addresses[count++] = address;
    }
    if (count === 0) continue;
    if (sideBySide) runOfWinners(from, addresses, count, stride, largest, best, winners);
    else for (let i = 0; i < run; i++) winners[i] = winner(from, addresses, count, i * stride, largest);
    for (let i = 0; i < run; i++) words[(first + i) * width] = present[winners[i] as number] as number;
  }
  return out;
}

/** Runs shorter than this are no gain, nor are scattered elements with more taps than this. */
const LEAST_RUN = 4;
const FEW_TAPS = 16;

/** Which of the addresses holds the candidate that goes before all others, the first of equal ones. */
function winner(from: Float32Array, addresses: Int32Array, count: number, offset: number, largest: boolean): number {
  let best = 0;
  let bestValue = from[(addresses[0] as number) + offset] as number;
  for (let j = 1; j < count; j++) {
    const value = from[(addresses[j] as number) + offset] as number;
    // False for nearly all; a NaN comes here too.
    if (largest ? value <= bestValue : value >= bestValue) continue;
    if (!precedes(value, bestValue, largest)) continue;
    best = j;
    bestValue = value;
  }
  return best;
}

/** The same for elements side by side, one address after the other. */
function runOfWinners(
  from: Float32Array,
  addresses: Int32Array,
  count: number,
  stride: number,
  largest: boolean,
  best: Float32Array,
  winners: Int32Array,
): void {
  const run = winners.length;
  winners.fill(0);
  for (let i = 0; i < run; i++) best[i] = from[(addresses[0] as number) + i * stride] as number;
  for (let j = 1; j < count; j++) {
    const address = addresses[j] as number;
    for (let i = 0; i < run; i++) {
      const value = from[address + i * stride] as number;
      const known = best[i] as number;
      if (largest ? value <= known : value >= known) continue;
      if (!precedes(value, known, largest)) continue;
      best[i] = value;
      winners[i] = j;
    }
  }
}

export function evaluateTopK(operator: Operator, data: readonly (TensorData | undefined)[]): TensorData {
  const ranks = operator.space.at(-1) ?? 1;
  const rows = elementCount(operator.space) / ranks;
  const out = new DTYPES[operator.dtype].Data(rows * ranks);
  const [access] = operator.operands as [Access];
  const from = data[0] as Float32Array;
  const taps = tapsOf(access, operator.inner);
  const largest = operator.attribute === 1;
  const o: number[] = [];
  for (let row = 0; row < rows; row++) {
    const start = startAddress(access, unravel(row * ranks, operator.space, o));
    const at = (k: number) => from[start + (taps.offsets[k] as number)];
    const order = foremost(taps.count, ranks, at, largest);
    for (let rank = 0; rank < ranks; rank++) store(out, row * ranks + rank, order[rank] as number);
  }
  return out;
}

function store(out: TensorData, at: number, k: number): void {
  if (out instanceof BigInt64Array) out[at] = BigInt(k);
  else out[at] = k;
}
