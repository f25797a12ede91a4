import type { Scenario } from './scenario.ts';

/** What operators do, or what happens to their machines. */
export const operations: readonly Scenario[] = [
  {
    name: 'restored-copy-result-pending',
    fault: 'a node is killed with a result on its way to the chain, its disk is lost, an older backup is restored',
    injection: 'opg node backup; then a request whose transaction stays in the pool; SIGKILL; opg node restore',
    holds: 'the restored node computes no second result of that request; one submission; what is asked later is served',
    test: 'test/faults/restoredCopy.test.ts',
  },
  {
    name: 'restored-copy-result-dropped',
    fault: 'the same, and the chain forgets the transaction as well',
    injection: 'the pool is emptied; the node gets another hot key and the old one is revoked',
    holds: 'nothing is computed while the old key may submit; then the request is served, once, under the new key',
    test: 'test/faults/restoredCopy.test.ts',
  },
  {
    name: 'shell-killed',
    fault: 'what started `opg node run` is killed: npm, or the command itself',
    injection: 'SIGKILL to npm; SIGKILL to scripts/opg.mjs',
    holds: 'the node ends in order by itself, with exit code 0, and its journal is free',
    test: 'test/faults/orphanedNode.test.ts',
  },
];
