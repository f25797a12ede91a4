// The accounting every test ends with: all events replayed (I9), every view and every lock word compared with the replay,
// and the tokens in Escrow with the sum of all of it (C1).
import { expect } from 'chai';
import type { ContractTransactionResponse, Log } from 'ethers';
import { solidityPackedKeccak256 } from 'ethers';
import type { Address } from '#core/hex.ts';
import { toAddress } from '#core/hex.ts';
import { eventFrom } from '#core/protocol/events.ts';
import { purseOf } from '#core/protocol/ids.ts';
import type { LedgerEvent } from '#core/protocol/ledger.ts';
import { Ledger } from '#core/protocol/ledger.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { stateTag } from '#core/protocol/states.ts';
import { termsHash } from '#core/protocol/terms.ts';
import type { ChallengeGame } from '#types';
import { ethers } from './chain.ts';
import type { System } from './system.ts';

export const BURN = toAddress('0x000000000000000000000000000000000000dead');

/** What one account has inside Escrow, in wei. */
export interface Holding {
  readonly available: bigint;
  readonly stake: bigint;
  readonly unbonding: bigint;
}

/** Escrow's own words about an account. */
export async function holdingOf(s: System, account: string): Promise<Holding> {
  const [{ available, stake }, { amount }] = await Promise.all([
    s.escrow.accountOf(account),
    s.escrow.unbondingOf(account),
  ]);
  return { available, stake, unbonding: amount };
}

export const availableOf = async (s: System, account: { address: string } | string) =>
  (await holdingOf(s, typeof account === 'string' ? account : account.address)).available;

export const stakeOf = async (s: System, account: { address: string }) => (await holdingOf(s, account.address)).stake;

/** The purse of the system's model. */
export const purse = (s: System) => purseOf(Number(s.model) as Parameters<typeof purseOf>[0]);

/** Replays what Escrow and InferenceRequests have said since the system exists. */
export async function replay(s: System): Promise<Ledger> {
  const ledger = new Ledger();
  const { game } = s as { readonly game?: ChallengeGame };
  const address = [await s.requests.getAddress(), await s.escrow.getAddress()];
  if (game) address.push(await game.getAddress());
  const transactions = new Map<string, LedgerEvent[]>();
  for (const log of await ethers.provider.getLogs({ address, fromBlock: s.genesis })) {
    const parsed =
      s.requests.interface.parseLog(log) ?? s.escrow.interface.parseLog(log) ?? game?.interface.parseLog(log) ?? null;
    const event =
      parsed === null ? undefined : eventFrom(parsed.name, parsed.args as unknown as Record<string, unknown>);
    if (event === undefined) continue; // of the access manager
    const before = transactions.get(log.transactionHash) ?? [];
    transactions.set(log.transactionHash, [...before, event as LedgerEvent]);
  }
  for (const events of transactions.values()) ledger.apply(...events);
  return ledger;
}

function wordOf(row: RequestRow, ledger: Ledger): string {
  const hash = termsHash(row.terms);
  const { nonce, node, outputHash, challengeEnd, end } = row;
  const lock = ledger.lockOf(row.id);
  if (lock === undefined) throw new Error(`${row.id} holds nothing`);
  const amounts = (nonce << 192n) | (lock.slice << 96n) | lock.fee;
  const tag = () => {
    if (row.state === 'Requested' || row.state === 'Declined') return stateTag(row.state, hash);
    if (node === undefined) throw new Error(`${row.id} is ${row.state} without a node`);
    if (row.state === 'Accepted') return stateTag('Accepted', hash, node);
    if (outputHash === undefined || challengeEnd === undefined || end === undefined)
      throw new Error(`${row.id} is ${row.state} without a submission`);
    const state = row.state === 'Frozen' ? 'Frozen' : 'Submitted';
    return stateTag(state, hash, { nonce, node, outputHash, challengeEnd, end });
  };
  return solidityPackedKeccak256(['bytes32', 'uint256'], [tag(), amounts]);
}

const everybody = (s: System, ledger: Ledger): string[] => {
  const actors = Object.values(s).flatMap((value) =>
    typeof value === 'object' && value !== null && 'address' in value ? [toAddress(String(value.address))] : [],
  );
  return [...new Set([...actors, ...ledger.accounts(), purse(s), BURN])];
};

/**
 * Fails unless every account and every lock is as the events say, and the tokens in Escrow are their sum.
 * `strays` are tokens sent there without a call; they belong to nobody.
 */
export async function checkMoney(s: System, strays = 0n): Promise<Ledger> {
  const ledger = await replay(s);
  for (const account of everybody(s, ledger)) {
    const { available, stake, unbonding } = ledger.accountOf(account as Address);
    expect(await holdingOf(s, account), `what Escrow says of ${account}`).to.deep.equal({
      available,
      stake,
      unbonding,
    });
  }
  const requests = await s.requests.getAddress();
  for (const id of ledger.openRequests()) {
    const row = ledger.requestOf(id);
    if (row === undefined) throw new Error(`no row of ${id}`);
    const word = await s.escrow.lockOf(requests, row.terms.requester, row.terms.lane);
    expect(word, `the lock of a request that is ${row.state}`).to.equal(wordOf(row, ledger));
  }
  expect(await s.token.balanceOf(s.escrow), 'tokens in Escrow (C1)').to.equal(ledger.total() + strays);
  return ledger;
}

async function sheetOf(s: System): Promise<Record<string, Holding & { tokens: bigint }>> {
  const ledger = await replay(s);
  const rows = everybody(s, ledger).map(async (account) => {
    const [holding, tokens] = await Promise.all([holdingOf(s, account), s.token.balanceOf(account)]);
    return [account, { ...holding, tokens }] as const;
  });
  return Object.fromEntries(await Promise.all(rows));
}

/** Runs an attack and fails if anybody has one wei more or less afterwards, in Escrow or outside. */
export async function nobodyLoses(s: System, attack: () => Promise<unknown>): Promise<void> {
  const before = await sheetOf(s);
  await attack();
  const after = await sheetOf(s);
  for (const [account, holding] of Object.entries(after))
    expect(holding, `holding of ${account}`).to.deep.equal(
      before[account] ?? { available: 0n, stake: 0n, unbonding: 0n, tokens: await s.token.balanceOf(account) },
    );
  await checkMoney(s);
}

/** What each named account gained or lost inside Escrow (available + stake + unbonding) by the act; then checkMoney. */
export async function changes<K extends string>(
  s: System,
  accounts: Record<K, { address: string } | string>,
  act: () => Promise<unknown>,
): Promise<Record<K, bigint>> {
  const names = Object.keys(accounts) as K[];
  const wealth = async (name: K) => {
    const account = accounts[name];
    const { available, stake, unbonding } = await holdingOf(s, typeof account === 'string' ? account : account.address);
    return available + stake + unbonding;
  };
  const before = await Promise.all(names.map(wealth));
  await act();
  await checkMoney(s);
  const after = await Promise.all(names.map(wealth));
  const gains = names.map((name, i) => [name, (after[i] ?? 0n) - (before[i] ?? 0n)] as const);
  return Object.fromEntries(gains) as Record<K, bigint>;
}

/** The events of a transaction that InferenceRequests emitted, by name. */
export async function eventsOf(
  s: System,
  transaction: Pick<ContractTransactionResponse, 'wait'> | { wait(): Promise<{ logs: readonly Log[] } | null> },
) {
  const receipt = await transaction.wait();
  return (receipt?.logs ?? []).flatMap((log) => s.requests.interface.parseLog(log) ?? []);
}
