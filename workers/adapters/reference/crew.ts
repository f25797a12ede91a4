/**
 * Several threads for one computation: the tasks of a large Dot are taken one by one by whoever is free, this thread among them. Nothing
 * of the result depends on who did what. The caller is blocked meanwhile: use it in a thread of its own.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { type DotTools, dotTools, planDot } from '#core/semantics/execute/dot.ts';
import type { Access, Operator } from '#core/semantics/program.ts';
import { elementCount } from '#core/tensor.ts';
import {
  type Board,
  type CrewJob,
  type CrewOptions,
  DECIDED,
  EXACT,
  FAILED,
  NEXT,
  newBoard,
  READY,
  ROUND,
  WORKING,
} from './board.ts';
import { threadEnvironment } from './threadEnvironment.ts';

/** Multiply-adds below which waking the others costs more than they save. */
const WORTH = 1_000_000;

export interface Crew {
  /** Tools for one program; its constants are shared with the others once. */
  tools(): DotTools;
  /** Lets the others forget the constants of a program. */
  release(tools: DotTools): void;
  close(): Promise<void>;
}

/** `members`: threads beside this one. */
export function createCrew(members: number): Crew {
  const board = newBoard();
  const crew = Array.from({ length: members }, () => startMember(board));
  const owned = new WeakMap<DotTools, Set<number>>();
  let ids = 0;
  const tell = (job: CrewJob) => {
    for (const { port } of crew) port.postMessage(job);
    Atomics.store(board, WORKING, crew.length);
    Atomics.add(board, ROUND, 1);
    Atomics.notify(board, ROUND);
  };

  function toolsOf(): DotTools {
    const mine = new Set<number>();
    const shared = new WeakMap<Float32Array, { readonly id: number; readonly values: Float32Array }>();
    const base = dotTools();

    /** Constants keep their number and their shared copy; what is computed is shared as it is, or copied once. */
    function share(access: Access | undefined, values: Float32Array | undefined) {
      if (access === undefined || values === undefined) return undefined;
      if (access.source.from !== 'constant') return { id: undefined, values: inSharedMemory(values) };
      const known = shared.get(values) ?? { id: ids++, values: inSharedMemory(values) };
      shared.set(values, known);
      mine.add(known.id);
      return known;
    }

    const tools: DotTools = {
      ...base,
      spread(operator, data) {
        if (members === 0 || workOf(operator) < WORTH) return undefined;
        const operands = operator.operands.map((access, i) => share(access, data[i]));
        const out = new Float32Array(new SharedArrayBuffer(4 * elementCount(operator.space)));
        const work = planDot(operator, data, base);
        for (const counter of [NEXT, DECIDED, EXACT, FAILED]) Atomics.store(board, counter, 0);
        tell({ op: 'dot', operator, operands, out });
        for (let task = Atomics.add(board, NEXT, 1); task < work.tasks; task = Atomics.add(board, NEXT, 1))
          work.run(task, out);
        waitForCrew(board);
        base.counters.decided += Atomics.load(board, DECIDED);
        base.counters.exact += Atomics.load(board, EXACT);
        return out;
      },
    };
    owned.set(tools, mine);
    return tools;
  }

  return {
    tools: toolsOf,
    release(tools) {
      const forget = [...(owned.get(tools) ?? [])];
      if (members === 0 || forget.length === 0) return;
      tell({ op: 'forget', ids: forget });
      waitForCrew(board);
    },
    async close() {
      await Promise.all(crew.map(({ worker }) => worker.terminate()));
    },
  };
}

interface Member {
  readonly worker: Worker;
  readonly port: MessagePort;
}

/** Waits until the thread listens: it is woken by the board alone. */
function startMember(board: Board): Member {
  const { port1, port2 } = new MessageChannel();
  const workerData: CrewOptions = { board, port: port2 };
  const ready = Atomics.load(board, READY);
  const worker = new Worker(new URL('./crewMember.ts', import.meta.url), {
    workerData,
    transferList: [port2],
    env: threadEnvironment(),
  });
  worker.unref();
  port1.unref();
  while (Atomics.load(board, READY) === ready) Atomics.wait(board, READY, ready, 1000);
  return { worker, port: port1 };
}

function waitForCrew(board: Board): void {
  for (let working = Atomics.load(board, WORKING); working > 0; working = Atomics.load(board, WORKING))
    Atomics.wait(board, WORKING, working, 1000);
  if (Atomics.load(board, FAILED) > 0)
    throw new Error('A thread of the crew failed; its error is in the log of the process.');
}

function workOf({ space, inner }: Operator): number {
  return elementCount(space) * elementCount(inner);
}

function inSharedMemory(values: Float32Array): Float32Array {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}
