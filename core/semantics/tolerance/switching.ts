/** A Where that switches between two branches at a point where they meet: LeakyRelu, PRelu, Elu, Selu, Celu, minima by comparison. */

import type { ElementwiseKind } from '../kinds.ts';
import { KINDS } from '../kinds.ts';
import type { Scalar } from '../primitives/arithmetic.ts';
import { elementFunction } from '../primitives/elementwise.ts';
import type { Access, Operator, Program } from '../program.ts';
import { isWholeOutput, sameElements } from './sameElements.ts';

const COMPARISONS: readonly string[] = ['Less', 'LessOrEqual', 'Equal'];
/** Operators looked at to find the value of a branch; deeper ones are not recognised. */
const MOST_LOOKS = 64;

/**
 * The operands of the comparison if the condition compares x with one constant t and both branches, evaluated with t for x, are the
 * same number; or if it compares x with y and the branches are x and y themselves. Undefined: not recognised.
 */
export function switchesContinuously(program: Program, where: Operator): readonly Access[] | undefined {
  const comparison = comparisonOf(program, where);
  if (!comparison) return undefined;
  const compared = comparison.operands as [Access, Access];
  const branches = where.operands.slice(1) as [Access, Access];
  const same = (branch: Access, x: Access) => sameElements(branch, where, x, comparison);
  const [t0, t1] = compared.map((access) => uniform(program, access)) as [number | undefined, number | undefined];
  if (t0 === undefined && t1 === undefined) {
    const [a, b] = compared;
    const [x, y] = branches;
    return (same(x, a) && same(y, b)) || (same(x, b) && same(y, a)) ? compared : undefined;
  }
  if (t0 !== undefined && t1 !== undefined) return undefined;
  const [x, t] = (t0 === undefined ? [compared[0], t1] : [compared[1], t0]) as [Access, number];
  const looks = { left: MOST_LOOKS };
  const [first, second] = branches.map((branch) =>
    valueAt(
      program,
      branch,
      where,
      (access, space) => (sameElements(access, space, x, comparison) ? t : undefined),
      looks,
    ),
  );
  return first !== undefined && first === second ? compared : undefined;
}

/** Through Nots, which change only the order of the branches. */
function comparisonOf({ operators }: Program, where: Operator): Operator | undefined {
  let reader = where;
  for (;;) {
    const condition = reader.operands[0];
    if (!condition || !isWholeOutput(condition, reader.space)) return undefined;
    const made = operators[condition.source.index] as Operator;
    if (made.kind !== 'Not') return COMPARISONS.includes(made.kind) ? made : undefined;
    reader = made;
  }
}

/** The value of a constant all of whose elements are one number. */
function uniform({ constants }: Program, { source }: Access): number | undefined {
  if (source.from !== 'constant') return undefined;
  const data = constants[source.index]?.data as ArrayLike<number | bigint> | undefined;
  const first = data?.[0];
  if (typeof first !== 'number' || Number.isNaN(first)) return undefined;
  return Array.prototype.every.call(data, (value) => value === first) ? first : undefined;
}

/**
 * The value of an operand, equal for all elements, if `known` says what some operands are; undefined if it depends on anything else.
 * 0 times a finite unknown is 0: a slope per channel, or one that is computed.
 */
function valueAt(
  program: Program,
  access: Access,
  reader: Operator,
  known: (access: Access, reader: Operator) => number | undefined,
  looks: { left: number },
): number | undefined {
  if (looks.left-- <= 0) return undefined;
  const value = known(access, reader) ?? uniform(program, access);
  if (value !== undefined || !isWholeOutput(access, reader.space)) return value;
  const operator = program.operators[access.source.index] as Operator;
  const { kind, dtype, operands, attribute } = operator;
  const dtypes = operands.map((operand) => operand?.dtype);
  if ('inner' in KINDS[kind] || kind === 'Move' || dtype !== 'float32' || dtypes.some((one) => one !== 'float32'))
    return undefined;
  const values = operands.map((operand) => valueAt(program, operand as Access, operator, known, looks));
  if (kind === 'Mul' && values.includes(0)) return 0;
  if (values.includes(undefined)) return undefined;
  const apply = elementFunction(
    kind as ElementwiseKind,
    dtypes.map(() => 'float32'),
    'float32',
    attribute,
  );
  const result = apply?.(...(values as [Scalar]));
  return result === undefined ? undefined : Math.fround(Number(result));
}
