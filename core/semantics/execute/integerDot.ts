/** All elements of an IntegerDot: exact modulo 2^32 (any order gives the same) or, for int64, modulo 2^64. */
import type { TensorData } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';
import { elementCount } from '../../tensor.ts';
import { unravel } from '../access.ts';
import type { Access, Operator } from '../program.ts';
import { fillerOf } from './fill.ts';
import { productOf } from './product.ts';
import { guardValues, startAddress, tapAddress, tapsOf } from './taps.ts';

export function evaluateIntegerDot(operator: Operator, data: readonly (TensorData | undefined)[]): TensorData {
  return operator.dtype === 'int64' ? evaluateBig(operator, data) : evaluateSmall(operator, data as Int32Array[]);
}

function evaluateSmall(operator: Operator, data: readonly (Int32Array | undefined)[]): TensorData {
  const { space, inner } = operator;
  const [a, b, aZero, bZero, bias] = operator.operands;
  const out = new DTYPES[operator.dtype].Data(elementCount(space)) as Int32Array;
  const { batches, rows, columns } = productOf(operator, [a, aZero], [b, bZero]);
  const terms = elementCount(inner);
  const left = side(a as Access, data[0] as Int32Array, aZero, data[2], inner);
  const right = b && side(b, data[1] as Int32Array, bZero, data[3], inner);
  const row = new Int32Array(terms);
  const matrix = new Int32Array(columns.count * terms).fill(1);
  const o: number[] = space.map(() => 0);
  for (let batch = 0; batch < batches.count; batch++) {
    batches.place(batch, o);
    if (right)
      for (let n = 0; n < columns.count; n++) {
        columns.place(n, o);
        right(o, matrix, n * terms);
      }
    for (let m = 0; m < rows.count; m++) {
      rows.place(m, o);
      left(o, row, 0);
      const first = (batches.offsets[batch] as number) + (rows.offsets[m] as number);
      for (let n = 0; n < columns.count; n++) {
        let sum = 0;
        const at = n * terms;
        for (let k = 0; k < terms; k++) sum = (sum + Math.imul(row[k] as number, matrix[at + k] as number)) | 0;
        if (bias) {
          columns.place(n, o);
          sum = (sum + ((data[4] as Int32Array)[startAddress(bias, o)] as number)) | 0;
        }
        out[first + (columns.offsets[n] as number)] = sum;
      }
    }
  }
  return out;
}

/** Fills a row with x - zero; a skipped tap is 0 and not -zero. */
function side(
  x: Access,
  from: Int32Array,
  zero: Access | undefined,
  zeros: Int32Array | undefined,
  inner: readonly number[],
) {
  const filler = fillerOf(x, from, inner);
  const terms = elementCount(inner);
  return (o: readonly number[], dst: Int32Array, at: number) => {
    filler.fill(o, 0, terms, dst, at);
    const shift = zero && zeros ? (zeros[startAddress(zero, o)] as number) : 0;
    if (shift === 0) return;
    const all = x.guards.length === 0;
    for (let k = 0; k < terms; k++) if (all || filler.present(o, k)) dst[at + k] = (dst[at + k] as number) - shift;
  };
}

function evaluateBig(operator: Operator, data: readonly (TensorData | undefined)[]): TensorData {
  const { space, inner, operands } = operator;
  const out = new BigInt64Array(elementCount(space));
  const taps = operands.map((access) => access && tapsOf(access, inner));
  const o: number[] = [];
  const values: number[] = [];
  const read = (i: number, k: number): bigint | undefined => {
    const access = operands[i] as Access;
    const place = tapAddress(
      taps[i] as NonNullable<(typeof taps)[number]>,
      access.guards,
      startAddress(access, o),
      guardValues(access.guards, o, values),
      k,
    );
    return place < 0 ? undefined : BigInt((data[i] as TensorData)[place] as number | bigint);
  };
  const constant = (i: number) => (operands[i] ? (read(i, 0) as bigint) : 0n);
  for (let e = 0; e < out.length; e++) {
    unravel(e, space, o);
    const [aZero, bZero] = [constant(2), constant(3)];
    let sum = constant(4);
    for (let k = 0; k < elementCount(inner); k++) {
      const x = read(0, k);
      const y = operands[1] ? read(1, k) : 1n + bZero;
      if (x !== undefined && y !== undefined) sum += (x - aZero) * (y - bZero);
    }
    out[e] = sum;
  }
  return out;
}
