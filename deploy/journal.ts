// What Ignition wrote down about earlier runs on a chain, and where a deployment began.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { HardhatEthers } from '@nomicfoundation/hardhat-ethers/types';

const FOLDER = path.join(import.meta.dirname, 'deployments');

export const journalOf = (chainId: number, folder = FOLDER): string => path.join(folder, `chain-${chainId}`);

const recordIn = (journal: string) => path.join(journal, 'first-block.json');
const json = (file: string) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);

/** Whether the journal is about a chain that this one is not: a contract has no code, or a block is another. */
export async function isStale(journal: string, ethers: HardhatEthers): Promise<boolean> {
  const addresses: Record<string, string> = json(path.join(journal, 'deployed_addresses.json')) ?? {};
  for (const address of Object.values(addresses)) {
    if ((await ethers.provider.getCode(address)) === '0x') return true;
  }
  const first: FirstBlock | undefined = json(recordIn(journal));
  return first !== undefined && (await ethers.provider.getBlock(first.number))?.hash !== first.hash;
}

export const forget = (journal: string): void => rmSync(journal, { recursive: true, force: true });

interface FirstBlock {
  readonly number: number;
  readonly hash: string | null;
}

/**
 * The last block before the first transaction of this deployment, also when a later run resumes it. On a public chain one
 * that is too deep for a reorganisation to replace.
 */
export async function firstBlock(journal: string | undefined, ethers: HardhatEthers, depth: number): Promise<number> {
  const known: FirstBlock | undefined = journal === undefined ? undefined : json(recordIn(journal));
  if (known !== undefined) return known.number;
  const number = Math.max(0, (await ethers.provider.getBlockNumber()) - depth);
  if (journal !== undefined) {
    const block = await ethers.provider.getBlock(number);
    mkdirSync(journal, { recursive: true });
    writeFileSync(recordIn(journal), `${JSON.stringify({ number, hash: block?.hash ?? null })}\n`);
  }
  return number;
}
