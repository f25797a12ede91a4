/** The parent's handle on one child: calls in order, a time limit on the one that is running, and what became of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '#core/tensor.ts';
import type { Call, Frame, Reply } from './frames.ts';
import { encodeFrame, frameReader } from './frames.ts';

export type Answer = Frame<Reply>;

/**
 * Why a call got no reply. `crashed`: the process died while it ran. `timeout`: it was killed for taking too long.
 * `lost`: it was waiting behind such a call and never started.
 */
export class ChildLost extends Error {
  readonly kind: 'crashed' | 'timeout' | 'lost';
  constructor(kind: ChildLost['kind'], reason: string) {
    super(reason);
    this.kind = kind;
  }
}

interface Pending {
  readonly limitMs: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: ChildLost) => void;
}

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));
const STDERR_KEPT = 2000;

export class OnnxProcess {
  readonly #child: ChildProcess;
  readonly #socket: Duplex;
  /** The first one is running, or will be as soon as the child reads it. */
  readonly #pending: Pending[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timedOut = false;
  #alive = true;
  #stderr = '';
  /** Resident bytes as last reported. */
  rss = 0;
  /** Resident bytes of the child before it loaded anything. */
  baseRss = 0;

  constructor(threads: number, startMs: number, onExit: () => void) {
    this.#child = spawn(process.execPath, ['--expose-gc', CHILD, String(threads)], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      // Nothing of this process's environment, which may hold secrets, but where programs and compiled code are. And
      // glibc would keep what a released session held: with these, large blocks go back to the system (measured: 7.9 of
      // 9.3 MB of a session, 0 without), and the growth of a load is the cost of its session.
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        MALLOC_ARENA_MAX: '2',
        MALLOC_MMAP_THRESHOLD_: '1048576',
      },
    });
    this.#socket = this.#child.stdio[3] as Duplex;
    this.#socket.on('error', () => undefined); // EPIPE of a dead child: its exit is what counts
    this.#socket.on(
      'data',
      frameReader<Reply>((frame) => this.#settle(frame)),
    );
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    const end = (reason: string) => {
      if (!this.#alive) return;
      this.#alive = false;
      clearTimeout(this.#timer);
      const kind = this.#timedOut ? 'timeout' : 'crashed';
      this.#pending.splice(0).forEach((call, place) => {
        call.reject(new ChildLost(place === 0 ? kind : 'lost', reason));
      });
      onExit();
    };
    // `close`, not `exit`: replies and stderr that were already written are read first.
    this.#child.on('close', (code, signal) => end(this.#describe(code, signal)));
    this.#child.on('error', (error) => end(`cannot be started: ${error.message}`));
    this.#expect(startMs)
      .then(({ header }) => {
        this.baseRss = header.rss;
      })
      .catch(() => undefined); // whoever called meanwhile is told
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** `limitMs` counts from the moment the calls before it are done. */
  call(call: Call, limitMs: number, tensors: readonly Tensor[] = []): Promise<Answer> {
    if (!this.#alive) return Promise.reject(new ChildLost('lost', 'the process is gone'));
    const answer = this.#expect(limitMs);
    for (const piece of encodeFrame(call, tensors)) this.#socket.write(piece);
    return answer;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Lets the running call finish, then ends; killed after `graceMs`. */
  close(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#alive) return resolve();
      const timer = setTimeout(() => this.kill(), graceMs);
      this.#child.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#socket.end();
    });
  }

  #expect(limitMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ limitMs, resolve, reject });
      if (this.#pending.length === 1) this.#startTimer(limitMs);
    });
  }

  #settle(frame: Answer): void {
    clearTimeout(this.#timer);
    this.rss = frame.header.rss;
    this.#pending.shift()?.resolve(frame);
    const next = this.#pending[0];
    if (next) this.#startTimer(next.limitMs);
  }

  #startTimer(limitMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timedOut = true;
      this.kill();
    }, limitMs);
  }

  #describe(code: number | null, signal: string | null): string {
    const how = signal ? `signal ${signal}` : `exit code ${code}`;
    const said = this.#stderr.trim().split('\n').at(-1);
    return said ? `${how}, stderr ends "${said}"` : how;
  }
}
