import type { Scenario } from './scenario.ts';

/** What a process keeps its work in, and what happens to that. */
export const keeping: readonly Scenario[] = [
  {
    name: 'year-of-traffic',
    fault: 'a year of traffic',
    injection:
      '1,000 requests a day for 365 days (in the suite 100 for 48), as rows of a node’s journal, outbox and queue in PGlite, with retention each day',
    holds: 'a week of it is kept; disk use is the same at the end of every month',
    test: 'test/faults/retention.test.ts',
    full: { RETENTION: 'year' },
  },
  {
    name: 'killed-storage',
    fault: 'a storage node dies while it keeps a blob',
    injection: 'SIGKILL before and after the bytes, their name and their id are written',
    holds: 'a blob is there as it was sent or not at all; earlier ones are there; sent again it is kept',
    test: 'test/faults/storage.test.ts',
  },
  {
    name: 'full-disk-storage',
    fault: 'the disk of a storage node is full',
    injection: 'a tmpfs of 8 MiB, filled to the last byte (mounted by root; skipped elsewhere)',
    holds: 'uploads are refused, what is there is served, nothing half is left; it goes on when there is room',
    test: 'test/faults/storage.test.ts',
  },
  {
    name: 'full-disk-journal',
    fault: 'the disk of a journal is full',
    injection:
      'a tmpfs of 160 MiB with a PGlite journal, filled while it is written to (mounted by root; skipped elsewhere)',
    holds: 'the process ends with an error; once there is room, everything it was told is kept is there',
    test: 'test/faults/fullJournal.test.ts',
  },
];
