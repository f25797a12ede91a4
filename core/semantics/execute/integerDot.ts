/**
 * All elements of an IntegerDot: exact modulo 2^32 (any order gives the same) or, for int64, modulo 2^64. Bytes are multiplied in float64:
 * differences of bytes have nine bits, so sums below 2^36 terms are exact there, and the kernel is that of the Dots.
 */
import type { Dtype, TensorData } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';
import { elementCount } from '../../tensor.ts';
import { unravel } from '../access.ts';
import { type Kernel, plainKernel } from '../dot/kernel.ts';
import type { Access, Operator } from '../program.ts';
import { evaluateDepthwise, isDepthwise, onlyZero, shiftedBytes } from './depthwise.ts';
import { type Filler, fillerOf, type Row } from './fill.ts';
import { type AxisSet, type Product, productOf } from './product.ts';
import { guardValues, startAddress, tapAddress, tapsOf } from './taps.ts';

type Data = readonly (TensorData | undefined)[];

export function evaluateIntegerDot(operator: Operator, data: Data, kernel: Kernel = plainKernel): TensorData {
  if (operator.dtype === 'int64') return evaluateBig(operator, data);
  const [a, b] = operator.operands;
  const small = [a, b].every((access) => access === undefined || BYTES.includes(access.dtype));
  if (!small) return evaluateWords(operator, data as Int32Array[]);
  if (isDepthwise(operator)) return evaluateDepthwise(operator, data);
  const product = productOf(operator, [a, operator.operands[2]], [b, operator.operands[3]]);
  // One row of the left side does not repay making the right one ready for the kernel.
  const few = product.rows.count <= FEW && b !== undefined && b.guards.length === 0 && b.inner.length <= 1;
  return few ? evaluateFewRows(operator, data, product) : evaluateBytes(operator, data, product, kernel);
}

const FEW = 3;

const BYTES: readonly Dtype[] = ['uint8', 'int8', 'bool'];

/** Rows at a time: few enough that they stay in the cache. */
const TILE = 128;
/** float64 values of the right side at a time at most: 32 MB. */
const PANEL = 2 ** 22;

function evaluateBytes(operator: Operator, data: Data, product: Product, kernel: Kernel): TensorData {
  const { inner } = operator;
  const { batches, rows, columns } = product;
  const [a, b, aZero, bZero, bias] = operator.operands;
  const out = new DTYPES[operator.dtype].Data(elementCount(operator.space)) as Int32Array;
  const terms = elementCount(inner);
  const left = side(a as Access, data[0] as TensorData, aZero, data[2], inner);
  const right = b && side(b, data[1] as TensorData, bZero, data[3], inner);
  const width = Math.max(1, Math.min(columns.count, Math.floor(PANEL / terms)));
  const rowsAtOnce = Math.max(1, Math.min(TILE, rows.count, Math.floor(PANEL / terms)));
  const panel = new Float64Array(width * terms);
  const add = biasOf(bias, data[4] as Int32Array | undefined, rows, columns);
  const o: number[] = operator.space.map(() => 0);
  for (let batch = 0; batch < batches.count; batch++) {
    batches.place(batch, o);
    for (let column = 0; column < columns.count; column += width) {
      const count = Math.min(width, columns.count - column);
      if (right === undefined) panel.fill(1);
      else
        for (let n = 0; n < count; n++) {
          columns.place(column + n, o);
          right(o, panel, n * terms);
        }
      const packed = kernel.pack(panel.subarray(0, count * terms), count, terms);
      const space = kernel.open(packed, rowsAtOnce, count, terms);
      for (let row = 0; row < rows.count; row += rowsAtOnce) {
        const height = Math.min(rowsAtOnce, rows.count - row);
        for (let m = 0; m < height; m++) {
          rows.place(row + m, o);
          left(o, space.left, space.leftAt + m * space.leftStride);
        }
        kernel.multiply(height);
        for (let m = 0; m < height; m++) {
          const at = (batches.offsets[batch] as number) + (rows.offsets[row + m] as number);
          for (let n = 0; n < count; n++)
            out[at + (columns.offsets[column + n] as number)] = space.products[
              space.productsAt + m * space.productsStride + n
            ] as number;
          add?.(o, row + m, column, count, out, at);
        }
      }
    }
  }
  return out;
}

