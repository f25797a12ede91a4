/** Pow (ONNX opset 1 to 15) by constant exponents. The result has the dtype of the base. */
import { elementCount } from '../../../tensor.ts';
import { powConstant } from '../../functions/pow.ts';
import { bitsOfFloat } from '../../primitives/elementwise.ts';
import { broadcastShape } from '../broadcast.ts';
import type { Context, Lowering } from '../context.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { empty, expand } from '../value.ts';

/** Each distinct exponent costs as many primitives as it needs and a Where. */
const MAX_EXPONENTS = 64;

/** RN(x^exponent) of float32: one primitive. */
function floatPower(c: Context, x: Value, exponent: number): Value {
  if (exponent === 0) return expand(c.builder.scalar('float32', 1), x.shape);
  if (exponent === 1) return x;
  if (exponent === 2) return c.float32('Mul', x, x);
  if (exponent === -1) return c.float32('Reciprocal', x);
  if (powConstant(exponent) === undefined)
    c.refuse(`exponent ${exponent} is not one of those whose every result is proved (docs/spec/functions.md)`);
  return c.apply('Pow', 'float32', [x], bitsOfFloat(exponent));
}

/** x^exponent modulo 2^32 or 2^64: squares and products. */
function integerPower(c: Context, x: Value, exponent: bigint): Value {
  let power: Value | undefined;
  let square = x;
  for (let rest = exponent; rest > 0n; ) {
    if ((rest & 1n) === 1n) power = power === undefined ? square : c.apply('Mul', x.dtype, [power, square]);
    rest >>= 1n;
    if (rest > 0n) square = c.apply('Mul', x.dtype, [square, square]);
  }
  return power ?? expand(c.builder.scalar(x.dtype, 1), x.shape);
}

function power(c: Context, x: Value, exponent: number | bigint): Value {
  if (x.dtype === 'float32') return floatPower(c, x, Number(exponent));
  const whole = typeof exponent === 'bigint' || Number.isInteger(exponent);
  if (!whole || exponent < 0) return c.refuse(`an integer to the power of ${exponent} is not an integer`);
  return integerPower(c, x, BigInt(exponent));
}

const pow: Lowering = (c) => {
  const [x, y] = [c.input(0, 'X'), c.input(1, 'Y')];
  c.dtypes(['float32', 'int32', 'int64'], x);
  c.dtypes(['float32', 'int32', 'int64', 'uint8', 'int8'], y);
  const exponents = c.requireConstant(1, 'Y');
  const placed = c.aligned(x, y);
  const shape = broadcastShape([x.shape, placed.shape]);
  if (shape === undefined) return c.refuse(`shapes [${x.shape}] and [${y.shape}] do not broadcast`);
  if (elementCount(shape) === 0) return [empty(x.dtype, shape)];
  const [first, ...others] = new Set<number | bigint>(exponents.data);
  if (others.length >= MAX_EXPONENTS) c.refuse(`it has more than ${MAX_EXPONENTS} different exponents`);
  // Exponents in the order in which they appear; a mask says where each of the others is.
  let result = expand(power(c, x, first as number | bigint), shape);
  for (const exponent of others) {
    const data = Uint8Array.from(exponents.data as ArrayLike<number | bigint>, (one) => (one === exponent ? 1 : 0));
    const mask = c.builder.constant({ dtype: 'bool', shape: placed.shape, data });
    result = c.apply('Where', x.dtype, [mask, power(c, x, exponent), result]);
  }
  return [result];
};

export const powers: Family = { Pow: { since: 1, lower: pow } };
