/** A disk that can be full: a tmpfs of its own, where this process may mount one (root on Linux). */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Bytes written at a time. */
const CHUNK = 2 ** 20;

export interface SmallDisk {
  readonly path: string;
  /** Takes all that is left. */
  fill(): void;
  /** Gives that back. */
  free(): void;
  remove(): void;
}

/** undefined, and said so: nothing can be mounted here. */
export function smallDisk(mebibytes: number): SmallDisk | undefined {
  const place = mkdtempSync(path.join(tmpdir(), 'opg-small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'opg-small-disk', place], { stdio: 'pipe' });
  } catch {
    rmSync(place, { recursive: true });
    console.error(
      '\n    !!! NOT TESTED on a full disk: no tmpfs can be mounted here, that takes Linux and root. !!!\n',
    );
    return undefined;
  }
  const filler = path.join(place, 'filler');
  return {
    path: place,
    fill() {
      for (let chunk = CHUNK; chunk >= 1; ) {
        try {
          writeFileSync(filler, Buffer.alloc(chunk), { flag: 'a' });
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          chunk = Math.floor(chunk / 16); // somebody else writes here, too
        }
      }
    },
    free: () => rmSync(filler, { force: true }),
    remove() {
      execFileSync('umount', ['-l', place]);
      rmSync(place, { recursive: true, force: true });
    },
  };
}
