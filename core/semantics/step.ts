/**
 * One element of one operator from its record alone: what the chain evaluates in a dispute, written for clarity and not for speed.
 * Tests compare every fast path with it, and it says which elements an opening has to show.
 */
import type { Dtype } from '../commitment/dtype.ts';
import { elementCount } from '../tensor.ts';
import { ABSENT, addressAt, unravel } from './access.ts';
import { exactDot } from './dot/exact.ts';
import { foremost } from './execute/ranking.ts';
import type { ElementwiseKind } from './kinds.ts';
import type { Scalar } from './primitives/arithmetic.ts';
import { elementFunction } from './primitives/elementwise.ts';
import type { Access, Operator } from './program.ts';
import { MAX_TERMS } from './program.ts';

/** Reads an element of the source of an operand; records what was read if the caller wants an opening. */
export type ReadElement = (operand: number, address: number) => Scalar;

/** The value of element e before it is stored in the output's dtype. */
export function stepElement(operator: Operator, e: number, read: ReadElement): Scalar {
  const { kind, dtype, space, inner, operands, attribute } = operator;
  const at = tapsOf(operator, e, read);
  const taps = elementCount(inner);
  const zero: Scalar = dtype === 'int64' ? 0n : 0;
  switch (kind) {
    case 'Dot': {
      const first = attribute === 1 ? (e % (space.at(-1) as number)) * MAX_TERMS : 0;
      const last = attribute === 1 ? Math.min(taps, first + MAX_TERMS) : taps;
      return dot(operands, at, first, last);
    }
    case 'IntegerDot':
      return integerDot(operands, at, taps, dtype);
    case 'Move': {
      for (let i = 0; i < operands.length; i++) {
        const value = at(i, 0);
        if (value !== undefined) return value;
      }
      return zero;
    }
    case 'Gather': {
      const named = BigInt(at(1, 0) ?? 0);
      const tap = named < 0n ? named + BigInt(taps) : named;
      return (tap >= 0n && tap < BigInt(taps) ? at(0, Number(tap)) : undefined) ?? zero;
    }
    case 'ArgMax':
    case 'ArgMin':
      return integer(dtype, ranked(at, taps, kind === 'ArgMax', 1)[0] ?? 0);
    case 'TopK':
      return integer(dtype, ranked(at, taps, attribute === 1, (e % (space.at(-1) as number)) + 1).at(-1) as number);
    default: {
      const accesses = operands as readonly Access[];
      const dtypes = accesses.map((access) => access.dtype);
      const apply = elementFunction(kind satisfies ElementwiseKind, dtypes, dtype, attribute);
      if (apply === undefined) throw new Error(`${kind} is not defined for ${dtypes} to ${dtype}`);
      // No compiled program has an operand that is absent here (compile/present.ts); a record that had one would mean this.
      const nothing = (access: Access): Scalar => (access.dtype === 'int64' ? 0n : 0);
      return apply(...(accesses.map((access, i) => at(i, 0) ?? nothing(access)) as [Scalar]));
    }
  }
}

type ReadTap = (operand: number, tap: number) => Scalar | undefined;

function tapsOf({ space, inner, operands }: Operator, e: number, read: ReadElement): ReadTap {
  const o = unravel(e, space, []);
  const k: number[] = inner.map(() => 0);
  return (operand, tap) => {
    const access = operands[operand];
    if (access === undefined) return undefined;
    const address = addressAt(access, o, unravel(tap, inner, k));
    return address === ABSENT ? undefined : read(operand, address);
  };
}

function dot(operands: Operator['operands'], at: ReadTap, first: number, last: number): number {
  const a: number[] = [];
  const b: number[] = [];
  for (let tap = first; tap < last; tap++) {
    const x = at(0, tap);
    const y = operands[1] === undefined ? 1 : at(1, tap);
    if (x === undefined || y === undefined) continue;
    a.push(x as number);
    b.push(y as number);
  }
  return exactDot(Float64Array.from(a), Float64Array.from(b), a.length, (at(2, 0) as number | undefined) ?? 0);
}

function integerDot(operands: Operator['operands'], at: ReadTap, taps: number, dtype: Dtype): Scalar {
  const constant = (operand: number) => BigInt(at(operand, 0) ?? 0);
  const [aZero, bZero] = [constant(2), constant(3)];
  let sum = constant(4);
  for (let tap = 0; tap < taps; tap++) {
    const x = at(0, tap);
    const y = operands[1] === undefined ? 1n + bZero : at(1, tap);
    if (x !== undefined && y !== undefined) sum += (BigInt(x) - aZero) * (BigInt(y) - bZero);
  }
  return dtype === 'int64' ? BigInt.asIntN(64, sum) : Number(BigInt.asIntN(32, sum));
}

/** The `count` first of the present taps. */
const ranked = (at: ReadTap, taps: number, largest: boolean, count: number): number[] =>
  foremost(taps, count, (tap) => at(0, tap), largest);

const integer = (dtype: Dtype, value: number): Scalar => (dtype === 'int64' ? BigInt(value) : value);
