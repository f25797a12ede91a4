import type { Scenario } from './scenario.ts';

const PLAYERS = {
  injection:
    'SIGKILL before and after its row, intent, nonce, signature, hand-over, block and final block of each move',
  test: 'test/faults/killedPlayers.test.ts',
  full: { KILL_POINTS: 'all' },
};
const once = (moves: string, loser: string) => `of the key exactly ${moves}, each once; ${loser}`;

/** Players of disputes that die in the middle of their moves (challenge-game.md, scenario 37). */
export const killedPlayers: readonly Scenario[] = [
  {
    ...PLAYERS,
    name: 'killed-verifier-challenges',
    fault: 'a verifier dies over a wrong result',
    holds: once('challenge, answer, uphold, claimPot', 'the node is slashed'),
  },
  {
    ...PLAYERS,
    name: 'killed-verifier-refutes',
    fault: 'a verifier dies over another’s false challenge',
    holds: once('demand, prove', 'the liar loses its bond'),
  },
  {
    ...PLAYERS,
    name: 'killed-node-refutes',
    fault: 'a node dies while it defends its own result',
    holds: once('demand, prove', 'the liar loses its bond'),
  },
  {
    ...PLAYERS,
    name: 'killed-verifier-lapses',
    fault: 'a verifier dies over a challenge that falls silent',
    holds: once('demand, lapse', 'the liar loses its bond'),
  },
  {
    ...PLAYERS,
    name: 'killed-node-lapses',
    fault: 'a node dies over a challenge that falls silent',
    holds: once('demand, lapse', 'the liar loses its bond'),
  },
  {
    ...PLAYERS,
    name: 'killed-verifier-reclaims',
    fault: 'a verifier dies where somebody else was faster',
    holds: once('demand, reclaim', 'its fee is back, the liar loses its bond'),
  },
  {
    ...PLAYERS,
    name: 'killed-node-reclaims',
    fault: 'a node dies where somebody else was faster',
    holds: once('demand, reclaim', 'its fee is back, the liar loses its bond'),
  },
  {
    ...PLAYERS,
    name: 'killed-verifier-demands-output',
    fault: 'a verifier dies over a hash whose output is withheld',
    holds: once('demandOutput, lapseOutput', 'the node is slashed'),
  },
  {
    ...PLAYERS,
    name: 'killed-verifier-answers-output',
    fault: 'a verifier dies while it shows a right output for a node that is gone',
    holds: once('answerOutput', 'the node keeps its slice'),
  },
  {
    ...PLAYERS,
    name: 'killed-node-answers-output',
    fault: 'a node dies while it shows an output that it submitted as a hash',
    holds: once('answerOutput', 'it keeps its slice'),
  },
  {
    ...PLAYERS,
    name: 'killed-verifier-budget',
    fault: 'a verifier with money for two bonds dies over four wrong results',
    injection:
      'SIGKILL before and after its row, intent, nonce, signature, hand-over, block and final block of a challenge',
    holds:
      'at no block do its bonds hold more than `maxBonds`; each result is challenged once, two of them when bonds are back',
  },
];

const OBSERVER = { test: 'test/faults/killedObservers.test.ts', full: { KILL_POINTS: 'all' } };
const ROLE = { test: 'test/faults/killedRoles.test.ts', full: { KILL_POINTS: 'all' } };
const AUDIT =
  'the whole chain is audited: every request ended once, no transaction refused, no nonce missing, sums to the wei';

/** Everybody else, and the steps of a transaction in general. */
export const killedRoles: readonly Scenario[] = [
  {
    ...ROLE,
    name: 'killed-node',
    fault: 'a node dies while it accepts, computes, submits and closes requests',
    injection:
      'SIGKILL before and after each row, queue hint, result, intent, nonce, signature, hand-over, block and final block (test/support/crashing/points.ts)',
    holds: `each request is submitted once, with one result, and paid once; ${AUDIT}`,
  },
  {
    ...ROLE,
    name: 'killed-keeper',
    fault: 'a keeper dies while it pays back what expired',
    injection: 'the same, at a keeper’s steps',
    holds: `each request is paid back once; ${AUDIT}`,
  },
  {
    ...OBSERVER,
    name: 'killed-indexer',
    fault: 'an indexer dies while it takes blocks in and takes them back',
    injection: 'SIGKILL before and after each block with events, each block taken back and each final mark',
    holds: 'its answers are those of an indexer that begins anew',
  },
  {
    ...OBSERVER,
    name: 'killed-monitor',
    fault: 'a monitor dies over disputes',
    injection: 'SIGKILL before and after each row, block with events and final mark',
    holds: 'it shows what a monitor shows that begins anew',
  },
  {
    name: 'killed-executor',
    fault: 'an executor beside its node dies while it computes',
    injection: 'SIGKILL before and after a result, its row and its hint, and in the middle of 16 requests',
    holds: 'another one computes what it had begun; each request is submitted and paid once',
    test: 'test/faults/beside.test.ts',
    full: { KILL_POINTS: 'all' },
  },
];
