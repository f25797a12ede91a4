// One chain in the process for all contract tests; each test starts from a fixture's snapshot.
import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import type { TransactionRequest, TransactionResponse } from 'ethers';
import { network } from 'hardhat';

export const { ethers, networkHelpers } = await network.create('local');
export const { time } = networkHelpers;

/** A fixture made an hour ago has its newest block there, while the next one is of now: a block between lets tests count from the newest. */
export async function loadFixture<T>(fixture: () => Promise<T>): Promise<T> {
  const made = await networkHelpers.loadFixture(fixture);
  await networkHelpers.mine();
  return made;
}

export type Account = HardhatEthersSigner;

/** A contract that makes any call it is told to: HostileRequester, ContractWallet. */
export interface Puppet {
  getAddress(): Promise<string>;
  execute(target: string, data: string, overrides: { gasLimit?: number }): Promise<TransactionResponse>;
}

export type Actor = Account | Puppet;

/** Set while calls are sent that nobody simulates first, because they are to fail or to succeed inside one block. */
let overrides: { gasLimit?: number } = {};

/** Makes `actor` the msg.sender of a call. Reverts come through as they are. */
export async function sendAs(actor: Actor, call: Promise<TransactionRequest>): Promise<TransactionResponse> {
  const { to, data } = await call;
  if (typeof to !== 'string') throw new Error('the call has no target');
  return 'execute' in actor
    ? actor.execute(to, data ?? '0x', overrides)
    : actor.sendTransaction({ to, data: data ?? '0x', ...overrides });
}

/** The next block is mined at this Unix second. */
export const at = (second: number | bigint) => time.setNextBlockTimestamp(second);

/** Mines the calls into one block, in this order, and tells which succeeded. */
export async function inOneBlock(second: number, ...calls: (() => Promise<TransactionResponse>)[]): Promise<boolean[]> {
  await ethers.provider.send('evm_setAutomine', [false]);
  overrides = { gasLimit: 2_000_000 };
  try {
    const sent: TransactionResponse[] = [];
    for (const call of calls) sent.push(await call());
    await at(second);
    await networkHelpers.mine();
    const receipts = await Promise.all(sent.map(({ hash }) => ethers.provider.getTransactionReceipt(hash)));
    if (new Set(receipts.map((receipt) => receipt?.blockNumber)).size !== 1) throw new Error('not in one block');
    return receipts.map((receipt) => receipt?.status === 1);
  } finally {
    overrides = {};
    await ethers.provider.send('evm_setAutomine', [true]);
  }
}

/** Leaves the chain, runs `act`, and comes back as if nothing had happened: a fork that loses. */
export async function onAFork<T>(act: () => Promise<T>): Promise<T> {
  const snapshot = await networkHelpers.takeSnapshot();
  try {
    return await act();
  } finally {
    await snapshot.restore();
  }
}
