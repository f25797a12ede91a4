import { amount, flag, list, whole } from '../leaf.ts';
import { section } from '../section.ts';

/** What a verifier checks, and with how much of its money. */
export const verifier = section(
  {
    sharePercent: whole({
      min: 0,
      max: 100,
      unit: 'percent',
      env: 'OPG_VERIFY_SHARE_PERCENT',
      fallback: '100',
      about: 'of results, how many are checked; which ones is drawn by lot. Disputes are followed whatever it is',
      example: '20',
    }),
    versions: list({
      of: 'version ids (0x and 64 hex digits)',
      pattern: /^0x[0-9a-f]{64}$/i,
      env: 'OPG_VERIFY_VERSIONS',
      fallback: '',
      about: 'versions to check; none = all that name a program',
      example: `0x${'1'.repeat(64)}`,
    }),
    suspicionPercent: whole({
      min: 0,
      max: 100,
      unit: 'percent',
      env: 'OPG_VERIFY_SUSPICION_PERCENT',
      fallback: '25',
      about:
        'of the tolerance: a result that close to what ONNX Runtime gives here is cleared without its reference; 0 = every result is held against the reference',
      example: '0',
    }),
    maxBonds: amount({
      unit: 'OPG',
      decimals: 18,
      env: 'OPG_VERIFY_MAX_BONDS',
      fallback: '100',
      about: 'what may be locked in bonds of one’s own challenges at a time',
      example: '100',
    }),
    defend: flag({
      env: 'OPG_VERIFY_DEFEND',
      fallback: 'true',
      about:
        'refute false challenges against others, and answer for true ones whose owners are late: it pays their fees',
      example: 'true',
    }),
  },
  ({ sharePercent, suspicionPercent, ...rest }) => ({
    ...rest,
    share: sharePercent / 100,
    suspicion: suspicionPercent / 100,
  }),
);
