/** Files that a command line names. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readVector, type Vector } from '../files/vector.ts';
import { UsageError } from './command.ts';

/** npm runs scripts in the folder of the package; names are meant from where its user is. */
const from = process.env['npm_lifecycle_event'] === 'opg' ? process.env['INIT_CWD'] : undefined;

export const located = (name: string): string => path.resolve(from ?? '', name);

export function readBytes(name: string): Uint8Array {
  return used(() => readFileSync(located(name)), name);
}

/** The value of a JSON file. */
export function readJson(name: string, parse: (text: string) => unknown = JSON.parse): unknown {
  const bytes = readBytes(name);
  try {
    return parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new UsageError(`${name} is no JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** JSON as it is written: whole numbers that a double cannot hold are bigint, and none becomes infinite. */
export function exactJson(text: string): unknown {
  return JSON.parse(text, exact);
}

/** `source`: the number as it is written. Node.js before 21 does not tell it. */
function exact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  if (/^-?\d+$/.test(source)) return BigInt(source);
  if (!Number.isFinite(value)) throw new Error(`${source} is too large`);
  return value;
}

export function loadVector(name: string): Vector {
  return used(() => readVector(located(name)));
}

/** Names of the vectors of a folder, sorted. */
export function vectorNames(folder: string): string[] {
  const names = used(() => readdirSync(located(folder)), folder).filter((name) => name.endsWith('.json'));
  if (names.length === 0) throw new UsageError(`there is no vector (*.json) in ${folder}`);
  return names.sort().map((name) => path.join(folder, name));
}

/** What reading a file throws is about the command line. */
export function used<T>(read: () => T, name?: string): T {
  try {
    return read();
  } catch (error) {
    const { code, path: file, message } = error as NodeJS.ErrnoException;
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'does not exist',
      EISDIR: 'is a folder',
      ENOTDIR: 'is no folder',
      EACCES: 'may not be read',
    };
    const reason = code === undefined ? undefined : reasons[code];
    throw new UsageError(reason === undefined ? message : `${name ?? file} ${reason}`, { cause: error });
  }
}
