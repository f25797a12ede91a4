// Ignition writes a nonce down before it sends and the hash after. A run that ends in between leaves a nonce without a hash, and
// Ignition asks a person what became of it. The chain knows: this asks the chain.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { HardhatEthers } from '@nomicfoundation/hardhat-ethers/types';
import type { ArtifactResolver, EIP1193Provider } from '@nomicfoundation/ignition-core';
import { trackTransaction, wipe } from '@nomicfoundation/ignition-core';

interface Prepared {
  readonly futureId: string;
  readonly nonce: number;
}

export interface Sender {
  readonly ethers: HardhatEthers;
  readonly provider: EIP1193Provider;
  readonly artifactResolver: ArtifactResolver;
  readonly deployer: string;
  /** Where to begin looking for transactions of the deployer. */
  readonly firstBlock: number;
}

/** Gives the journal the hash of what was sent, and forgets what never was: sent again, it has the same nonce. */
export async function settleLostTransactions(journal: string, sender: Sender): Promise<void> {
  for (const { futureId, nonce } of lostIn(journal)) {
    const count = (tag: string) => sender.ethers.provider.getTransactionCount(sender.deployer, tag);
    if ((await count('latest')) > nonce) {
      await trackTransaction(journal, await findTransaction(sender, nonce), sender.provider);
    } else if ((await count('pending')) > nonce) {
      throw new Error(
        `Transaction ${nonce} of ${sender.deployer} (${futureId}) is sent and not mined yet. Run the same command again when it is.`,
      );
    } else {
      await wipe(journal, sender.artifactResolver, futureId);
    }
  }
}

/** Prepared and not known as sent. A wiped future starts over. */
function lostIn(journal: string): Prepared[] {
  const file = path.join(journal, 'journal.jsonl');
  if (!existsSync(file)) return [];
  const lost = new Map<string, Prepared>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const message: { type: string; futureId: string; nonce: number } = JSON.parse(line);
    if (message.type === 'TRANSACTION_PREPARE_SEND') lost.set(message.futureId, message);
    if (message.type === 'TRANSACTION_SEND' || message.type === 'WIPE_APPLY') lost.delete(message.futureId);
  }
  return [...lost.values()].sort((a, b) => a.nonce - b.nonce);
}

async function findTransaction({ ethers, deployer, firstBlock }: Sender, nonce: number): Promise<string> {
  for (let number = await ethers.provider.getBlockNumber(); number >= firstBlock; number--) {
    const block = await ethers.provider.getBlock(number, true);
    const found = block?.prefetchedTransactions.find(({ from, nonce: its }) => from === deployer && its === nonce);
    if (found) return found.hash;
  }
  throw new Error(
    `${deployer} sent a transaction with nonce ${nonce}, but none is found from block ${firstBlock} on: the key was used elsewhere.`,
  );
}
