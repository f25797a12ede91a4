// What Ignition wrote down about earlier runs on a chain, and where a deployment began.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { HardhatEthers } from '@nomicfoundation/hardhat-ethers/types';

const FOLDER = path.join(import.meta.dirname, 'deployments');

export const journalOf = (chainId: number, folder = FOLDER): string => path.join(folder, `chain-${chainId}`);

/** Whether the journal speaks of contracts that the chain does not have: the chain was started anew. */
export async function isStale(journal: string, ethers: HardhatEthers): Promise<boolean> {
  const file = path.join(journal, 'deployed_addresses.json');
  if (!existsSync(file)) return false;
  const addresses: Record<string, string> = JSON.parse(readFileSync(file, 'utf8'));
  for (const address of Object.values(addresses)) {
    if ((await ethers.provider.getCode(address)) === '0x') return true;
  }
  return false;
}

export const forget = (journal: string): void => rmSync(journal, { recursive: true, force: true });

/** The block before the first transaction of this deployment, also when a later run resumes it. */
export function firstBlock(journal: string | undefined, current: number): number {
  if (journal === undefined) return current;
  const file = path.join(journal, 'first-block.json');
  if (existsSync(file)) return Number(JSON.parse(readFileSync(file, 'utf8')));
  mkdirSync(journal, { recursive: true });
  writeFileSync(file, `${current}\n`);
  return current;
}
