/** The folder of a new node: its hot key and its configuration. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Address } from '#core/hex.ts';
import type { Account } from '../../network.ts';
import { type Arguments, text, UsageError } from '../command.ts';
import { chosenNetwork } from '../context.ts';
import { located } from '../files.ts';
import { secretLine } from '../keystore.ts';
import { opg } from '../money.ts';
import { addressIn, makeKeyFile, writeConfiguration } from '../nodeFolder.ts';
import type { SavedNetwork } from '../settings.ts';

const LOCAL_CHAIN = 31_337;

/** What a node's folder says. */
export interface Folder {
  readonly key: Address;
  /** Where the key is, for people. */
  readonly kept: string;
  readonly port: number;
}

/** What a run before this came to is taken up: a key is made once. */
export async function makeFolder(args: Arguments, named: string, account: Account): Promise<Folder> {
  const folder = located(named);
  const port = portIn(args);
  const finality = text(args, 'finality') ?? (account.deployment.chainId === LOCAL_CHAIN ? '2' : 'finalized');
  const passwordFile = text(args, 'key-password-file');
  const least = text(args, 'min-net');
  if (least !== undefined) opg(least, '--min-net');
  const keyFile = passwordFile === undefined ? 'hot.key' : 'hot.json';
  const kept = path.join(folder, keyFile);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const key = existsSync(kept)
    ? addressIn(kept)
    : await makeKeyFile(kept, passwordFile === undefined ? undefined : secretLine(passwordFile));
  const place = chosenNetwork(args);
  configure(folder, { place, account: account.address, port, finality, least, keyFile, passwordFile });
  return { key, kept, port };
}

interface Settings {
  readonly place: SavedNetwork;
  readonly account: string;
  readonly port: number;
  readonly finality: string;
  /** OPG as written. */
  readonly least: string | undefined;
  readonly keyFile: string;
  readonly passwordFile: string | undefined;
}

function configure(folder: string, settings: Settings): void {
  const { place, account, port, finality, least, keyFile, passwordFile } = settings;
  writeFileSync(path.join(folder, 'deployment.json'), `${JSON.stringify(place.deployment, undefined, 2)}\n`);
  const store = place.store === undefined ? undefined : new URL(place.store);
  const near = store !== undefined && /^(localhost|127\.|\[::1\])/.test(store.hostname);
  const configuration = {
    process: { dataDir: 'data', httpPort: port },
    network: { rpcUrl: place.rpc, deployment: 'deployment.json', finality },
    signer: { keyFile, ...(passwordFile === undefined ? {} : { passwordFile: located(passwordFile) }), account },
    ...(least === undefined ? {} : { admission: { minNetPerItem: least } }),
    // Files are fetched from private addresses only where that is allowed by name.
    ...(near ? { models: { privateOrigins: [store.origin] } } : {}),
  };
  writeConfiguration(folder, configuration);
}

export function portIn(args: Arguments): number {
  const port = Number(text(args, 'port') ?? 8_650);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new UsageError('--port takes a whole number from 1 to 65535');
}
