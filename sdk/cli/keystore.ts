/** Keys of `opg`: encrypted files (Web3 Secret Storage, scrypt) that open with a password. A key is never an argument, a variable or a log line. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { HDNodeWallet, Wallet } from 'ethers';
import { sealKey, unsealKey } from '../../workers/adapters/signer/webStorage.ts';
import { type Arguments, type Terminal, text, UsageError } from './command.ts';
import { located } from './files.ts';
import { home, makeHome, nameIn, useFirst } from './settings.ts';

const FOLDER = 'keys';
const fileOf = (name: string) => path.join(home(), FOLDER, `${nameIn(name, 'the name of an account')}.json`);

export const PASSWORD = {
  option: { 'password-file': { type: 'string' } },
  explained: [
    '--password-file FILE',
    'its first line opens the key; or OPG_PASSWORD_FILE names it; else it is asked for',
  ],
} as const;

export interface StoredKey {
  readonly name: string;
  readonly address: string;
  readonly file: string;
}

export function storedKeys(): StoredKey[] {
  const folder = path.join(home(), FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => keyIn(path.join(folder, file)));
}

export function storedKey(name: string): StoredKey {
  if (existsSync(fileOf(name))) return keyIn(fileOf(name));
  const known = storedKeys().map((key) => key.name);
  throw new UsageError(
    `there is no account "${name}"${known.length > 0 ? `, but ${known.join(', ')}` : ''}; make one with opg account create`,
  );
}

function keyIn(file: string): StoredKey {
  const { address } = JSON.parse(readFileSync(file, 'utf8')) as { readonly address: string };
  return { name: path.basename(file, '.json'), address: `0x${address.replace(/^0x/, '')}`, file };
}

/** Writes a new key file; refuses to overwrite one. The first account kept here is in use from then on. */
export async function storeKey(name: string, wallet: Wallet | HDNodeWallet, password: string): Promise<StoredKey> {
  const file = fileOf(name);
  if (existsSync(file)) throw new UsageError(`there is an account "${name}" already: ${file}`);
  makeHome(FOLDER);
  writeFileSync(file, await sealKey(wallet, password), { mode: 0o600, flag: 'wx' });
  useFirst(name);
  return keyIn(file);
}

export async function openKey(name: string, args: Arguments, terminal: Terminal): Promise<Wallet> {
  const { file } = storedKey(name);
  const password = await passwordFor(`password of account ${name}: `, args, terminal);
  try {
    return await unsealKey(readFileSync(file, 'utf8'), password);
  } catch (error) {
    throw new UsageError(`the password does not open account ${name}`, { cause: error });
  }
}

/** For a new key it is asked for twice. */
export async function newPassword(args: Arguments, terminal: Terminal): Promise<string> {
  const given = passwordInFile(args);
  if (given !== undefined) return given;
  const password = await asked('new password: ', terminal);
  if (password === '') throw new UsageError('an empty password protects nothing');
  if ((await asked('the same again: ', terminal)) !== password) throw new UsageError('the two passwords differ');
  return password;
}

export async function passwordFor(question: string, args: Arguments, terminal: Terminal): Promise<string> {
  return passwordInFile(args) ?? (await asked(question, terminal));
}

function passwordInFile(args: Arguments): string | undefined {
  const name = text(args, 'password-file') ?? process.env['OPG_PASSWORD_FILE'];
  return name === undefined || name === '' ? undefined : secretLine(name);
}

/** The first line of a file that others may not read. An empty one is no secret. */
export function secretLine(name: string): string {
  const file = located(name);
  if (!existsSync(file)) throw new UsageError(`${name} does not exist`);
  const mode = statSync(file).mode & 0o777;
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new UsageError(`${name} may be read by others (mode ${mode.toString(8)}): run chmod 600 ${name}`);
  const [line = ''] = readFileSync(file, 'utf8').split(/\r?\n/, 1);
  if (line === '') throw new UsageError(`the first line of ${name} is empty`);
  return line;
}

async function asked(question: string, { ask }: Terminal): Promise<string> {
  if (ask === undefined)
    throw new UsageError('there is no terminal to ask for a password: give --password-file or OPG_PASSWORD_FILE');
  return await ask(question);
}
