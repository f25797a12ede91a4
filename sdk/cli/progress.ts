/** Says on stderr that something long is alive: nothing in the first second, then a line a second. */
import type { Terminal } from './command.ts';

const FIRST_MS = 1_000;
/** Where lines cannot be written again they would pile up. */
const EVERY_MS = { interactive: 250, log: 5_000 };

export interface Progress {
  readonly tick: (done: number, of: number, what: string) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

/** Waits for `work`, and says what for as soon as that takes over a second. */
export async function waiting<T>(terminal: Terminal, what: string, work: () => Promise<T>): Promise<T> {
  const { err, interactive } = terminal;
  const began = performance.now();
  let shown = false;
  const timer = setInterval(
    () => {
      const line = `${what}, ${((performance.now() - began) / 1_000).toFixed(0)} s`;
      err(interactive ? `\r${line}\x1b[K` : `${line}\n`);
      shown = true;
    },
    interactive ? FIRST_MS : EVERY_MS.log,
  );
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (shown && interactive) err('\r\x1b[K');
  }
}

export function progress({ err, interactive }: Terminal, now: () => number = () => performance.now()): Progress {
  const began = now();
  let next = began + FIRST_MS;
  let shown = false;
  return {
    tick(done, of, what) {
      const time = now();
      if (time < next) return;
      next = time + (interactive ? EVERY_MS.interactive : EVERY_MS.log);
      const line = `${done} of ${of}, ${((time - began) / 1_000).toFixed(0)} s: ${what}`;
      err(interactive ? `\r${line}\x1b[K` : `${line}\n`);
      shown = true;
    },
    end() {
      if (shown && interactive) err('\r\x1b[K');
    },
  };
}
