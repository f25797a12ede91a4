/** The places by name at which a process can be made to kill itself: before and after everything that outlives it. */

/** The life of a transaction: planned, given a nonce, signed, handed over, seen in a block, seen in a final one. */
const STEPS = ['plan', 'nonce', 'attempt', 'broadcast', 'mined', 'settled'] as const;

const sides = (...names: readonly string[]): readonly string[] =>
  names.flatMap((name) => ['before', 'after'].map((side) => `${name}:${side}`));

/** `demand:nonce:after`: a nonce is kept for a demand, and nothing has come of it. */
export const pointsOf = (kind: string): readonly string[] => sides(...STEPS.map((step) => `${kind}:${step}`));

/** `serve/executed:row:before`: a row is about to come into that stage. */
export const rowPoints = (track: string, ...stages: readonly string[]): readonly string[] =>
  sides(...stages.map((stage) => `${track}/${stage}:row`));

/** The rows of a verifier's journal that are moved before a challenge. */
export const accusedPoints = rowPoints('check', 'accused');

/** A block with events is recorded; a block is marked as final. */
const CHAIN = sides('events:record', 'final:mark');

/** By role, in the order in which a request comes to them. */
export const POINTS = {
  node: [
    ...rowPoints('serve', 'accepting'),
    ...CHAIN,
    ...sides('submit:hint'),
    ...pointsOf('accept'),
    ...rowPoints('serve', 'admitted'),
    ...sides('execute:hint', 'result:record'),
    ...rowPoints('serve', 'executed', 'submitting'),
    ...pointsOf('submit'),
    ...rowPoints('serve', 'submitted'),
    ...rowPoints('keep', 'pending', 'closing'),
    ...pointsOf('finalise'),
    ...rowPoints('keep', 'closed'),
    ...rowPoints('serve', 'settled'),
  ],
  executor: [...sides('result:record'), ...rowPoints('serve', 'executed'), ...sides('submit:hint')],
  keeper: [...rowPoints('keep', 'pending', 'closing'), ...CHAIN, ...pointsOf('expire'), ...rowPoints('keep', 'closed')],
  indexer: sides('index:take', 'index:takeBack', 'index:final'),
  monitor: [...rowPoints('monitor', 'watched', 'disputed', 'over'), ...CHAIN],
  storage: sides('blob:receive', 'blob:keep', 'blob:index'),
} as const;