/** The right side is read where it is: sum of x * (y - zero) = sum of x * y - zero * sum of x, for x = a - aZero. */
function evaluateFewRows(operator: Operator, data: Data, { batches, rows, columns }: Product): TensorData {
  const { space, inner } = operator;
  const [a, right, aZero, bZero, bias] = operator.operands;
  const b = right as Access;
  const out = new DTYPES[operator.dtype].Data(elementCount(space)) as Int32Array;
  const terms = elementCount(inner);
  const left = side(a as Access, data[0] as TensorData, aZero, data[2], inner);
  const row = new Int32Array(terms);
  const add = biasOf(bias, data[4] as Int32Array | undefined, rows, columns);
  const o: number[] = space.map(() => 0);
  for (let batch = 0; batch < batches.count; batch++)
    for (let m = 0; m < rows.count; m++) {
      batches.place(batch, o);
      rows.place(m, o);
      left(o, row, 0);
      const total = row.reduce((sum, x) => sum + x, 0);
      const at = (batches.offsets[batch] as number) + (rows.offsets[m] as number);
      for (let n = 0; n < columns.count; n++) {
        columns.place(n, o);
        const sum = sumOfProducts(row, data[1] as Int8Array, startAddress(b, o), b.inner[0] ?? 0);
        const zero = bZero ? Number(data[3]?.[startAddress(bZero, o)]) : 0;
        out[at + (columns.offsets[n] as number)] = sum - zero * total;
      }
      add?.(o, m, 0, columns.count, out, at);
    }
  return out;
}

/** Modulo 2^32. */
function sumOfProducts(row: Int32Array, from: Int8Array, at: number, stride: number): number {
  const terms = row.length;
  let [even, odd] = [0, 0];
  let k = 0;
  for (; k + 2 <= terms; k += 2) {
    even = (even + Math.imul(row[k] as number, from[at + k * stride] as number)) | 0;
    odd = (odd + Math.imul(row[k + 1] as number, from[at + (k + 1) * stride] as number)) | 0;
  }
  if (k < terms) even = (even + Math.imul(row[k] as number, from[at + k * stride] as number)) | 0;
  return (even + odd) | 0;
}

/** Adds the bias to elements of one row, modulo 2^32. */
function biasOf(bias: Access | undefined, from: Int32Array | undefined, rows: AxisSet, columns: AxisSet) {
  if (bias === undefined || from === undefined) return undefined;
  return (o: number[], row: number, column: number, count: number, out: Int32Array, at: number) => {
    rows.place(row, o);
    for (let n = column; n < column + count; n++) {
      columns.place(n, o);
      const to = at + (columns.offsets[n] as number);
      out[to] = (out[to] as number) + (from[startAddress(bias, o)] as number);
    }
  };
}

/** Fills a row with x - zero; a skipped tap is 0 and not -zero. */
function side(
  x: Access,
  from: TensorData,
  zero: Access | undefined,
  zeros: TensorData | undefined,
  inner: readonly number[],
) {
  const terms = elementCount(inner);
  const known = onlyZero(zero, zeros);
  const shifted = shiftedBytes(from, known ?? 0);
  const filler = fillerOf(x, shifted, inner);
  if (known !== undefined) return (o: readonly number[], dst: Row, at: number) => filler.fill(o, 0, terms, dst, at);
  return shifting(x, filler, terms, zero, zeros as Int32Array);
}

/** The same where the zero point differs from row to row. */
function shifting(x: Access, filler: Filler, terms: number, zero: Access | undefined, zeros: Int32Array | undefined) {
  const all = x.guards.length === 0;
  return (o: readonly number[], dst: Row, at: number) => {
    filler.fill(o, 0, terms, dst, at);
    const shift = zero && zeros ? (zeros[startAddress(zero, o)] as number) : 0;
    if (shift === 0) return;
    for (let k = 0; k < terms; k++) if (all || filler.present(o, k)) dst[at + k] = (dst[at + k] as number) - shift;
  };
}

/** int32 operands: products of 64 bits, of which the low 32 count. */
function evaluateWords(operator: Operator, data: readonly (Int32Array | undefined)[]): TensorData {
  const { space, inner } = operator;
  const [a, b, aZero, bZero, bias] = operator.operands;
  const out = new DTYPES[operator.dtype].Data(elementCount(space)) as Int32Array;
  const { batches, rows, columns } = productOf(operator, [a, aZero], [b, bZero]);
  const terms = elementCount(inner);
  const left = wordSide(a as Access, data[0] as Int32Array, aZero, data[2], inner);
  const right = b && wordSide(b, data[1] as Int32Array, bZero, data[3], inner);
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

const wordSide = (
  x: Access,
  from: Int32Array,
  zero: Access | undefined,
  zeros: Int32Array | undefined,
  inner: readonly number[],
) => shifting(x, fillerOf(x, from, inner), elementCount(inner), zero, zeros);

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
