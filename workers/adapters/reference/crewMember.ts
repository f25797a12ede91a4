/** A thread of a crew: waits on the board, reads the job, takes tasks until none are left. It has no event loop of its own to speak of. */
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { dotTools, planDot } from '#core/semantics/execute/dot.ts';
import { type CrewJob, type CrewOptions, DECIDED, EXACT, FAILED, NEXT, READY, ROUND, WORKING } from './board.ts';

const { board, port } = workerData as CrewOptions;
const constants = new Map<number, Float32Array>();
const tools = dotTools();

/** The array that this thread knows by the number: preparations are kept by it. */
function remembered({ id, values }: { readonly id: number | undefined; readonly values: Float32Array }): Float32Array {
  if (id === undefined) return values;
  const known = constants.get(id) ?? values;
  constants.set(id, known);
  return known;
}

function perform(job: CrewJob): void {
  if (job.op === 'forget') {
    for (const id of job.ids) constants.delete(id);
    return;
  }
  const { operator, operands, out } = job;
  const { counters } = tools;
  counters.decided = 0;
  counters.exact = 0;
  const work = planDot(
    operator,
    operands.map((operand) => operand && remembered(operand)),
    tools,
  );
  for (let task = Atomics.add(board, NEXT, 1); task < work.tasks; task = Atomics.add(board, NEXT, 1))
    work.run(task, out);
  Atomics.add(board, DECIDED, counters.decided);
  Atomics.add(board, EXACT, counters.exact);
}

Atomics.add(board, READY, 1);
Atomics.notify(board, READY);
// The first job may have been told before this line: rounds begin at 0.
for (let round = 0; ; round++) {
  while (Atomics.load(board, ROUND) === round) Atomics.wait(board, ROUND, round);
  try {
    const received = receiveMessageOnPort(port);
    if (received === undefined) throw new Error('a job was announced and not sent');
    perform(received.message as CrewJob);
  } catch (error) {
    Atomics.add(board, FAILED, 1);
    console.error(error);
  }
  Atomics.sub(board, WORKING, 1);
  Atomics.notify(board, WORKING);
}
