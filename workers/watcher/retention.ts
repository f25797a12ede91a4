import type { Journal } from '#ports/journal.ts';
import type { Outbox } from '#ports/outbox.ts';
import { EXECUTOR_ROWS } from '#ports/work.ts';
import { ENDS, SERVE } from './decide.ts';

/** Stages of each track from which nothing leads on. */
const CLOSED: Readonly<Record<string, readonly string[]>> = {
  [SERVE]: ENDS,
  keep: ['closed'],
  check: ['passed', 'plausible', 'right', 'unaffordable', 'hidden', 'refused', 'slow', 'late', 'over'],
  dispute: ['over'],
  monitor: ['over'],
  [EXECUTOR_ROWS.track]: [EXECUTOR_ROWS.gone],
};
/** Ended transactions are kept this long, for people. */
const OUTBOX_MS = 7 * 86_400_000;

/** Forgets work that ended more than `keepBlocks` below the final block, so that disk use stays bounded. */
export async function retain(
  journal: Journal,
  outbox: Outbox | undefined,
  keepBlocks: number,
  nowMs: number,
): Promise<void> {
  const { final } = await journal.cursor();
  if (final) await journal.prune(final.number - keepBlocks, CLOSED);
  await outbox?.forget(nowMs - OUTBOX_MS);
}
