/** What the threads of a crew share: a few counters, and the shape of a job. */
import type { MessagePort } from 'node:worker_threads';
import type { Operator } from '#core/semantics/program.ts';

/** Counters in shared memory, by place. */
export type Board = Int32Array<SharedArrayBuffer>;

/** Grows with every job: what an idle thread waits on. */
export const ROUND = 0;
/** The next task that nobody has taken. */
export const NEXT = 1;
/** Threads that have not finished the job. */
export const WORKING = 2;
/** Elements that the others decided, and how many of them exactly. */
export const DECIDED = 3;
export const EXACT = 4;
/** Threads that threw. */
export const FAILED = 5;
/** Threads that have started. */
export const READY = 6;

export const newBoard = (): Board => new Int32Array(new SharedArrayBuffer(4 * 8));

export interface CrewOptions {
  readonly board: Board;
  readonly port: MessagePort;
}

export type CrewJob =
  | {
      readonly op: 'dot';
      readonly operator: Operator;
      /** By position; constants have a number by which they are remembered. */
      readonly operands: readonly ({ readonly id: number | undefined; readonly values: Float32Array } | undefined)[];
      readonly out: Float32Array;
    }
  | { readonly op: 'forget'; readonly ids: readonly number[] };
