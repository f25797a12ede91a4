import type { Scenario } from './scenario.ts';

/** More work than a node can do at once. */
export const load: readonly Scenario[] = [
  {
    name: 'spike',
    fault: 'thousands of requests over many models at once, most of them of one requester',
    injection:
      'requestMany of several accounts as fast as the chain takes it, beside one node process with its embedded journal',
    holds:
      'every request ends once; small requesters get their share, and each model of the large one its own, within what coming first is worth; what would come too late is declined with its reason; sessions are not reloaded; memory is bounded; the money adds up',
    test: 'test/faults/spike.test.ts',
    full: { SPIKE_REQUESTS: '10000', SPIKE_MODELS: '20', SPIKE_SMALL: '8' },
  },
];
