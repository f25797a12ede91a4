/**
 * An empty journal, made once and copied for every process that keeps one: PGlite takes seconds to make a new database and no
 * time to open one.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { openDatabase } from '../../workers/adapters/sql/open.ts';

const ROOT = path.join(import.meta.dirname, '../..');
/** Where a journal of `pglite:<directory>` has its files. */
const FILES = 'pg';

let making: Promise<string> | undefined;

/** Puts an empty database where a process is about to look for its journal. */
export async function placeEmptyJournal(directory: string): Promise<void> {
  const to = path.join(directory, FILES);
  if (!existsSync(to)) cpSync(path.join(await emptyJournal(), FILES), to, { recursive: true });
}

/** The directory of the empty journal; made, in a process of its own, if this version of PGlite has none yet. */
export function emptyJournal(): Promise<string> {
  making ??= make();
  return making;
}

async function make(): Promise<string> {
  const manifest = path.join(ROOT, 'node_modules/@electric-sql/pglite/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const directory = path.join(ROOT, '.data/empty-journals', `pglite-${version}`);
  if (!existsSync(directory)) await promisify(execFile)(process.execPath, [import.meta.filename, directory]);
  return directory;
}

/** Another process may be making the same one: whoever is first has made it. */
async function makeAt(directory: string): Promise<void> {
  const unfinished = `${directory}.${process.pid}`;
  const database = await openDatabase(`pglite:${unfinished}`, []);
  await database.close();
  try {
    renameSync(unfinished, directory);
  } catch (error) {
    rmSync(unfinished, { recursive: true });
    if (!existsSync(directory)) throw error;
  }
}

if (import.meta.main) await makeAt(process.argv[2] ?? '');
