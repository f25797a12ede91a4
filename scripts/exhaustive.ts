// Compares Exp, Log, Tanh, Erf, Sin, Cos and Pow with an independent evaluation (docs/spec/functions.md).
//   npm run exhaustive                every float32 of Exp, Tanh, Erf and Log, a part of Sin, Cos and Pow
//   npm run exhaustive -- --all       every float32 of all
//   npm run exhaustive -- --record    the same, and writes the hardest inputs to test/vectors/functions.json
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { CLOSEST, type Outcome } from './exhaustive/outcome.ts';
import { add, lines, type Summary, vectors } from './exhaustive/summary.ts';
import { complete, periodic, type Task } from './exhaustive/tasks.ts';

/** Far enough to find some hundred inputs of each function. */
const RECORDED = 2 ** -43;

const record = process.argv.includes('--record');
const all = record || process.argv.includes('--all');
const tasks = [...complete(), ...periodic(all)];
const summary: Summary = new Map();
function nameOf(task: Task): string {
  if (task.kind === 'sine') return 'sin and cos';
  if (task.kind !== 'pow') return task.kind;
  return all ? `pow ${task.exponent}` : 'pow, a part';
}
for (const task of tasks) add(summary, nameOf(task), { inputs: 0, exact: 0, wrong: [], hard: [] }, 0);

function work(): Promise<void> {
  const worker = new Worker(new URL('./exhaustive/worker.ts', import.meta.url), {
    workerData: { closeness: record ? RECORDED : CLOSEST },
  });
  return new Promise((resolve, reject) => {
    const next = () => {
      const task = tasks.shift();
      if (task !== undefined) return worker.postMessage(task);
      resolve();
      return void worker.terminate();
    };
    worker.on('error', reject);
    worker.on('message', (done: { task: Task; outcome: Outcome; seconds: number }) => {
      add(summary, nameOf(done.task), done.outcome, done.seconds);
      next();
    });
    next();
  });
}

const began = performance.now();
await Promise.all(Array.from({ length: availableParallelism() }, work));
for (const line of lines(summary)) console.log(line);
const wrong = [...summary.values()].flatMap((row) => row.wrong);
for (const line of wrong.slice(0, 50)) console.error(line);
console.log(`${((performance.now() - began) / 1000).toFixed(1)} s, ${availableParallelism()} workers`);
if (record && wrong.length === 0) writeFileSync('test/vectors/functions.json', vectors(summary));
process.exit(wrong.length === 0 ? 0 : 1);
