/** Faults that `npm test -- --faults` leaves out and `npm run faults` runs: they take long, or are sensitive to what else the machine does. */
export const alone: ReadonlySet<string> = new Set([
  ...['verifier-lapses', 'node-lapses', 'verifier-reclaims', 'node-reclaims'].map((who) => `killed-${who}`),
  ...['verifier-demands-output', 'verifier-answers-output', 'node-answers-output', 'verifier-budget'].map(
    (who) => `killed-${who}`,
  ),
  ...['node', 'monitor'].map((role) => `killed-${role}`),
  'two-verifiers',
  ...['submission', 'storm', 'too-deep'].map((what) => `reorg-${what}`),
  'rpc-other-chain',
  ...['pending', 'dropped'].map((what) => `restored-copy-result-${what}`),
  'spike',
]);
