/** IntegerDots of a depthwise convolution: many short sums side by side, so each tap is one pass over all channels. */
import type { TensorData } from '../../commitment/dtype.ts';
import { elementCount } from '../../tensor.ts';
import { unravel } from '../access.ts';
import type { Access, Operator } from '../program.ts';
import { guardValues, startAddress, tapAddress, tapsOf } from './taps.ts';

type Data = readonly (TensorData | undefined)[];

/** Bytes minus a zero point, in one array class for all of them: the loops that read it stay fast. */
export function shiftedBytes(from: TensorData, zero: number): Int16Array {
  const shifted = new Int16Array(from as Int8Array);
  if (zero !== 0) for (let i = 0; i < shifted.length; i++) shifted[i] = (shifted[i] as number) - zero;
  return shifted;
}

/** The zero point if it is one for all elements. */
export function onlyZero(zero: Access | undefined, zeros: TensorData | undefined): number | undefined {
  if (zero === undefined) return 0;
  return zero.outer.every((stride) => stride === 0) ? Number(zeros?.[zero.base]) : undefined;
}

/**
 * Whether the channels are the last axis: both sides depend on it without guards, the right side and its zero point on nothing else. The
 * operands are bytes, the result is int32.
 */
export function isDepthwise({ space, operands }: Operator): boolean {
  const [a, b, aZero, bZero] = operands;
  const last = space.length - 1;
  if (a === undefined || b === undefined || last < 1 || b.guards.length > 0) return false;
  const alone = (access: Access | undefined) =>
    access?.outer.every((stride, axis) => axis === last || stride === 0) !== false;
  const sides = a.outer[last] !== 0 && a.guards.every(({ outer }) => outer !== last) && b.outer[last] !== 0;
  return sides && alone(b) && alone(bZero) && aZero?.outer.every((stride) => stride === 0) !== false;
}

export function evaluateDepthwise({ space, inner, operands }: Operator, data: Data): Int32Array {
  const [a, b, aZero, bZero, bias] = operands as [Access, Access, Access?, Access?, Access?];
  const out = new Int32Array(elementCount(space));
  const last = space.length - 1;
  const channels = space[last] as number;
  const x = shiftedBytes(data[0] as TensorData, onlyZero(aZero, data[2]) as number);
  const taps = tapsOf(a, inner);
  const weights = weightsOf(b, data[1] as Int8Array, bZero, data[3] as Int8Array | undefined, channels, inner);
  const stride = a.outer[last] as number;
  const o: number[] = [];
  const values: number[] = [];
  for (let first = 0; first < out.length; first += channels) {
    unravel(first, space, o);
    const start = startAddress(a, o);
    guardValues(a.guards, o, values);
    for (let k = 0; k < taps.count; k++) {
      const address = tapAddress(taps, a.guards, start, values, k);
      if (address >= 0) accumulate(out, first, x, address, stride, weights, k * channels, channels);
    }
    if (bias === undefined) continue;
    const [from, step] = [startAddress(bias, o), bias.outer[last] as number];
    for (let c = 0; c < channels; c++)
      out[first + c] = (out[first + c] as number) + (data[4]?.[from + c * step] as number);
  }
  return out;
}

function accumulate(
  out: Int32Array,
  first: number,
  x: Int16Array,
  address: number,
  stride: number,
  weights: Int16Array,
  at: number,
  channels: number,
): void {
  for (let c = 0; c < channels; c++)
    out[first + c] = (out[first + c] as number) + (x[address + c * stride] as number) * (weights[at + c] as number);
}

/** [taps, channels], each minus its zero point. */
function weightsOf(
  b: Access,
  from: Int8Array,
  zero: Access | undefined,
  zeros: Int8Array | undefined,
  channels: number,
  inner: readonly number[],
): Int16Array {
  const taps = tapsOf(b, inner);
  const stride = b.outer.at(-1) as number;
  const weights = new Int16Array(taps.count * channels);
  for (let k = 0; k < taps.count; k++)
    for (let c = 0; c < channels; c++) {
      const shift = zero && zeros ? (zeros[zero.base + c * (zero.outer.at(-1) as number)] as number) : 0;
      weights[k * channels + c] = (from[b.base + c * stride + (taps.offsets[k] as number)] as number) - shift;
    }
  return weights;
}
