import { spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { createInterface } from 'node:readline';
import type { Chunk } from './chunks.ts';
import { PATIENCE_MS } from './patience.ts';

/** What a chunk has done so far. */
export interface Progress {
  readonly chunk: Chunk;
  passed: number;
  pending: number;
  failed: number;
  /** All that it said. */
  readonly lines: string[];
  ended: boolean;
}

/** Mocha's marks before the title of a test, and those of Hardhat's own runner. */
const PASSED = /^\s+✔ /;
const PENDING = /^\s+- /;
const FAILED = /^\s+\d+\) /;
/** How either runner begins its summary. */
const SUMMARY = /^\s*\d+ passing/;

const ALONE = ['--no-config', '--extension', 'ts', '--require', './test/support/plainExpectations.ts'] as const;
/** Mocha alone as Hardhat runs it: with the same patience, and to its end whatever is still open. */
const COMMANDS = {
  solidity: ['hardhat', 'test', 'solidity', '--no-compile'],
  hardhat: ['hardhat', 'test', 'mocha', '--no-compile'],
  mocha: ['mocha', ...ALONE, '--exit', '--timeout', String(PATIENCE_MS)],
} as const satisfies Readonly<Record<Chunk['runner'], readonly [string, ...string[]]>>;
const NICENESS = 10;

/** Runs it without compiling; `failing` hears of each failure at once. `signal` ends it. */
export async function runChunk(
  progress: Progress,
  failing: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { runner, files, yields } = progress.chunk;
  const [command, ...args] = COMMANDS[runner];
  const child = spawn(command, [...args, ...files], { stdio: ['ignore', 'pipe', 'pipe'], signal });
  if (yields && child.pid) os.setPriority(child.pid, NICENESS);
  let summed = false;
  const hear = (line: string) => {
    progress.lines.push(line);
    summed ||= SUMMARY.test(line);
    if (summed) return;
    if (PASSED.test(line)) progress.passed++;
    else if (PENDING.test(line)) progress.pending++;
    else if (FAILED.test(line)) {
      progress.failed++;
      failing(line);
    }
  };
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', hear);
  // Not `exit`: by then it may not have been heard to its end.
  const [code] = (await once(child, 'close')) as [number | null];
  progress.ended = true;
  // The exit code is the judge: what a test prints may look like a failure, and a run may break before or after it counts.
  if (code === 0) progress.failed = 0;
  else if (progress.failed === 0) progress.failed = 1;
}

/** What it says of its failures: all from its summary on. */
export const failuresOf = ({ lines }: Progress): readonly string[] =>
  lines.slice(
    Math.max(
      0,
      lines.findIndex((line) => SUMMARY.test(line)),
    ),
  );
