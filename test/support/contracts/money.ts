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
import { probe } from './probe.ts';
import type { System } from './system.ts';

export const BURN = toAddress('0x000000000000000000000000000000000000dead');

/** What one account has inside Escrow, in wei. */
export interface Holding {
  readonly available: bigint;
  readonly stake: bigint;
  readonly unbonding: bigint;
}

/** Escrow's own words about accounts, in their order. */
export async function holdingsOf(s: System, accounts: readonly string[]): Promise<Holding[]> {
  const { accounts: found } = await probe.read(s.escrow, [...accounts], []);
  return found.map(({ available, stake, unbonding }) => ({ available, stake, unbonding }));
}

export const holdingOf = async (s: System, account: string) => (await holdingsOf(s, [account]))[0] as Holding;

export const availableOf = async (s: System, account: { address: string } | string) =>
  (await holdingOf(s, typeof account === 'string' ? account : account.address)).available;

export const stakeOf = async (s: System, account: { address: string }) => (await holdingOf(s, account.address)).stake;

/** The purse of the system's model. */
export const purse = (s: System) => purseOf(Number(s.model) as Parameters<typeof purseOf>[0]);

/** What a log says, by its block and place: the same ones are replayed after every test, and reading them is most of that. */
const told = new Map<string, LedgerEvent | undefined>();

function eventOf(s: System, game: ChallengeGame | undefined, log: Log): LedgerEvent | undefined {
  const key = `${log.blockHash} ${log.index}`;
  if (!told.has(key)) {
    const parsed =
      s.requests.interface.parseLog(log) ?? s.escrow.interface.parseLog(log) ?? game?.interface.parseLog(log) ?? null;
    const event =
      parsed === null ? undefined : eventFrom(parsed.name, parsed.args as unknown as Record<string, unknown>);
    told.set(key, event as LedgerEvent | undefined);
  }
  return told.get(key);
}

/** Replays what Escrow and InferenceRequests have said since the system exists. */
export async function replay(s: System): Promise<Ledger> {
  const ledger = new Ledger();
  const { game } = s as { readonly game?: ChallengeGame };
  const address = [await s.requests.getAddress(), await s.escrow.getAddress()];
  if (game) address.push(await game.getAddress());
  const transactions = new Map<string, LedgerEvent[]>();
  for (const log of await ethers.provider.getLogs({ address, fromBlock: s.genesis })) {
    const event = eventOf(s, game, log);
    if (event === undefined) continue; // of the access manager
    const before = transactions.get(log.transactionHash) ?? [];
    transactions.set(log.transactionHash, [...before, event]);
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
  const accounts = everybody(s, ledger);
  const rows = ledger.openRequests().map((id) => {
    const row = ledger.requestOf(id);
    if (row === undefined) throw new Error(`no row of ${id}`);
    return row;
  });
  const capability = await s.requests.getAddress();
  const slots = rows.map(({ terms }) => ({ capability, payer: terms.requester, lane: terms.lane }));
  const found = await probe.read(s.escrow, accounts, slots);
  for (const [i, account] of accounts.entries()) {
    const { available, stake, unbonding } = ledger.accountOf(account as Address);
    const said = found.accounts[i];
    expect([said?.available, said?.stake, said?.unbonding], `what Escrow says of ${account}`).to.deep.equal([
      available,
      stake,
      unbonding,
    ]);
  }
  for (const [i, row] of rows.entries())
    expect(found.words[i], `the lock of a request that is ${row.state}`).to.equal(wordOf(row, ledger));
  expect(found.balance, 'tokens in Escrow (C1)').to.equal(ledger.total() + strays);
  return ledger;
}

async function sheetOf(s: System): Promise<Record<string, Holding & { tokens: bigint }>> {
  const ledger = await replay(s);
  const accounts = everybody(s, ledger);
  const holdings = await holdingsOf(s, accounts);
  const rows = accounts.map(
    async (account, i) => [account, { ...(holdings[i] as Holding), tokens: await s.token.balanceOf(account) }] as const,
  );
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
  const addresses = Object.values<{ address: string } | string>(accounts).map((one) =>
    typeof one === 'string' ? one : one.address,
  );
  const wealth = async () =>
    (await holdingsOf(s, addresses)).map(({ available, stake, unbonding }) => available + stake + unbonding);
  const before = await wealth();
  await act();
  await checkMoney(s);
  const after = await wealth();
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
