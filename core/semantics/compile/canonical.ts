/**
 * The one form of an operator's index space: no axis of 1, no two axes that could be one, no guard that always holds. Two files
 * that mean the same arithmetic get the same record more often, records are short, and the chain does less.
 */
import { elementCount } from '../../tensor.ts';
import type { Access, Guard, Operator } from '../program.ts';

export function canonical(operator: Operator, lastIsRank: boolean): Operator {
  const settled = operator.operands.map((operand) => operand && settle(operand, operator.space, operator.inner));
  let result: Operator = { ...operator, operands: settled };
  result = mergeAxes(result, 'space', lastIsRank);
  return mergeAxes(result, 'inner', false);
}

/** Guards that hold everywhere become strides. */
function settle(access: Access, space: readonly number[], inner: readonly number[]): Access {
  let { base, outer: outers, inner: inners } = access;
  const guards: Guard[] = [];
  for (const guard of access.guards) {
    const outerReach = guard.outer < 0 ? 0 : guard.outerStep * ((space[guard.outer] as number) - 1);
    const innerReach = guard.inner < 0 ? 0 : guard.innerStep * ((inner[guard.inner] as number) - 1);
    const least = guard.offset + Math.min(0, outerReach) + Math.min(0, innerReach);
    const most = guard.offset + Math.max(0, outerReach) + Math.max(0, innerReach);
    if (guard.divisor !== 1 || least < 0 || most >= guard.extent) {
      guards.push(guard);
      continue;
    }
    base += guard.offset * guard.stride;
    const { outer, inner: axis, stride } = guard;
    if (outer >= 0) outers = outers.with(outer, (outers[outer] as number) + guard.outerStep * stride);
    if (axis >= 0) {
      const own = inners.length === 0 ? inner.map(() => 0) : inners;
      inners = own.with(axis, (own[axis] as number) + guard.innerStep * stride);
    }
  }
  return { ...access, base, outer: outers, inner: inners, guards };
}

type Axes = 'space' | 'inner';

function mergeAxes(operator: Operator, axes: Axes, lastIsRank: boolean): Operator {
  const dims = operator[axes];
  const strideKey = axes === 'space' ? 'outer' : 'inner';
  const guardKey = axes === 'space' ? 'outer' : 'inner';
  const operands = operator.operands.filter((operand) => operand !== undefined);
  const guarded = new Set(operands.flatMap(({ guards }) => guards.map((guard) => guard[guardKey])));
  const strideOf = (access: Access, axis: number) => access[strideKey][axis] ?? 0;
  const last = dims.length - 1;
  const fixed = (axis: number) => guarded.has(axis) || (lastIsRank && axis === last);

  /** Old axes that survive; each new axis is a run of them. */
  const groups: number[][] = [];
  dims.forEach((dim, axis) => {
    if (dim === 1 && !(lastIsRank && axis === last)) return;
    const before = groups.at(-1);
    const previous = before?.at(-1);
    const joins =
      previous !== undefined &&
      !fixed(previous) &&
      !fixed(axis) &&
      operands.every((access) => strideOf(access, previous) === strideOf(access, axis) * dim);
    if (joins) before?.push(axis);
    else groups.push([axis]);
  });
  const newAxis = new Map(groups.map((group, i) => [group.at(-1) as number, i]));
  const merged = operator.operands.map(
    (access) =>
      access && {
        ...access,
        [strideKey]:
          access[strideKey].length === 0 && axes === 'inner'
            ? []
            : trimmed(
                groups.map((group) => strideOf(access, group.at(-1) as number)),
                axes,
              ),
        guards: access.guards.map((guard) => ({ ...guard, [guardKey]: newAxis.get(guard[guardKey]) ?? -1 })),
      },
  );
  const sizes = groups.map((group) => elementCount(group.map((axis) => dims[axis] as number)));
  return { ...operator, [axes]: sizes, operands: merged };
}

/** An operand that does not depend on the inner space carries no inner strides. */
function trimmed(strides: number[], axes: Axes): number[] {
  return axes === 'inner' && strides.every((stride) => stride === 0) ? [] : strides;
}
