import { readFileSync } from 'node:fs';

/** Most resident bytes of a process so far, where /proc tells. */
export function peakOf(pid: number | 'self' | undefined): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
