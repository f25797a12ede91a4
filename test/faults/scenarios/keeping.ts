import type { Scenario } from './scenario.ts';

const LIVING = { test: 'test/faults/living.test.ts' };
const BESIDE = { test: 'test/faults/beside.test.ts' };

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
  {
    ...LIVING,
    name: 'clock-jumps',
    fault: 'the clock of a node jumps',
    injection: 'its Date goes ahead by hours, back by 30, to the right time, and 400 days ahead, while it serves',
    holds: 'every request is served and paid once: what is due is told by the chain’s time',
  },
  {
    ...LIVING,
    name: 'sigterm-under-load',
    fault: 'a node is asked to end in the middle of its work',
    injection: 'SIGTERM while 16 requests wait and run; three times',
    holds: 'it ends by itself with 0 within its grace; nothing is lost or done twice',
  },
  {
    ...BESIDE,
    name: 'redis-flushed',
    fault: 'Redis loses everything, twice',
    injection: 'FLUSHALL while requests wait and run, and again',
    holds: 'every request is served and paid once: the journal knows what the queue lost',
  },
  {
    ...BESIDE,
    name: 'redis-killed',
    fault: 'Redis dies and comes back',
    injection: 'SIGKILL in the middle of 26 requests, 12 of them asked while it is gone; started again',
    holds: 'every request is served and paid once; nobody has to be restarted',
  },
  {
    ...BESIDE,
    name: 'postgres-killed',
    fault: 'PostgreSQL dies and comes back',
    injection: 'SIGKILL in the middle of 26 requests, 12 of them asked while it is gone; started again',
    holds: 'every request is served and paid once; nobody has to be restarted',
  },
];

/** More than one process where there is mostly one. */
export const replicas: readonly Scenario[] = [
  {
    ...BESIDE,
    name: 'two-executors',
    fault: 'two executors at once',
    injection: 'two processes on one PostgreSQL journal and one Redis',
    holds: 'each request is computed once, by either',
  },
  {
    ...LIVING,
    name: 'two-nodes-one-journal',
    fault: 'a second node on the same journal',
    injection: 'the same configuration started twice',
    holds: 'the second ends with 75 (sql.locked), the first serves',
  },
  {
    ...LIVING,
    name: 'two-nodes-one-key',
    fault: 'a second node with the same key, on a journal of its own',
    injection: 'two processes that know nothing of each other; never do this',
    holds: 'every request is served and paid once; transactions of either may be refused',
  },
  {
    ...LIVING,
    name: 'two-indexers',
    fault: 'several indexers at once',
    injection: 'two with databases of their own, and one more on the database of the first',
    holds: 'that one ends with 75 (sql.locked); the two say the same of four requests',
  },
  {
    ...LIVING,
    name: 'two-monitors',
    fault: 'a second monitor on the same database',
    injection: 'the same configuration started twice',
    holds: 'the second ends with 75 (sql.locked), the first answers',
  },
  {
    test: 'test/faults/storage.test.ts',
    name: 'two-storage-nodes',
    fault: 'a second storage node on the same directory',
    injection: 'the same configuration started twice, and again when the first was killed',
    holds:
      'the second ends with 75 (blobs.locked), the first serves; what a killed one had is taken over with all its blobs',
  },
  {
    ...LIVING,
    name: 'two-keepers',
    fault: 'two keepers at once',
    injection: 'two keys, the same requests due',
    holds: 'each request is paid back once',
  },
  {
    ...LIVING,
    name: 'two-verifiers',
    fault: 'two verifiers at once',
    injection: 'two keys, one wrong result',
    holds: 'both challenge, the node loses one slice, the first has the pot',
  },
];
