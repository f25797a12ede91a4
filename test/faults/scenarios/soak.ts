import type { Scenario } from './scenario.ts';

export const soak: readonly Scenario[] = [
  {
    name: 'soak',
    fault:
      'everything at once, for an hour: processes killed, frozen and ended, chain nodes that misbehave, results that are wrong',
    injection:
      'steady load on a network of processes; a seeded schedule of SIGKILL, SIGTERM, SIGSTOP, faults of a proxy before the chain, and requests to a cheating node; writes docs/soak.md and a picture',
    holds:
      'each request is answered once and paid once, each wrong result condemned, no nonce left out, balances equal to the wei in chain, events and index, memory and handles bounded',
    test: 'test/faults/soak.test.ts',
    full: { SOAK_SECONDS: '3600', SOAK_PAGE: 'docs' },
  },
];
