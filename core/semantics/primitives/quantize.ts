/** Elements of Quantize and Dequantize (ONNX QuantizeLinear and DequantizeLinear, opset 10 to 25). docs/spec/quantize.md. */
import type { Dtype } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';

/** Adding and taking away 1.5 * 2^52 rounds a float64 below 2^51 to the nearest integer, ties to even. */
const WHOLE = 1.5 * 2 ** 52;
/** Anything from here on saturates, whatever the zero point. */
const FAR = 2 ** 31;

/** Integer nearest to RN(x / scale), ties to even, plus zero, saturated to [low, high]. NaN counts as 0, so it gives the zero point. */
export function quantize(x: number, scale: number, zero: number, low: number, high: number): number {
  const ratio = Math.fround(x / scale);
  if (ratio >= FAR) return high;
  if (ratio <= -FAR) return low;
  const sum = (Number.isNaN(ratio) ? 0 : ratio + WHOLE - WHOLE) + zero;
  return Math.min(high, Math.max(low, sum));
}

export function quantizeFunction(to: Dtype): (x: number, scale: number, zero: number) => number {
  const { min, max } = DTYPES[to];
  const [low, high] = [Number(min), Number(max)];
  return (x, scale, zero) => quantize(x, scale, zero, low, high);
}

/** RN(RN(x - zero) * scale): two roundings where x has more than 24 bits, as every runtime does. */
export function dequantize(x: number, scale: number, zero: number): number {
  return Math.fround(x - zero) * scale;
}
