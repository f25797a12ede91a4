import type { Hex } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import type { RestoreMarks } from '#ports/restored.ts';

/** Says which results must not be computed now. */
export type Hold = (id: Hex) => Promise<boolean>;

/**
 * In a journal that is a copy: a request that is older than the copy's first start and has no result here may have one that was signed
 * and forgotten. Another run need not come out bit for bit alike, so it is not run until that can have no effect any more. What is
 * recorded here is submitted as ever.
 */
export function createHold(journal: Pick<Journal, 'eventsOf' | 'result'>, marks: RestoreMarks): Hold {
  return async (id) => {
    const mark = await marks.read();
    if (mark === undefined || mark.released || (await journal.result(id)) !== undefined) return false;
    const [first] = await journal.eventsOf(id);
    // Its block is not recorded yet, so nothing tells how old it is; it is looked at again by the sweep.
    if (first === undefined || mark.sinceBlock === undefined) return true;
    return first.block.number <= mark.sinceBlock || first.block.timestamp <= mark.restoredAt;
  };
}
