/** What `opg` remembers between calls: networks by name, which one is meant, and which account. In OPG_HOME, or ~/.opg. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { UsageError } from './command.ts';

const savedNetwork = z.strictObject({
  rpc: z.string(),
  /** The content of a file of deploy/addresses. */
  deployment: z.unknown(),
  indexer: z.string().optional(),
  /** Where files of models are put. */
  store: z.string().optional(),
});

const settings = z.strictObject({
  network: z.string().optional(),
  account: z.string().optional(),
  networks: z.record(z.string(), savedNetwork).default({}),
});

export type SavedNetwork = z.infer<typeof savedNetwork>;
export type Settings = z.infer<typeof settings>;

export const home = (): string => process.env['OPG_HOME'] || path.join(homedir(), '.opg');
const file = () => path.join(home(), 'settings.json');

export function readSettings(): Settings {
  if (!existsSync(file())) return { networks: {} };
  const parsed = settings.safeParse(JSON.parse(readFileSync(file(), 'utf8')));
  if (parsed.success) return parsed.data;
  throw new UsageError(`${file()} is damaged: ${z.prettifyError(parsed.error)}. Mend or remove it`);
}

/** Whole or not at all. */
export function writeSettings(changed: Settings): void {
  makeHome();
  const next = `${file()}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify(changed, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(next, file());
}

/** The first account is the one that acts until another is chosen. */
export function useFirst(account: string): void {
  const settings = readSettings();
  if (settings.account === undefined) writeSettings({ ...settings, account });
}

/** Nobody else reads it. */
export function makeHome(folder = ''): string {
  const place = path.join(home(), folder);
  mkdirSync(place, { recursive: true, mode: 0o700 });
  if (process.platform !== 'win32') chmodSync(place, 0o700);
  return place;
}

/** A name that is a file's: of a network, of an account. */
export function nameIn(text: string, what: string): string {
  if (/^[a-z0-9][a-z0-9_-]{0,31}$/i.test(text)) return text;
  throw new UsageError(`${what} is up to 32 letters, digits, - and _, not "${text}"`);
}
