/** Runs one piece of the search after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { run, type Task } from './tasks.ts';

const { closeness } = workerData as { closeness: number };
parentPort?.on('message', (task: Task) => {
  const began = performance.now();
  const outcome = run(task, closeness);
  parentPort?.postMessage({ task, outcome, seconds: (performance.now() - began) / 1000 });
});
