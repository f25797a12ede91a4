import { list, whole } from '../leaf.ts';
import { section } from '../section.ts';

/** How a node holds its results against the reference before it signs them. */
const MIB = 2 ** 20;
const MILLION = 1e6;

export const reference = section(
  {
    threads: whole({
      min: 1,
      max: 64,
      env: 'OPG_REFERENCE_THREADS',
      fallback: '1',
      about: 'threads that compute references, hence checks at a time',
      example: '2',
    }),
    crew: whole({
      min: 0,
      max: 63,
      env: 'OPG_REFERENCE_CREW',
      fallback: '0',
      about: 'threads beside each of these that share one computation; for models of many million multiply-adds',
      example: '3',
    }),
    memoryMb: whole({
      min: 64,
      max: 4_194_304,
      unit: 'MiB',
      env: 'OPG_REFERENCE_MEMORY_MB',
      fallback: '1024',
      about: 'what compiled programs of all threads together may take; also the heap of each thread',
      example: '4096',
    }),
    timeoutMs: whole({
      min: 10,
      max: 86_400_000,
      unit: 'ms',
      env: 'OPG_REFERENCE_TIMEOUT_MS',
      fallback: '600000',
      about: 'the limit of compiling a model or computing one reference',
      example: '600000',
    }),
    rateMillions: whole({
      min: 1,
      max: 1_000_000,
      unit: 'million multiply-adds per second',
      env: 'OPG_REFERENCE_RATE_MILLIONS',
      fallback: '100',
      about: 'what the reference does on this machine, estimated from below; what it takes in fact is learnt',
      example: '500',
    }),
    sharePercent: whole({
      min: 1,
      max: 100,
      unit: 'percent',
      env: 'OPG_REFERENCE_SHARE_PERCENT',
      fallback: '50',
      about: 'of the time to a deadline, what the check may take; a request that would need more is declined',
      example: '50',
    }),
    unchecked: list({
      of: 'version ids (0x and 64 hex digits)',
      pattern: /^0x[0-9a-f]{64}$/i,
      env: 'OPG_REFERENCE_UNCHECKED',
      fallback: '',
      about: 'versions to serve even where there is no time for the check: their owners are trusted with this stake',
      example: `0x${'3'.repeat(64)}`,
    }),
  },
  ({ memoryMb, rateMillions, sharePercent, unchecked, ...rest }) => ({
    ...rest,
    memoryBytes: memoryMb * MIB,
    check: { multiplyAddsPerSecond: rateMillions * MILLION, share: sharePercent / 100, unchecked },
  }),
);
