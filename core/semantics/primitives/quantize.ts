/** Elements of Quantize and Dequantize (ONNX QuantizeLinear and DequantizeLinear, opset 10 to 25). docs/spec/quantize.md. */
import type { Dtype } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';
import { roundHalfEven } from './arithmetic.ts';

/** Integer nearest to RN(x / scale), ties to even, plus zero, saturated. NaN counts as 0, so it gives the zero point. */
export function quantizeFunction(to: Dtype): (x: number, scale: number, zero: number) => number {
  const { min, max } = DTYPES[to];
  const [low, high] = [Number(min), Number(max)];
  return (x, scale, zero) => {
    const ratio = Math.fround(x / scale);
    if (Number.isNaN(ratio)) return Math.min(high, Math.max(low, zero));
    return Math.min(high, Math.max(low, roundHalfEven(ratio) + zero));
  };
}

/** RN(RN(x - zero) * scale): two roundings where x has more than 24 bits, as every runtime does. */
export function dequantize(x: number, scale: number, zero: number): number {
  return Math.fround(x - zero) * scale;
}
