import type { Scenario } from './scenario.ts';

const SILENCE = { test: 'test/faults/silences.test.ts' };
const told = (who: string, what: string) => `\`faults.silent\` of ${who}: ${what}`;

/** Parties that leave out one kind of move (docs/workers/faults.md); `deliver` and `answerOutput` are in test/faults/hidden.test.ts. */
export const silences: readonly Scenario[] = [
  {
    ...SILENCE,
    name: 'silent-accept',
    fault: 'a node does not accept an open request',
    injection: told('the node', 'accept'),
    holds: 'it expires, the fee is back',
  },
  {
    ...SILENCE,
    name: 'silent-submit',
    fault: 'a node computes and submits nothing',
    injection: told('the node', 'submit'),
    holds: 'the fee is back; with a penalty if it had accepted',
  },
  {
    ...SILENCE,
    name: 'silent-demand',
    fault: 'a node does not defend its right result',
    injection: told('the node', 'demand'),
    holds: 'with nobody else a false challenge is upheld; with a verifier it is refuted',
  },
  {
    ...SILENCE,
    name: 'silent-prove',
    fault: 'a node demands everything and does not prove',
    injection: told('the node', 'prove'),
    holds: 'a verifier proves with what the node demanded',
  },
  {
    ...SILENCE,
    name: 'silent-lapse',
    fault: 'neither the challenger answers, nor does the node end it',
    injection: told('the node', 'lapse; of the liar: answer'),
    holds: 'a verifier ends it, the challenge falls',
  },
  {
    ...SILENCE,
    name: 'silent-reclaim',
    fault: 'a node leaves the fee of an open demand where it is',
    injection: told('the node', 'reclaim; of the liar: answer'),
    holds: 'the fee waits, and is back once the node asks for it',
  },
  {
    ...SILENCE,
    name: 'silent-answer',
    fault: 'a challenger does not answer',
    injection: told('the liar', 'answer'),
    holds: 'its challenge lapses',
  },
  {
    ...SILENCE,
    name: 'silent-uphold',
    fault: 'a challenger does not end its challenge',
    injection: told('the liar', 'uphold; of the node: demand'),
    holds: 'everything waits, and goes on once somebody calls',
  },
  {
    ...SILENCE,
    name: 'silent-claim-pot',
    fault: 'a challenger does not take its pot',
    injection: told('the liar', 'claimPot; of the node: demand'),
    holds: 'the pot waits for its owner',
  },
  {
    ...SILENCE,
    name: 'silent-demand-output',
    fault: 'an output is withheld, and who looks does not demand it',
    injection: told('the liar', 'demandOutput; of the node: deliver'),
    holds: 'a verifier demands it, and challenges what is shown',
  },
  {
    ...SILENCE,
    name: 'silent-lapse-output',
    fault: 'an output is not shown, and who demanded it does not end that',
    injection: told('the liar', 'lapseOutput; of the node: deliver, answerOutput'),
    holds: 'a verifier ends it, the node is condemned',
  },
];
