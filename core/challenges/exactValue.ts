/** The number behind one element of an operator before it is rounded to its dtype, exactly or as closely as one wants. */
import { ABSENT, addressAt, unravel } from '../semantics/access.ts';
import { partsOf } from '../semantics/functions/bits.ts';
import {
  erfFixed,
  expFixed,
  logFixed,
  SERIES_ERROR,
  sineCosineFixed,
  squareRoot,
  tanhFixed,
} from '../semantics/functions/fixedPoint.ts';
import { shifted } from '../semantics/functions/rounding.ts';
import type { Scalar } from '../semantics/primitives/arithmetic.ts';
import { floatOfBits } from '../semantics/primitives/elementwise.ts';
import { type Access, MAX_TERMS, type Operator } from '../semantics/program.ts';
import type { ReadElement } from '../semantics/step.ts';
import { elementCount } from '../tensor.ts';

/** A real number: units * 2^-scale exactly, a ratio, or one between low and high (times 2^-scale). */
export type Exact =
  | { readonly kind: 'dyadic'; readonly units: bigint; readonly scale: number }
  | { readonly kind: 'ratio'; readonly numerator: bigint; readonly denominator: bigint }
  | { readonly kind: 'enclosed'; readonly low: bigint; readonly high: bigint; readonly scale: number };

/** Fraction bits of what is enclosed: about 70 decimals. */
const BITS = 256;
/** Far above the error of every series at 256 bits (functions/fixedPoint.ts), arguments of up to 2^8 included. */
const ERROR = SERIES_ERROR << 24n;
/** Products of float32 values are whole multiples of 2^-298. */
const PRODUCT_SCALE = 298;

/** undefined: the operator selects, counts or compares, or an operand is not finite, so that nothing is rounded. */
export function exactValue(operator: Operator, e: number, read: ReadElement): Exact | undefined {
  const { kind, operands, dtype } = operator;
  if (kind === 'Dot') return dot(operator, e, read);
  if (dtype !== 'float32') return undefined;
  const o = unravel(e, operator.space, []);
  const values = () =>
    operands.map((access, i) => {
      const address = addressAt(access as Access, o, []);
      return (address === ABSENT ? 0 : read(i, address)) as number;
    });
  if (kind === 'Cast' && operands[0]?.dtype !== 'float32')
    return { kind: 'dyadic', units: BigInt(values()[0] as Scalar), scale: 0 };
  if (!ROUNDED.has(kind)) return undefined;
  const [x = 0, y = 0] = values();
  if (!Number.isFinite(x) || !Number.isFinite(y)) return undefined;
  return ofFloats(kind, x, y, floatOfBits(operator.attribute));
}

const ROUNDED = new Set<string>('Add Sub Mul Div Sqrt Reciprocal Exp Log Tanh Erf Sin Cos Pow'.split(' '));

/** In units of 2^-149. */
const units = (x: number): bigint => {
  const { mantissa, exponent } = partsOf(x);
  return mantissa << BigInt(exponent + 149);
};

function ofFloats(kind: string, x: number, y: number, power: number): Exact | undefined {
  const fixed = () => shifted(partsOf(x).mantissa, partsOf(x).exponent + BITS);
  const magnitude = () => shifted(partsOf(Math.abs(x)).mantissa, partsOf(x).exponent + BITS);
  switch (kind) {
    case 'Add':
      return { kind: 'dyadic', units: units(x) + units(y), scale: 149 };
    case 'Sub':
      return { kind: 'dyadic', units: units(x) - units(y), scale: 149 };
    case 'Mul':
      return { kind: 'dyadic', units: units(x) * units(y), scale: PRODUCT_SCALE };
    case 'Div':
      return y === 0 ? undefined : { kind: 'ratio', numerator: units(x), denominator: units(y) };
    case 'Reciprocal':
      return x === 0 ? undefined : { kind: 'ratio', numerator: 1n << 149n, denominator: units(x) };
    case 'Sqrt': {
      if (x < 0) return undefined;
      const root = squareRoot(units(x) << BigInt(2 * BITS - 149));
      return { kind: 'enclosed', low: root, high: root + 1n, scale: BITS };
    }
    case 'Exp':
      // Beyond these it is infinite or zero.
      if (Math.abs(x) > 128) return undefined;
      return exponential(fixed(), 1n);
    case 'Log': {
      if (!(x > 0)) return undefined;
      return about(logFixed(partsOf(x).mantissa, partsOf(x).exponent, BITS), BITS);
    }
    case 'Tanh': {
      // Beyond, it is 1 to more bits than are kept here.
      if (Math.abs(x) > 64) return undefined;
      const size = tanhFixed(magnitude(), BITS);
      return about(x < 0 ? -size : size, BITS);
    }
    case 'Erf': {
      if (Math.abs(x) > 5) return undefined;
      const size = erfFixed(magnitude(), BITS);
      return about(x < 0 ? -size : size, BITS);
    }
    case 'Sin':
    case 'Cos': {
      const { sine, cosine } = sineCosineFixed(partsOf(x).mantissa, partsOf(x).exponent, BITS);
      return about(kind === 'Sin' ? sine : cosine, BITS);
    }
    default:
      return raised(x, power);
  }
}

const about = (value: bigint, scale: number): Exact => ({
  kind: 'enclosed',
  low: value - ERROR,
  high: value + ERROR,
  scale,
});

function exponential(x: bigint, sign: bigint): Exact {
  const { sum, power } = expFixed(x, BITS);
  return about(sign * sum, BITS - power);
}

/** x^power = sign * exp(power * log |x|). */
function raised(x: number, power: number): Exact | undefined {
  if (x === 0 || power === 0 || (x < 0 && !Number.isInteger(power))) return undefined;
  const log = logFixed(partsOf(Math.abs(x)).mantissa, partsOf(Math.abs(x)).exponent, BITS);
  const { mantissa, exponent } = partsOf(power);
  return exponential(shifted(log * mantissa, exponent), x < 0 && power % 2 !== 0 ? -1n : 1n);
}

function dot(operator: Operator, e: number, read: ReadElement): Exact | undefined {
  const { space, inner, operands, attribute } = operator;
  const o = unravel(e, space, []);
  const taps = elementCount(inner);
  const first = attribute === 1 ? (o.at(-1) as number) * MAX_TERMS : 0;
  const last = attribute === 1 ? Math.min(taps, first + MAX_TERMS) : taps;
  const at = (operand: number, tap: number): number | undefined => {
    const access = operands[operand];
    if (access === undefined) return undefined;
    const address = addressAt(access, o, unravel(tap, inner, []));
    return address === ABSENT ? undefined : (read(operand, address) as number);
  };
  const bias = at(2, 0) ?? 0;
  if (!Number.isFinite(bias)) return undefined;
  let sum = units(bias) << 149n;
  for (let tap = first; tap < last; tap++) {
    const x = at(0, tap);
    const y = operands[1] === undefined ? 1 : at(1, tap);
    if (x === undefined || y === undefined) continue;
    if (!Number.isFinite(x) || !Number.isFinite(y)) return undefined;
    sum += units(x) * units(y);
  }
  return { kind: 'dyadic', units: sum, scale: PRODUCT_SCALE };
}
