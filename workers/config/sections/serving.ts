import { amount, flag, list, text, whole } from '../leaf.ts';
import { section } from '../section.ts';

/** What an inference node serves, and with which means. */
const MIB = 2 ** 20;
const path = { kind: 'a path' } as const;
const VERSION = /^0x[0-9a-f]{64}$/i;
const ORIGIN = /^https?:\/\/[^/]+$/;

export const executor = section(
  {
    concurrency: whole({
      min: 0,
      max: 256,
      env: 'OPG_EXECUTOR_CONCURRENCY',
      fallback: '2',
      about: 'processes that run models, hence executions at a time; 0 = a node leaves it to the executors beside it',
      example: '4',
    }),
    threads: whole({
      min: 1,
      max: 64,
      env: 'OPG_EXECUTOR_THREADS',
      fallback: '1',
      about: 'threads within one execution; more than 1 may change the last bits of a result',
      example: '1',
    }),
    memoryMb: whole({
      min: 64,
      max: 4_194_304,
      unit: 'MiB',
      env: 'OPG_EXECUTOR_MEMORY_MB',
      fallback: '1024',
      about: 'what all loaded models together may take',
      example: '4096',
    }),
    timeoutMs: whole({
      min: 10,
      max: 3_600_000,
      unit: 'ms',
      env: 'OPG_EXECUTOR_TIMEOUT_MS',
      fallback: '60000',
      about: 'the limit of one execution',
      example: '60000',
    }),
    loadTimeoutMs: whole({
      min: 10,
      max: 3_600_000,
      unit: 'ms',
      env: 'OPG_EXECUTOR_LOAD_TIMEOUT_MS',
      fallback: '60000',
      about: 'the limit of loading one model',
      example: '60000',
    }),
    batchWindowMs: whole({
      min: 0,
      max: 10_000,
      unit: 'ms',
      env: 'OPG_EXECUTOR_BATCH_WINDOW_MS',
      fallback: '0',
      about: 'how long a request waits for others of the same model, to run them as one; 0 = not at all',
      example: '5',
    }),
    batchMaxRows: whole({
      min: 1,
      max: 4096,
      env: 'OPG_EXECUTOR_BATCH_MAX_ROWS',
      fallback: '32',
      about: 'rows of one such execution',
      example: '32',
    }),
    marginSeconds: whole({
      min: 0,
      max: 86_400,
      unit: 'seconds',
      env: 'OPG_EXECUTOR_MARGIN_SECONDS',
      fallback: '6',
      about: 'how long before the deadline a result must be there',
      example: '6',
    }),
    warm: list({
      of: 'version ids (0x and 64 hex digits)',
      pattern: VERSION,
      env: 'OPG_EXECUTOR_WARM',
      fallback: '',
      about: 'versions to load before the first request',
      example: `0x${'1'.repeat(64)}`,
    }),
  },
  ({ memoryMb, ...rest }) => ({ ...rest, memoryBytes: memoryMb * MIB }),
);

export const models = section(
  {
    cacheMb: whole({
      min: 1,
      max: 1_073_741_824,
      unit: 'MiB',
      env: 'OPG_MODEL_CACHE_MB',
      fallback: '10240',
      about: 'what all model files on disk together may take',
      example: '10240',
    }),
    stores: list({
      of: 'URLs of blob stores',
      pattern: /^https?:\/\/./,
      env: 'OPG_STORES',
      fallback: '',
      about: 'stores to ask besides the published URIs',
      example: 'http://127.0.0.1:9000',
    }),
    directory: text({
      ...path,
      env: 'OPG_MODEL_DIRECTORY',
      fallback: null,
      about: 'a directory of files named by their sha256, for file: URIs',
      example: '/srv/models',
    }),
    aggregators: list({
      of: 'URLs of Walrus aggregators',
      pattern: /^https?:\/\/[^?#]+$/,
      env: 'OPG_WALRUS_AGGREGATORS',
      fallback: '',
      about: 'where walrus: URIs are asked for, in this order',
      example: 'https://aggregator.example.org',
    }),
    gateways: list({
      of: 'URLs of IPFS trustless gateways',
      pattern: /^https?:\/\/[^?#]+$/,
      env: 'OPG_IPFS_GATEWAYS',
      fallback: '',
      about: 'where ipfs: URIs are asked for, in this order',
      example: 'http://127.0.0.1:8080',
    }),
    privateOrigins: list({
      of: 'origins (scheme, host, port), or the word all',
      pattern: new RegExp(`${ORIGIN.source}|^all$`),
      env: 'OPG_PRIVATE_ORIGINS',
      fallback: '',
      about: 'origins with private addresses that published URIs may lead to; all only on a network of your own',
      example: 'http://10.0.0.5:9000',
    }),
  },
  ({ cacheMb, privateOrigins, ...rest }) => ({
    ...rest,
    cacheBytes: cacheMb * MIB,
    privateOrigins: privateOrigins.includes('all') ? ('all' as const) : privateOrigins,
  }),
);

export const admission = section({
  minNetPerItem: amount({
    unit: 'OPG',
    decimals: 18,
    env: 'OPG_MIN_NET_PER_ITEM',
    fallback: null,
    about:
      'what the node must keep of the fee per item, after royalty, protocol share and tip; not set = the price of its own offer, and what it does not offer is not served',
    example: '0.05',
  }),
  versions: list({
    of: 'version ids (0x and 64 hex digits)',
    pattern: VERSION,
    env: 'OPG_VERSIONS',
    fallback: '',
    about: 'versions to serve; none named = all',
    example: `0x${'1'.repeat(64)}`,
  }),
  refuseVersions: list({
    of: 'version ids (0x and 64 hex digits)',
    pattern: VERSION,
    env: 'OPG_REFUSE_VERSIONS',
    fallback: '',
    about: 'versions not to serve in any case',
    example: `0x${'2'.repeat(64)}`,
  }),
  maxInputBytes: whole({
    min: 1,
    max: 16_777_216,
    unit: 'bytes',
    env: 'OPG_MAX_INPUT_BYTES',
    fallback: '1048576',
    about: 'the largest input to take',
    example: '65536',
  }),
  openAtMarginSeconds: whole({
    min: 0,
    max: 86_400,
    unit: 'seconds',
    env: 'OPG_OPEN_AT_MARGIN_SECONDS',
    fallback: '12',
    about: 'with less than this until openAt a rival could take the request: accept it first',
    example: '12',
  }),
  deadlineSlackSeconds: whole({
    min: 0,
    max: 86_400,
    unit: 'seconds',
    env: 'OPG_DEADLINE_SLACK_SECONDS',
    fallback: '15',
    about: 'what a request must leave until its deadline',
    example: '15',
  }),
  maxWindowSeconds: whole({
    min: 1,
    max: 31_536_000,
    unit: 'seconds',
    env: 'OPG_MAX_WINDOW_SECONDS',
    fallback: '604800',
    about: 'the longest challenge window to have stake bound for',
    example: '604800',
  }),
  acceptOpen: flag({
    env: 'OPG_ACCEPT_OPEN',
    fallback: 'false',
    about: 'also take requests that name nobody, or whose named node let its time pass',
    example: 'true',
  }),
});
