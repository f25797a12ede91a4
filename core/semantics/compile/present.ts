import { KINDS } from '../kinds.ts';
import type { Operator } from '../program.ts';

/**
 * Operands whose element must be there for every element of the operator: all of an elementwise kind, and a Gather's index. What reads them
 * fast does not look at guards, so a lowering that guarded one would give another result there than the record means.
 */
export function checkPresent({ kind, operands }: Pick<Operator, 'kind' | 'operands'>): void {
  const needed = kind === 'Gather' ? operands.slice(1) : 'inner' in KINDS[kind] || kind === 'Move' ? [] : operands;
  if (needed.some((access) => access === undefined || access.guards.length > 0))
    throw new Error(`an operand of ${kind} may be absent: its lowering is wrong`);
}
