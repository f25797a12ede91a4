/** All elements of ArgMax, ArgMin and TopK: exact, ties to the lowest tap, NaN first. */
import type { TensorData } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';
import { elementCount } from '../../tensor.ts';
import { unravel } from '../access.ts';
import type { Access, Operator } from '../program.ts';
import { guardValues, startAddress, tapAddress, tapsOf } from './taps.ts';

/** Whether candidate x goes before y: larger (or smaller), NaN before everything; false on ties. */
export function precedes(x: number | bigint, y: number | bigint, largest: boolean): boolean {
  if (Number.isNaN(x)) return !Number.isNaN(y);
  if (Number.isNaN(y)) return false;
  return largest ? x > y : x < y;
}

export function evaluateArg(operator: Operator, data: readonly (TensorData | undefined)[]): TensorData {
  const elements = elementCount(operator.space);
  const out = new DTYPES[operator.dtype].Data(elements);
  const [access] = operator.operands as [Access];
  const from = data[0] as Float32Array;
  const taps = tapsOf(access, operator.inner);
  const largest = operator.kind === 'ArgMax';
  const o: number[] = [];
  const values: number[] = [];
  for (let e = 0; e < elements; e++) {
    unravel(e, operator.space, o);
    const start = startAddress(access, o);
    guardValues(access.guards, o, values);
    let best = -1;
    let bestValue = 0;
    for (let k = 0; k < taps.count; k++) {
      const address = tapAddress(taps, access.guards, start, values, k);
      if (address < 0) continue;
      const value = from[address] as number;
      if (best < 0 || precedes(value, bestValue, largest)) {
        best = k;
        bestValue = value;
      }
    }
    store(out, e, Math.max(0, best));
  }
  return out;
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
    const at = (k: number) => from[start + (taps.offsets[k] as number)] as number;
    const order = Array.from({ length: taps.count }, (_, k) => k).sort((j, k) => {
      if (precedes(at(j), at(k), largest)) return -1;
      return precedes(at(k), at(j), largest) ? 1 : j - k;
    });
    for (let rank = 0; rank < ranks; rank++) store(out, row * ranks + rank, order[rank] as number);
  }
  return out;
}

function store(out: TensorData, at: number, k: number): void {
  if (out instanceof BigInt64Array) out[at] = BigInt(k);
  else out[at] = k;
}
