/** The thread that compiles and executes: one call at a time, the answer to each in order. */
import { parentPort, workerData } from 'node:worker_threads';
import { isProtocolError } from '#core/errors.ts';
import { multiplyAdds } from '#core/semantics/cost.ts';
import { executeNamed } from '#core/semantics/execute/named.ts';
import { programRoot } from '#core/semantics/record.ts';
import { sidesOf } from '#core/semantics/sides.ts';
import type { Tensor } from '#core/tensor.ts';
import { createCrew } from './crew.ts';
import type { Call, Reply, ThreadOptions } from './messages.ts';
import { Programs } from './programs.ts';
import { TraceTasks } from './traceTasks.ts';

const { cacheBytes, crew } = workerData as ThreadOptions;
const programs = new Programs(cacheBytes, createCrew(crew));
const traces = new TraceTasks();

function answer(call: Call): Reply {
  const compiled = programs.get(call.model);
  const { program, tools } = compiled;
  if (call.op === 'trace') return { op: 'traced', result: traces.perform(compiled, call.task) };
  if (call.op === 'describe') {
    const described = { root: programRoot(program), multiplyAdds: Number(multiplyAdds(program)), ...sidesOf(program) };
    return { op: 'described', program: described };
  }
  const outputs = Object.entries(executeNamed(program, call.inputs, { tools }));
  return { op: 'ran', outputs: Object.fromEntries(outputs.map(([name, tensor]) => [name, unshared(tensor)])) };
}

/** What a crew computed lies in memory that it shares; whoever asked gets memory of its own. */
function unshared(tensor: Tensor): Tensor {
  return tensor.data.buffer instanceof SharedArrayBuffer ? { ...tensor, data: tensor.data.slice() } : tensor;
}

parentPort?.on('message', (call: Call) => {
  let reply: Reply;
  try {
    reply = answer(call);
  } catch (error) {
    reply = isProtocolError(error)
      ? { op: 'failed', code: error.code, payload: error.payload }
      : { op: 'broken', reason: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(reply);
});
