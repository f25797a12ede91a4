/** The function of one element of an elementwise kind, for the dtypes of its operands and its output. */
import type { Dtype } from '../../commitment/dtype.ts';
import { erf } from '../functions/erf.ts';
import { exp } from '../functions/exp.ts';
import { log } from '../functions/log.ts';
import { powConstant } from '../functions/pow.ts';
import { cos, sin } from '../functions/sinCos.ts';
import { tanh } from '../functions/tanh.ts';
import type { ElementwiseKind } from '../kinds.ts';
import type { Scalar } from './arithmetic.ts';
import { bigBinary, bigUnary, floatBinary, floatUnary, integerBinary, integerUnary } from './arithmetic.ts';
import { castFunction } from './cast.ts';
import { bigClip, bigComparisons, clip, comparisons, logic } from './logic.ts';
import { dequantize, quantizeFunction } from './quantize.ts';

/** Of one, two or three scalars; bigint for int64 operands and results. */
export type ElementFunction = (x: Scalar, y?: Scalar, z?: Scalar) => Scalar;

const functions = { Exp: exp, Log: log, Tanh: tanh, Erf: erf, Sin: sin, Cos: cos } as const;

const bits = new DataView(new ArrayBuffer(4));
export function floatOfBits(word: number): number {
  bits.setUint32(0, word);
  return bits.getFloat32(0);
}
export function bitsOfFloat(value: number): number {
  bits.setFloat32(0, value);
  return bits.getUint32(0);
}

/** Undefined: the kind is not defined for these dtypes, or its attribute is not one that is proved; then nothing may compile to it. */
export function elementFunction(
  kind: ElementwiseKind,
  from: readonly Dtype[],
  to: Dtype,
  attribute: number,
): ElementFunction | undefined {
  return find(kind, from, to, attribute) as ElementFunction | undefined;
}

function find(kind: ElementwiseKind, from: readonly Dtype[], to: Dtype, attribute: number): unknown {
  const [dtype = to] = from;
  const pick = (float: object, integer: object, big: object) => {
    const table = dtype === 'float32' ? float : dtype === 'int64' ? big : dtype === 'bool' ? {} : integer;
    return (table as Record<string, unknown>)[kind];
  };
  switch (kind) {
    case 'Exp':
    case 'Log':
    case 'Tanh':
    case 'Erf':
    case 'Sin':
    case 'Cos':
      return dtype === 'float32' ? functions[kind] : undefined;
    case 'Pow':
      return dtype === 'float32' ? powConstant(floatOfBits(attribute)) : undefined;
    case 'Equal':
    case 'Less':
    case 'LessOrEqual':
      return dtype === 'int64' ? bigComparisons[kind] : comparisons[kind];
    case 'And':
    case 'Or':
    case 'Xor':
      return logic[kind];
    case 'Not':
      return (x: number) => (x === 0 ? 1 : 0);
    case 'Where':
      return (condition: number, x: Scalar, y: Scalar) => (condition !== 0 ? x : y);
    case 'Cast':
      return castFunction(dtype, to);
    case 'Clip':
      return dtype === 'int64' ? bigClip : clip;
    case 'Quantize':
      return dtype === 'float32' ? quantizeFunction(to) : undefined;
    case 'Dequantize':
      return dequantize;
    case 'Add':
    case 'Sub':
    case 'Mul':
    case 'Div':
    case 'Min':
    case 'Max':
      return pick(floatBinary, integerBinary, bigBinary);
    default:
      return pick(floatUnary, integerUnary, bigUnary);
  }
}
