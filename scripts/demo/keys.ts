/** Throwaway keys of a local network, in files as a worker wants them: readable by nobody else. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Provider } from 'ethers';
import { Wallet } from 'ethers';

export const PARTIES = [
  'owner',
  'node',
  'hotKey',
  'requester',
  'keeper',
  'treasury',
  'verifier',
  'cheat',
  'liar',
] as const;
export type Party = (typeof PARTIES)[number];

export interface Keys {
  readonly wallets: Readonly<Record<Party, Wallet>>;
  readonly folder: string;
  fileOf(party: Party): string;
}

export function makeKeys(folder: string, provider: Provider): Keys {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (party: Party) => path.join(folder, `${party}.key`);
  const made = PARTIES.map((party) => {
    const { privateKey } = Wallet.createRandom();
    writeFileSync(fileOf(party), `${privateKey}\n`, { mode: 0o600 });
    return [party, new Wallet(privateKey, provider)] as const;
  });
  return { wallets: Object.fromEntries(made) as Record<Party, Wallet>, folder, fileOf };
}
