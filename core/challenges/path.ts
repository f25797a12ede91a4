/** Which answered demands led to an element: their owners are paid twice their fee when the challenge falls. */
import type { Challenge, Demand } from './follow.ts';
import { isAbove, orderOf, type Position } from './position.ts';

/** From the root down, as `prove` takes them. */
export function demandsTo(challenge: Challenge, operator: number, leaf: number): Demand[] {
  return ordered(challenge, operator, leaf);
}

/** Those above an unanswered demand, as `lapse` takes them. */
export function demandsAbove(challenge: Challenge, position: Position): Demand[] {
  const [operator, leaf] =
    position.kind === 'list'
      ? [position.index * 2 ** position.level, 0]
      : [position.operator, position.index * 2 ** position.level];
  return ordered(challenge, operator, leaf).filter((demand) => orderOf(demand.position) < orderOf(position));
}

function ordered({ demands }: Challenge, operator: number, leaf: number): Demand[] {
  return [...demands.values()]
    .filter(({ data, demand }) => data !== undefined && isAbove(demand.position, operator, leaf))
    .map(({ demand }) => demand)
    .sort((a, b) => orderOf(a.position) - orderOf(b.position));
}
