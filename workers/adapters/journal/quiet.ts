import type { Journal } from '#ports/journal.ts';

/**
 * A journal that knows when nothing is due: roles ask at every block for the due rows of several stages, and mostly there are none. Only for
 * a journal that no other process writes, which would move rows unseen.
 */
export function quietJournal(journal: Journal): Journal {
  /** Unix seconds before which no row of a stage is due. */
  const quietUntil = new Map<string, number>();
  const writes = new Map<string, number>();
  const keyOf = (track: string, stage: string) => `${track} ${stage}`;

  /** Rows may come into the stage: what was known before and is being found out meanwhile says nothing. */
  const disturb = (key: string) => {
    quietUntil.delete(key);
    writes.set(key, (writes.get(key) ?? 0) + 1);
  };
  async function writing<T>(key: string, write: () => Promise<T>): Promise<T> {
    disturb(key);
    try {
      return await write();
    } finally {
      disturb(key);
    }
  }

  return {
    ...journal,
    open: (row) => writing(keyOf(row.track, row.stage), () => journal.open(row)),
    advance: (track, id, from, to, change) =>
      writing(keyOf(track, to), () => journal.advance(track, id, from, to, change)),

    async ready(track, stage, options) {
      const { dueBefore } = options;
      const key = keyOf(track, stage);
      if (dueBefore === undefined) return journal.ready(track, stage, options);
      if (dueBefore < (quietUntil.get(key) ?? Number.NEGATIVE_INFINITY)) return [];
      const before = writes.get(key);
      const rows = await journal.ready(track, stage, options);
      if (rows.length > 0) return rows;
      // By dueAt, rows without one last.
      const [next] = await journal.ready(track, stage, { limit: 1 });
      if (writes.get(key) === before) quietUntil.set(key, next?.dueAt ?? Number.POSITIVE_INFINITY);
      return rows;
    },
  };
}
