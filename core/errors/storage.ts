import type { ErrorEntry } from './entry.ts';

/** What a worker's own surroundings can say: configuration, database, journal, queue. */
export const storageErrors = {
  'config.invalid': {
    what: 'The configuration of the {role} cannot be used, {count} to correct: {mistakes}.',
    remedy: 'Correct them in the file that OPG_CONFIG names or in the environment; see docs/workers/configuration.md.',
    retryable: false,
  },
  'sql.url': {
    what: '"{url}" names no database: {reason}.',
    remedy: 'Use postgres://user@host/database, pglite:<directory>, or pglite:memory to keep nothing.',
    retryable: false,
  },
  'sql.unavailable': {
    what: 'The database {url} cannot be used now: {reason}.',
    remedy: 'Check that it runs, accepts this user and has free disk and connections; work goes on when it answers.',
    retryable: true,
  },
  'sql.locked': {
    what: 'The database {path} belongs to {holder}.',
    remedy: 'One process per database: stop that one, or give this one its own (a directory, or ?schema= in the URL).',
    retryable: true,
  },
  'sql.contention': {
    what: 'A transaction lost against others {attempts} times: {reason}.',
    remedy: 'It is tried again; if this lasts, more than one process works on the same rows.',
    retryable: true,
  },
  'sql.migration_changed': {
    what: 'Migration {area}/{name} was applied with checksum {recorded}, but this program holds {found}.',
    remedy: 'Restore the file as it was released and put the change into a new migration.',
    retryable: false,
  },
  'sql.migration_unknown': {
    what: 'The database holds migration {area}/{name}, which this program does not know.',
    remedy: 'A newer release has used this database: run that release, or restore a backup from before it.',
    retryable: false,
  },
  'journal.equivocation': {
    what: 'Request {requestId} is committed to output {recorded}; another output, {offered}, was offered.',
    remedy: 'Submit the recorded result. A second run must never replace the first.',
    retryable: false,
  },
  'journal.out_of_order': {
    what: 'Block {number} ({hash}) cannot be {verb}: {reason}.',
    remedy: 'Follow the chain again from cursor(); if it repeats, the RPC node mixes two chains.',
    retryable: false,
  },
  'queue.url': {
    what: '"{url}" names no queue: {reason}.',
    remedy: 'Use redis://host, postgres://user@host/database, or the same pglite: URL as the journal.',
    retryable: false,
  },
  'queue.unavailable': {
    what: 'The queue {url} cannot be used now: {reason}.',
    remedy: 'Check that it runs and accepts connections. Nothing is lost: the journal knows what is due.',
    retryable: true,
  },
} as const satisfies Record<string, ErrorEntry>;
