// npm run bench: every figure this project states, measured on this machine and written to docs/benchmarks.md.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { document } from './bench/document.ts';
import { gasRows } from './bench/gasRows.ts';
import { benchPath } from './bench/path.ts';
import { benchReference } from './bench/reference/bench.ts';
import { referenceSection } from './bench/reference/section.ts';
import { benchWorker, printWorkerReport } from './bench/worker.ts';

const OUT = 'docs/benchmarks.md';

async function step<T>(name: string, work: () => Promise<T> | T): Promise<T> {
  const began = Date.now();
  console.log(`${name} ...`);
  const result = await work();
  console.log(`${name}: ${((Date.now() - began) / 1000).toFixed(0)} s`);
  return result;
}

const reference = await step('the reference against ONNX Runtime', benchReference);
console.log(referenceSection(reference));
const gas = await step('gas of every path, production build (minutes when the contracts changed)', gasRows);
const worker = await step('worker against bare session.run', () => benchWorker());
printWorkerReport(worker);
const whole = await step('the whole path on a local chain', benchPath);

const [cpu] = os.cpus();
const machine = {
  cpu: cpu?.model ?? 'unknown',
  cores: os.availableParallelism(),
  memoryGiB: Math.round(os.totalmem() / 2 ** 30),
  system: `${os.type()} ${os.release()}`,
  node: process.version,
  commit: spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).stdout.trim() || 'unknown',
};
const text = document({ gas, worker, whole, reference, machine });
writeFileSync(OUT, text);
console.log(`\n${text}\n${OUT} written`);
