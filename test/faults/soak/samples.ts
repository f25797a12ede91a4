/** What a process uses, from /proc, its own metrics and its folder. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

export interface Sample {
  /** Seconds from the beginning. */
  readonly at: number;
  readonly role: string;
  readonly residentMiB: number;
  readonly handles: number;
  /** Of everything it keeps: journal, queue, caches. */
  readonly diskMiB: number;
  /** Blocks between the newest one of the chain and the newest one it has recorded; undefined: it follows no chain, or did not answer. */
  readonly lagBlocks: number | undefined;
}

const MIB = 2 ** 20;

/** Undefined while it does not run. Reads /proc, so on Linux alone. */
export function used(pid: number): Pick<Sample, 'residentMiB' | 'handles'> | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kibibytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
    return { residentMiB: kibibytes / 1024, handles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

/** Files come and go while they are counted. */
export function diskMiB(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const found = statSync(path.join(folder, entry), { throwIfNoEntry: false });
    if (found?.isFile()) bytes += found.blocks * 512;
  }
  return bytes / MIB;
}

export async function blockOf(url: string): Promise<number | undefined> {
  try {
    const text = await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2_000) })).text();
    const block = /^worker_watch_block(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1];
    // 0 stands there until it has read one: just started, it is not behind by the whole chain.
    return Number(block) || undefined;
  } catch {
    return undefined;
  }
}
