import type { Scenario } from './scenario.ts';

const ONE_BAD = 'one of three providers of a node and a verifier, and the only one of a keeper and an indexer';
const HOLDS =
  'every request ends once, no nonce is left out, nothing is paid or submitted twice, the index says what the chain says';
const row = (name: string, fault: string, injection: string, holds = HOLDS): Scenario => ({
  name,
  fault,
  injection,
  holds,
  test: 'test/faults/chain.test.ts',
  full: { FAULT_ROUNDS: '8' },
});

/** What providers do to whoever asks them. */
export const providers: readonly Scenario[] = [
  row('rpc-slow', 'a provider takes seconds', `a proxy holds back the answers of ${ONE_BAD}`),
];
