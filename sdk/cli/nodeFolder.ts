/** The folder of a node, as `opg node init` makes it. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Wallet } from 'ethers';
import type { Address } from '#core/hex.ts';
import { toAddress } from '#core/hex.ts';
import { sealKey } from '../../workers/adapters/signer/webStorage.ts';
import { type Config, loadConfig } from '../../workers/config/load.ts';
import { UsageError } from './command.ts';
import { located } from './files.ts';
import { secretLine } from './keystore.ts';

const fileIn = (folder: string): string => path.join(located(folder), 'config.json');
export const hasConfiguration = (folder: string): boolean => existsSync(fileIn(folder));

export function configurationFile(folder: string): string {
  if (hasConfiguration(folder)) return fileIn(folder);
  throw new UsageError(`${folder} holds no config.json; opg node init makes one`);
}

/** With paths resolved and secrets read; throws `config.invalid`. */
export const configurationOf = (folder: string): Config<'node'> =>
  loadConfig('node', { ...process.env, OPG_CONFIG: configurationFile(folder) });

type Signer = Config<'node'>['signer'];

/** What its processes sign with: a key file's, or a signer's. */
export const hotKeyOf = ({ keyFile, remoteAddress = '' }: Signer): Address =>
  keyFile === undefined ? toAddress(remoteAddress) : addressIn(keyFile);

export const formerKeysOf = ({ retiredKeyFiles, retiredAddresses }: Signer): Address[] => [
  ...retiredKeyFiles.map(addressIn),
  ...retiredAddresses.map((address) => toAddress(address)),
];

export function assertNodeOf(folder: string, { account }: Signer, acting: Address): void {
  if (account === undefined || toAddress(account) === acting) return;
  throw new UsageError(`${folder} is a node of ${account}, not of ${acting}: give --account NAME`);
}

/** The file as it is written, to be changed and written back. */
export type WrittenConfiguration = Record<string, Record<string, unknown>>;
export const writtenConfiguration = (folder: string): WrittenConfiguration =>
  JSON.parse(readFileSync(configurationFile(folder), 'utf8'));

/** Whole or not at all; for its owner alone, since the URL of a chain node may hold what it is paid with. */
export function writeConfiguration(folder: string, configuration: WrittenConfiguration): void {
  const fresh = `${fileIn(folder)}.new`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, `${JSON.stringify(configuration, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(fresh, fileIn(folder));
}

/** Of a key file: a plain key, or a keystore, which tells its address without its password. Nothing of it enters an error. */
export function addressIn(file: string): Address {
  const text = readFileSync(file, 'utf8').trim();
  try {
    if (text.startsWith('{')) return toAddress(`0x${(JSON.parse(text) as Keystore).address.replace(/^0x/, '')}`);
    // Ethers quotes what it cannot read.
    if (PLAIN.test(text)) return toAddress(new Wallet(secretLine(file)).address);
  } catch (error) {
    if (error instanceof UsageError) throw error;
  }
  throw new UsageError(
    `${file} is damaged: a key file is a keystore in JSON, or 0x and the 64 hex digits of a secp256k1 key, and nothing else`,
  );
}

interface Keystore {
  readonly address: string;
}
const PLAIN = /^0x[0-9a-f]{64}$/i;

/** Makes a key; a keystore if a password is given. Never overwrites one. */
export async function makeKeyFile(file: string, password: string | undefined): Promise<Address> {
  const wallet = Wallet.createRandom();
  const content = password === undefined ? wallet.privateKey : await sealKey(wallet, password);
  writeFileSync(file, `${content}\n`, { mode: 0o600, flag: 'wx' });
  return toAddress(wallet.address);
}
