/** Coarser ways of computing the same program, which a tolerance has to exclude, and hairs of difference, which it has to bear. */
import type { TensorData } from '../../commitment/dtype.ts';
import type { Tensor } from '../../tensor.ts';
import type { ExecuteOptions } from '../execute/execute.ts';
import type { Operator, Program } from '../program.ts';

/** 10 bits of mantissa after the leading one, ties to even: what TF32 multipliers read. Non-finite values stay. */
export function roundToTf32(values: Float32Array): Float32Array {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i] as number;
    if ((word & 0x7f800000) !== 0x7f800000) bits[i] = (word + 0xfff + ((word >>> 13) & 1)) & ~0x1fff;
  }
  return new Float32Array(bits.buffer);
}

/** A float32 stored as IEEE half precision and read back: 10 bits, subnormals below 2^-14, infinity from 65520 on. */
export function roundToHalf(x: number): number {
  if (!Number.isFinite(x) || x === 0) return x;
  const size = Math.abs(x);
  const step = 2 ** Math.max(exponentOf(size) - 10, -24);
  const rounded = nearestEven(size / step) * step;
  return Math.sign(x) * (rounded >= 65536 ? Number.POSITIVE_INFINITY : rounded);
}

/** floor(log2 x) of a positive finite float32. */
function exponentOf(x: number): number {
  let exponent = 0;
  for (let value = x; value >= 2; value /= 2) exponent++;
  for (let value = x; value < 1; value *= 2) exponent--;
  return exponent;
}

function nearestEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
}

/** Quantised to 8 bits, symmetric, one scale for the tensor, and back: the plainest int8 weights. */
export function int8RoundTrip(values: Float32Array): Float32Array {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0 || !Number.isFinite(largest)) return values;
  const scale = Math.fround(largest / 127);
  return values.map((value) => nearestEven(value / scale) * scale);
}

/** A unit or two in the last place up or down, by a hash of the position and a salt. Zeros and non-finite values stay. */
export function nudge(values: Float32Array, salt: number): Float32Array {
  return values.map((value, i) => {
    let hash = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(salt + 1, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return value * (1 + ((hash >>> 20) & 1 ? 1 : -1) * 2 ** -23);
  });
}

/** Constants that a Dot multiplies or a Gather reads: what a model's size is made of. */
export function weightsOf({ operators, constants }: Program): ReadonlySet<number> {
  const weights = new Set<number>();
  const note = (access: Operator['operands'][number]) => {
    if (access?.source.from === 'constant' && constants[access.source.index]?.dtype === 'float32')
      weights.add(access.source.index);
  };
  for (const { kind, operands } of operators)
    if (kind === 'Dot') for (const access of operands.slice(0, 2)) note(access);
    else if (kind === 'Gather') note(operands[0]);
  return weights;
}

/** The same program with other weights. */
export function withWeights(program: Program, change: (values: Float32Array, index: number) => Float32Array): Program {
  const weights = weightsOf(program);
  const constants = program.constants.map((tensor, i): Tensor => {
    return weights.has(i) ? { ...tensor, data: change(tensor.data as Float32Array, i) } : tensor;
  });
  return { ...program, constants };
}

/**
 * For `execute`: products read their operands through `round`, as hardware with narrow multipliers does. Plain sums are no products.
 * Weights are rounded once; the function is for one program.
 */
export function roundedProducts(round: (values: Float32Array) => Float32Array): NonNullable<ExecuteOptions['alter']> {
  const known = new WeakMap<TensorData, Float32Array>();
  const rounded = (data: TensorData | undefined): TensorData | undefined => {
    if (data === undefined) return undefined;
    const made = known.get(data) ?? round(data as Float32Array);
    known.set(data, made);
    return made;
  };
  return ({ kind, operands }, data) =>
    kind === 'Dot' && operands[1] !== undefined ? [rounded(data[0]), rounded(data[1]), data[2]] : data;
}
