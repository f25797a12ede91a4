/** Faults that `npm test` leaves out and `npm run faults` runs: they take long, or are sensitive to what else the machine does. */
export const alone: ReadonlySet<string> = new Set([
  ...['verifier-refutes', 'node-refutes', 'verifier-lapses', 'node-lapses', 'verifier-reclaims'].map(
    (who) => `killed-${who}`,
  ),
  ...[
    'node-reclaims',
    'verifier-demands-output',
    'verifier-answers-output',
    'node-answers-output',
    'verifier-budget',
  ].map((who) => `killed-${who}`),
  ...['node', 'keeper', 'indexer', 'monitor'].map((role) => `killed-${role}`),
  'two-verifiers',
  ...['request', 'order', 'submission', 'storm', 'too-deep'].map((what) => `reorg-${what}`),
  ...['false-refusals', 'dear-tip', 'other-chain'].map((what) => `rpc-${what}`),
  ...['pending', 'dropped'].map((what) => `restored-copy-result-${what}`),
  'spike',
]);
