import { choice, text, url, whole } from '../leaf.ts';
import { section } from '../section.ts';

/** What every process has: its directory, its port, its memory. */
const path = { kind: 'a path' } as const;

export const process = section(
  {
    dataDir: text({
      ...path,
      env: 'OPG_DATA_DIR',
      fallback: null,
      about: 'the directory of everything this process keeps; .data/<role> if absent',
      example: '/var/lib/opg',
    }),
    graceSeconds: whole({
      min: 0,
      max: 3600,
      unit: 'seconds',
      env: 'OPG_GRACE_SECONDS',
      fallback: '30',
      about: 'how long running work may take to end when the process is asked to stop',
      example: '30',
    }),
    logLevel: choice(['debug', 'info', 'warn', 'error'], {
      env: 'OPG_LOG_LEVEL',
      fallback: 'info',
      about: 'the least important lines to be written',
      example: 'info',
    }),
    httpHost: text({
      env: 'OPG_HTTP_HOST',
      fallback: '127.0.0.1',
      about: 'the address to listen on; 0.0.0.0 for all',
      example: '0.0.0.0',
    }),
    httpPort: whole({
      min: 0,
      max: 65_535,
      env: 'OPG_HTTP_PORT',
      fallback: '0',
      about: 'the port of /healthz, /metrics and what the role serves; 0 takes a free one and logs it',
      example: '9464',
    }),
  },
  ({ graceSeconds, ...rest }) => ({ ...rest, graceMs: graceSeconds * 1000 }),
);

export const journal = section({
  url: url({
    schemes: ['pglite:', 'postgres://', 'postgresql://'],
    env: 'OPG_JOURNAL_URL',
    fallback: null,
    about: 'where the journal is kept, of this process alone; pglite:<dataDir>/journal if absent',
    example: 'postgres://opg@db/opg?schema=node1',
  }),
  passwordFile: text({
    ...path,
    env: 'OPG_JOURNAL_PASSWORD_FILE',
    fallback: null,
    about: 'a file with the password of its user',
    example: '/run/secrets/db',
  }),
  keepBlocks: whole({
    min: 100,
    max: 100_000_000,
    unit: 'blocks',
    env: 'OPG_JOURNAL_KEEP_BLOCKS',
    fallback: '50000',
    about: 'how long closed work stays readable before it is deleted',
    example: '50000',
  }),
});

export const queue = section({
  url: url({
    schemes: ['pglite:', 'postgres://', 'postgresql://', 'redis://', 'rediss://'],
    env: 'OPG_QUEUE_URL',
    fallback: null,
    about: 'where jobs wait; if absent in this process beside a pglite: journal, else the same as the journal',
    example: 'redis://127.0.0.1:6379',
  }),
  passwordFile: text({
    ...path,
    env: 'OPG_QUEUE_PASSWORD_FILE',
    fallback: null,
    about: 'a file with the password of its user',
    example: '/run/secrets/redis',
  }),
  namespace: text({
    pattern: /^[A-Za-z][A-Za-z0-9-]{0,31}$/,
    kind: 'a letter, then at most 31 letters, digits and hyphens',
    env: 'OPG_QUEUE_NAMESPACE',
    fallback: null,
    about: 'keeps the jobs of several processes on one server apart; the role if absent',
    example: 'node1',
  }),
});
