import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ProtocolError } from '#core/errors.ts';

/** Who holds a directory: its process id, and when that process began, because ids are used again. */
interface Holder {
  readonly pid: number;
  readonly began: string;
}

/** What is in the directory. */
type Locked = 'sql.locked' | 'blobs.locked';

/**
 * Takes `directory` for this process, by a file that names it, and returns how to give it back. The lock of a process that is gone, killed
 * or crashed, is taken over. Throws `code`, naming the holder.
 */
export function lockDirectory(directory: string, code: Locked = 'sql.locked'): () => void {
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, 'process.lock');
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, began: began(process.pid) } satisfies Holder));
  try {
    // A hard link is made only if the name is free, and the name never holds half a file.
    if (!link(mine, file)) {
      takeOver(file, directory, code);
      if (!link(mine, file)) throw locked(code, directory, holderOf(file));
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => rmSync(file, { force: true });
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a dead process's lock away. Of two that try at once one may move the other's fresh lock: then it is put back. */
function takeOver(file: string, directory: string, code: Locked): void {
  const holder = holderOf(file);
  if (holder && alive(holder)) throw locked(code, directory, holder);
  const aside = `${file}.dead.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = holderOf(aside);
  if (moved && alive(moved)) link(aside, file);
  rmSync(aside, { force: true });
}

function holderOf(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function alive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it lives, and is another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  // What the system does not tell counts as alive: waiting for nobody is better than two writers.
  const now = began(holder.pid);
  return now === '' || holder.began === '' || now === holder.began;
}

/**
 * Clock ticks from boot to the start of the process, where the system tells (Linux); else empty. A process that has ended and whose parent
 * has not noticed yet (a zombie) began never.
 */
function began(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the command in brackets, may hold blanks; the state follows it, and the start is the 20th after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'never' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

function locked(code: Locked, directory: string, holder: Holder | undefined): ProtocolError<Locked> {
  const who =
    holder?.pid === process.pid ? `this process (${process.pid}) already` : `process ${holder?.pid ?? 'unknown'}`;
  return new ProtocolError(code, { path: directory, holder: who });
}
