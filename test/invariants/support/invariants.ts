// The money invariants that can be checked at any moment, each under its number (README.md).
import { expect } from 'chai';
import type { Address } from '#core/hex.ts';
import { ZERO_ADDRESS, ZERO_BYTES32 } from '#core/hex.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { isOver } from '#core/protocol/request.ts';
import type { Harness } from './harness.ts';
import { claimOf, FREE, wordOf } from './words.ts';
import type { World } from './world.ts';

/** Slashes are checked once each. */
const slashesSeen = new WeakMap<World, number>();

const NEVER_USED = ZERO_BYTES32;

/** Rows never change, so their words are computed once. */
const words = new WeakMap<RequestRow, string>();

function expectedWord(row: RequestRow): string {
  const known = words.get(row) ?? wordOf(claimOf(row));
  words.set(row, known);
  return known;
}

/** What every lane that was ever used must hold. */
function expectedLanes(w: World): { payer: Address; lane: number; word: string }[] {
  return [...w.lanes.values()].map((id) => {
    const row = w.ledger.requestOf(id);
    if (row === undefined) throw new Error(`no row of ${id}`);
    const { requester: payer, lane } = row.terms;
    return { payer, lane, word: isOver(row.state) ? FREE : expectedWord(row) };
  });
}

export async function checkInvariants(h: Harness, label: string): Promise<void> {
  const w = h.world;
  const lanes = expectedLanes(w);
  const accounts = [...new Set([...w.accounts(), ...h.everybody().map(({ address }) => address)])];
  const slots = lanes.map(({ payer, lane }) => ({ capability: h.requests, payer, lane }));
  const game = h.parties.judge.address;
  for (const { address: payer } of h.everybody()) slots.push({ capability: game, payer, lane: 0 });
  const seen = await h.probe.read(h.escrow, accounts, slots);

  expect(seen.balance, `I1, C1 after ${label}: tokens in Escrow`).to.equal(w.ledger.total() + w.facts.strays);

  accounts.forEach((account, i) => {
    const { available, stake, unbonding, nonce } = w.ledger.accountOf(account);
    const view = seen.accounts[i];
    const said = [view?.available, view?.stake, view?.unbonding, view?.nonce, view?.readyAt];
    const sums = [available, stake, unbonding, nonce, BigInt(w.readyAt.get(account) ?? 0)];
    expect(said, `I9 after ${label}: what Escrow says of ${account}`).to.deep.equal(sums);
  });
  lanes.forEach(({ payer, lane, word }, i) => {
    expect(seen.words[i], `I9 after ${label}: lane ${lane} of ${payer}`).to.equal(word);
  });
  const bonds = seen.words.slice(lanes.length);
  expect(new Set(bonds), `I5 after ${label}: locks of the game`).to.deep.equal(new Set([NEVER_USED]));
  checkOneEnd(w, label);
  checkSlices(w, label);
  checkSlashes(w, label);
}

/** The world itself refuses a second end. */
function checkOneEnd(w: World, label: string): void {
  expect(w.ended.size + w.ledger.openRequests().length, `I2 after ${label}: open or ended`).to.equal(w.asked.size);
}

/** What a node ever staked, less what it took back or lost, is its free stake, its unbonding stake and one slice per request. */
function checkSlices(w: World, label: string): void {
  const held = new Map<Address, bigint>();
  for (const id of w.ledger.openRequests()) {
    const node = w.ledger.requestOf(id)?.node ?? ZERO_ADDRESS;
    held.set(node, (held.get(node) ?? 0n) + (w.ledger.lockOf(id)?.slice ?? 0n));
  }
  expect(held.get(ZERO_ADDRESS) ?? 0n, `I3 after ${label}: slices of nobody`).to.equal(0n);
  for (const [node, committed] of w.committed) {
    const { stake, unbonding } = w.ledger.accountOf(node);
    expect(stake + unbonding + (held.get(node) ?? 0n), `I3 after ${label}: stake of ${node}`).to.equal(committed);
  }
}

function checkSlashes(w: World, label: string): void {
  const seen = slashesSeen.get(w) ?? 0;
  slashesSeen.set(w, w.condemned.length);
  for (const event of w.condemned.slice(seen)) {
    const { fee = 0n, slice = 0n } = w.ledger.requestOf(event.id)?.terms ?? {};
    const parts = event.toRequester + event.toPot + event.burned;
    expect(parts, `I4, C3 after ${label}: parts of ${event.id}`).to.equal(fee + slice);
    expect(event.burned * 4n >= slice, `I4 after ${label}: a quarter of the slice is burned`).to.equal(true);
  }
}
