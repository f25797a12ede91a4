import { expect } from 'chai';
import { purseOf } from '#core/protocol/ids.ts';
import type { LedgerEvent } from '#core/protocol/ledger.ts';
import { Ledger } from '#core/protocol/ledger.ts';
import { BURN } from '#core/protocol/postings.ts';
import { rejects } from '../../support/rejects.ts';
import * as story from '../../support/story.ts';

const { game, keeper, node, requester, terms } = story;
const parameters = { arbiter: game } as Extract<LedgerEvent, { type: 'SetAppended' }>['parameters'];

/** A requester with 5,000 free, a node with 20,000 staked. */
function opened(...events: LedgerEvent[]): Ledger {
  const ledger = new Ledger();
  const setup: LedgerEvent[] = [
    { type: 'SetAppended', set: 1, parameters },
    { type: 'Deposited', account: requester, amount: 5_000n },
    { type: 'Deposited', account: node, amount: 20_000n },
    { type: 'Staked', account: node, amount: 20_000n },
  ];
  for (const event of [...setup, ...events]) ledger.apply(event);
  return ledger;
}

const available = (ledger: Ledger) => ledger.accountOf(requester).available;
const stake = (ledger: Ledger) => ledger.accountOf(node).stake;

describe('ledger (I9)', () => {
  it('should hold the fee from the request and the slice from the submission on', () => {
    const ledger = opened(story.requested());
    expect(available(ledger)).to.equal(4_000n);
    expect(ledger.accountOf(requester).nonce).to.equal(1n);
    expect(ledger.lockOf(story.id)).to.deep.equal({ payer: requester, lane: 3, fee: 1_000n, slice: 0n });
    ledger.apply(story.submittedBy(node));
    expect(stake(ledger)).to.equal(10_000n);
    expect(ledger.lockOf(story.id)?.slice).to.equal(10_000n);
    expect(ledger.total()).to.equal(25_000n);
  });

  it('should take the slice once when accepted first', () => {
    const ledger = opened(story.requested(), story.acceptedBy(node), story.submittedBy(node));
    expect(stake(ledger)).to.equal(10_000n);
    expect(ledger.total()).to.equal(25_000n);
  });

  it('should pay node, model, protocol and keeper when final', () => {
    const ledger = opened(story.requested(), story.submittedBy(node));
    ledger.apply(story.finalisedFor(node, 10n));
    const purse = ledger.accountOf(purseOf(terms.model));
    expect(ledger.accountOf(node).available).to.equal(840n);
    expect(stake(ledger)).to.equal(20_000n);
    expect([purse.available, purse.stake]).to.deep.equal([100n, 50n]);
    expect(ledger.accountOf(keeper).available).to.equal(10n);
    expect(ledger.openRequests()).to.deep.equal([]);
    expect(ledger.lockOf(story.id)).to.equal(undefined);
    expect(ledger.total()).to.equal(25_000n);
    ledger.apply({ type: 'RoyaltyClaimed', model: terms.model, owner: game, amount: 100n });
    ledger.apply({ type: 'ProtocolSwept', model: terms.model, treasury: keeper, amount: 50n });
    expect(ledger.accountOf(game).available).to.equal(100n);
    expect(ledger.accountOf(keeper).available).to.equal(60n);
    expect(ledger.total()).to.equal(25_000n);
  });

  for (const ending of [story.cancelled, story.expired])
    it(`should give the fee back when ${ending.type}`, () => {
      const ledger = opened(story.requested(), ending);
      expect(available(ledger)).to.equal(5_000n);
      expect(stake(ledger)).to.equal(20_000n);
    });

  it('should give fee and penalty to the requester when not delivered', () => {
    const ledger = opened(story.requested(), story.acceptedBy(node), story.undeliveredBy(node));
    expect(available(ledger)).to.equal(5_500n);
    expect(stake(ledger)).to.equal(19_500n);
    expect(ledger.total()).to.equal(25_000n);
  });

  it('should share a slice between requester, game and fire when faulty (I4)', () => {
    const ledger = opened(story.requested(), story.submittedBy(node), story.frozen, story.condemned(node));
    expect(available(ledger)).to.equal(6_000n);
    expect(ledger.accountOf(game).available).to.equal(4_000n);
    expect(ledger.accountOf(BURN).available).to.equal(5_000n);
    expect(stake(ledger)).to.equal(10_000n);
    expect(ledger.total()).to.equal(25_000n);
    ledger.apply({ type: 'BurnFlushed', amount: 5_000n });
    expect(ledger.total()).to.equal(20_000n);
  });

  it('should give everybody their own back when rescued', () => {
    const ledger = opened(story.requested(), story.submittedBy(node), story.frozen, story.rescued);
    expect([available(ledger), stake(ledger)]).to.deep.equal([5_000n, 20_000n]);
  });

  it('should follow stake through unbonding', () => {
    const ledger = opened({ type: 'Unstaked', account: node, amount: 8_000n, readyAt: 99 });
    expect(ledger.accountOf(node)).to.include({ stake: 12_000n, unbonding: 8_000n, readyAt: 99 });
    ledger.apply({ type: 'Restaked', account: node, amount: 3_000n });
    ledger.apply({ type: 'Released', account: node, amount: 5_000n });
    ledger.apply({ type: 'Withdrawn', account: node, to: keeper, amount: 5_000n });
    expect(ledger.accountOf(node)).to.include({ available: 0n, stake: 15_000n, unbonding: 0n });
    expect(ledger.total()).to.equal(20_000n);
  });

  it('should refuse, without changing anything, an event that takes what is not there', () => {
    const ledger = opened();
    const tooMuch = story.requested({ fee: 5_001n });
    expect(rejects('ledger.mismatch', () => ledger.apply(tooMuch)).payload.available).to.equal(5_000n);
    expect(ledger.requestOf(story.id)).to.equal(undefined);
    expect(ledger.total()).to.equal(25_000n);
    rejects('ledger.mismatch', () => ledger.apply({ type: 'Withdrawn', account: keeper, to: keeper, amount: 1n }));
  });
});
