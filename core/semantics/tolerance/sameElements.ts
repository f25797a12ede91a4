/** Whether two operands, of different operators perhaps, are the same elements in the same order. */
import { elementCount } from '../../tensor.ts';
import { canonical } from '../compile/canonical.ts';
import type { Access, Operator } from '../program.ts';

type Spaces = Pick<Operator, 'space' | 'inner'>;

/** At every element and tap of two operators that have as many of both. */
export function sameElements(a: Access, ofA: Spaces, b: Access, ofB: Spaces): boolean {
  return form(a, ofA) === form(b, ofB);
}

/** One form for one way through a source, however an operator cuts its space into axes for the sake of its other operands. */
function form(access: Access, { space, inner }: Spaces): string {
  const { dtype } = access;
  const alone = canonical({ kind: 'Move', dtype, shape: [], space, inner, attribute: 0, operands: [access] }, false);
  // An operand that every tap reads alike may carry no inner strides or zeros.
  const [only] = alone.operands;
  return JSON.stringify([alone.space, alone.inner, only?.source, only?.base, only?.outer, only?.inner, only?.guards]);
}

/** Element e of the operand is element e of an operator's output, for every e. */
export function isWholeOutput(access: Access, space: readonly number[]): boolean {
  const { source, base, elements, guards } = access;
  if (source.from !== 'operator' || base !== 0 || guards.length > 0) return false;
  const count = elementCount(space);
  if (count !== elements || access.inner.some((stride) => stride !== 0)) return false;
  let stride = 1;
  for (let axis = space.length - 1; axis >= 0; axis--) {
    const dim = space[axis] as number;
    if (dim !== 1 && access.outer[axis] !== stride) return false;
    stride *= dim;
  }
  return true;
}
