/** Configurations of the local network's workers: docs/workers/configuration.md, with a local chain's times. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Process } from './processes.ts';

/** Sections of a configuration. */
export type Settings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface KeeperPlace {
  readonly chain: Process;
  readonly addressesFile: string;
  readonly keyFile: string;
}

interface VerifierPlace extends KeeperPlace {
  readonly storage: Process;
}

interface NodePlace extends VerifierPlace {
  readonly account: string;
}

const PROCESS = { graceSeconds: 5, logLevel: 'debug' };

export const storageSettings = (): Settings => ({ process: PROCESS });

/** Blocks come two a second and are never taken back, so two are final enough. */
export const keeperSettings = ({ chain, addressesFile, keyFile }: KeeperPlace): Settings => ({
  process: PROCESS,
  network: { rpcUrl: chain.url, deployment: addressesFile, finality: '2', pollMs: 100 },
  signer: { keyFile },
  journal: {},
});

export const nodeSettings = ({ storage, account, ...place }: NodePlace): Settings => {
  const { signer, ...rest } = keeperSettings(place);
  return {
    ...rest,
    signer: { ...signer, account },
    models: { privateOrigins: [new URL(storage.url).origin] },
    admission: { deadlineSlackSeconds: 1, openAtMarginSeconds: 1 },
    executor: { marginSeconds: 1 },
  };
};

export const verifierSettings = ({ storage, ...place }: VerifierPlace): Settings => ({
  ...keeperSettings(place),
  models: { privateOrigins: [new URL(storage.url).origin] },
});

export const monitorSettings = ({ chain, storage, addressesFile }: Omit<VerifierPlace, 'keyFile'>): Settings => {
  const { signer: _, ...settings } = verifierSettings({ chain, storage, addressesFile, keyFile: '' });
  return settings;
};

/** Where a worker of `folder` keeps its journal. */
export const journalOf = (folder: string) => path.join(folder, 'data/journal');

/** Writes `folder`/config.json; the worker keeps its data beside it. */
export function writeSettings(folder: string, settings: Settings, changes: Settings): string {
  const sections = new Set([...Object.keys(settings), ...Object.keys(changes)]);
  const merged = Object.fromEntries([...sections].map((name) => [name, { ...settings[name], ...changes[name] }]));
  merged['process'] = { ...merged['process'], dataDir: path.join(folder, 'data') };
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'config.json');
  writeFileSync(file, `${JSON.stringify(merged, undefined, 2)}\n`);
  return file;
}
