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
  row('rpc-slow', 'a provider takes seconds', `a proxy holds back some answers of ${ONE_BAD}`),
  row('rpc-drops', 'connections break', `a proxy ends them before or after the call reached the node, of ${ONE_BAD}`),
  row('rpc-refuses', 'a provider answers 429 with Retry-After, 500, 503', `a proxy answers so for ${ONE_BAD}`),
  row('rpc-truncates', 'answers are cut off', `a proxy sends half of each tenth, of ${ONE_BAD}`),
  row('rpc-stale', 'a provider stopped following the chain', `a proxy answers as of five blocks ago, for ${ONE_BAD}`),
  row('rpc-far-head', 'a provider names a newest block that is not there', `a proxy adds a million, for ${ONE_BAD}`),
  row('rpc-omits-logs', 'a provider leaves out logs', `a proxy takes out all, of ${ONE_BAD}`),
  row(
    'rpc-omits-receipts',
    'a provider leaves logs out of its receipts as well',
    `a proxy takes out all, of ${ONE_BAD}`,
  ),
  row(
    'rpc-false-receipts',
    'receipts say the opposite, are of another block, or are not there',
    `a proxy changes them, of ${ONE_BAD}`,
  ),
  row('rpc-other-block', 'another block under the same number', `a proxy gives other hashes, for ${ONE_BAD}`),
  row(
    'rpc-broadcasts',
    '"already known", "nonce too low", "replacement underpriced", or a hash for what was thrown away',
    `a proxy answers so, having handed the transaction on or not, for ${ONE_BAD}`,
  ),
  row('rpc-false-state', 'contracts seem to hold nothing', `a proxy answers calls with zeros, for ${ONE_BAD}`),
  row('rpc-false-refusals', 'contracts seem to refuse', `a proxy lets estimates fail, for ${ONE_BAD}`),
  row(
    'rpc-dear-tip',
    'a provider asks for an absurd tip',
    `a proxy does, for ${ONE_BAD}`,
    `the node pays what the others ask for; ${HOLDS}`,
  ),
  row(
    'rpc-one-of-many',
    'one of three leaves out each log by lot, or counts transactions that were never sent',
    'a proxy does so, for a node and a verifier',
  ),
  row(
    'rpc-no-agreement',
    'of three providers one is silent and one leaves out logs',
    'proxies do so, for a node and a verifier',
    `nothing is done until two agree; then ${HOLDS}`,
  ),
  row('rpc-all-down', 'no provider answers', 'proxies end every connection', `work goes on where it was; ${HOLDS}`),
  row(
    'rpc-other-chain',
    'a provider is of another chain',
    `a proxy leads to another chain, for ${ONE_BAD}`,
    `it is left out; who has no other stops with a clear error, and goes on when it is right again; ${HOLDS}`,
  ),
  {
    name: 'rpc-limits',
    fault: 'a provider serves only short ranges of logs, or does not know "finalized"',
    injection: 'a proxy refuses them',
    holds: 'history is read in shorter ranges; who has no other provider stops with rpc.refused',
    test: 'test/workers/adapters/providers.test.ts',
  },
];

const ALL = 'a node, a keeper, a verifier and an indexer, on a chain that is turned back';
const turned = (name: string, fault: string, injection: string, holds = HOLDS) =>
  row(name, fault, `${injection}, under ${ALL}`, holds);

/** What a chain does to itself. Depths from 1 to finality are drawn by seed; in full, all of them are tried. */
export const reorganisations: readonly Scenario[] = [
  turned(
    'reorg-request',
    'a request falls out after it was computed, and comes back',
    'its block and up to as many as are not final are replaced',
    `it is computed once; ${HOLDS}`,
  ),
  {
    name: 'reorg-computed',
    fault: 'a request falls out after it was computed, and its transaction is sent again',
    injection: 'its block is replaced under a node inside the test',
    holds: 'it is computed once, and the same result is submitted',
    test: 'test/workers/node/reorg.test.ts',
  },
  {
    name: 'reorg-same-bytes',
    fault: 'only a submission falls out',
    injection: 'its block is replaced under a node inside the test',
    holds: 'the same signed bytes come back, and no second transaction is planned',
    test: 'test/workers/node/reorg.test.ts',
  },
  {
    name: 'reorg-one-payer',
    fault: 'two requests of one payer swap places, so that both have other ids',
    injection: 'their blocks are replaced under a node inside the test',
    holds: 'both are served as the new requests they are; the old rows stay orphaned',
    test: 'test/workers/node/reorg.test.ts',
  },
  turned('reorg-order', 'two requests come back in the other order', 'their blocks are replaced'),
  turned(
    'reorg-submission',
    'a submission falls out',
    'its block is replaced and nobody else sends it again',
    `the node sends the same bytes; ${HOLDS}`,
  ),
  turned('reorg-storm', 'block after block falls out', 'a seeded number of blocks is replaced again and again'),
  turned(
    'reorg-too-deep',
    'a final block falls out',
    'more blocks are replaced than finality allows',
    'every role stops with chain.reorg_too_deep, and its journal is kept as it is',
  ),
];
