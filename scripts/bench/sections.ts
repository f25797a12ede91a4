/** The parts "Gas", "The worker against bare session.run" and "The whole path" of docs/benchmarks.md. */
import type { GasRow } from './gasRows.ts';
import type { PathReport } from './path.ts';
import { mib, number } from './text.ts';
import type { WorkerReport } from './worker.ts';

/** Aims of the protocol's blueprint, in gas per answer. */
const AIMS: Readonly<Record<string, number>> = {
  'prepaid, node finalises': 155_000,
  '+ QUOTE checked on chain': 165_000,
  '+ submitted by a hot key': 165_000,
  '+ a keeper finalises and takes the tip': 165_000,
  '+ fee pulled by transferFrom': 176_000,
  '+ callback that stores 2 fresh words': 212_000,
  'batch of 10': 60_000,
  'bundle of 10': 32_000,
};

export function gasSection(gas: readonly GasRow[]): string {
  const lines = gas.map((row) => {
    const aim = AIMS[row.name];
    const calls = Object.values(row.calls).map(number).join(' + ');
    const met = aim === undefined ? '' : row.perItem <= aim ? 'met' : `missed by ${number(row.perItem - aim)}`;
    return `| ${row.name} | ${calls} | ${number(row.perItem)} | ${aim === undefined ? '' : number(aim)} | ${met} |`;
  });
  return `Whole transactions (intrinsic gas and calldata included), steady state (third run, lanes used before, accounts exist), osaka rules, solc
0.8.37 via IR with 100,000 optimizer runs. The job every peer was measured with: 256 bytes of input and 40 of output without zero bytes, the
fee in an ERC-20, a royalty of 0.01 OPG and a protocol share of 5 %. The callback stores two fresh words (44,200 gas of it the consumer's own).
A pass is PassPolicy's: bought by who has one already, asked with, and the owner's part of a day collected. OpenGradient's \`run\` converts 64 numbers of
two decimals and 10 of nine.

| path | request + submit + finalise, or the one call | per answer | aim | |
|---|---|---|---|---|
${lines.join('\n')}

The same figures are a snapshot, test/snapshots/gas.json: \`npm run gas -- check\` compares, \`npm run gas -- update\` accepts.`;
}

export function workerSection({ rows, peak }: WorkerReport): string {
  const lines = rows.map(
    (row) =>
      `| ${row.model} | ${row.bareMs.toFixed(2)} | ${row.overheadMs.toFixed(2)} | ${(100 * row.ofBare).toFixed(1)} % | ${number(row.two)} | ${number(row.executor)} |`,
  );
  return `ONNX Runtime in child processes (so that a crash or a hang of native code cannot take the node down) against a loop around session.run in
one process; best of several rounds, side by side.

| model | bare, ms | added by the runtime, ms (median) | one child, of bare throughput | two children, runs/s | executor with journal, requests/s |
|---|---|---|---|---|---|
${lines.join('\n')}

Aims: at least 80 % of bare throughput at 5 ms a run, 95 % at 50 ms. Peak memory: runtime process ${mib(peak.runtime)}, with the embedded
journal ${mib(peak.withJournal)}, children ${peak.children.map(mib).join(' and ')}.`;
}

export function pathSection(whole: PathReport): string {
  return `digits-cnn on a local Hardhat chain that mines at once: request, watcher, journal (embedded PGlite), queue, ONNX Runtime, submission.

| | |
|---|---|
| from the request's block to the result's block, one at a time, p50 | ${whole.latency.p50.toFixed(0)} ms |
| the same, p99 | ${whole.latency.p99.toFixed(0)} ms |
| in the node, from the event seen to the chain’s answer to the transaction, p50 | ${whole.answer.p50.toFixed(0)} ms |
| the same, p99 | ${whole.answer.p99.toFixed(0)} ms |
| from block to block, the very first request of the model: it is fetched, loaded and compiled | ${whole.first.toFixed(0)} ms |
| throughput, ${number(whole.requests)} requests in a burst, from the first transaction to the last result | ${whole.perSecond.toFixed(1)} requests/s |
| of that time, until the last request was on the chain | ${whole.askedSeconds.toFixed(1)} of ${(whole.requests / whole.perSecond).toFixed(1)} s |
| peak memory of the node process (watcher, journal, queue, submitter) | ${mib(whole.peakBytes)} |

Aims: p50 below 50 ms and p99 below 250 ms from the event seen to the result sent. In the node, as its log tells, there is the execution besides, and the mining, after
which this chain answers; from block to block also the node's polling and the requester's own (5 ms).`;
}
