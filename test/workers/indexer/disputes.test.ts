// I9 with the challenge game: bonds, fees of demands and pots, as the index rebuilds them, are what the contracts hold.
import { expect } from 'chai';
import { toAddress } from '#core/hex.ts';
import type { Hex } from '#ports/chain.ts';
import { ethers, time } from '../../support/contracts/chain.ts';
import { type DisputeSystem, PARAMETERS } from '../../support/contracts/disputes.ts';
import { SmallProgram } from '../../support/contracts/smallProgram.ts';
import { Blocks, fallsOutAndReturns, Index } from '../../support/indexed.ts';

describe('I9: an index of disputes', function () {
  this.timeout(120_000);
  let index: Index;
  let small: SmallProgram;
  let s: DisputeSystem;
  let blocks: Blocks;
  let next: number;
  before(async () => {
    index = await Index.open();
  });
  after(() => index.close());
  beforeEach(async () => {
    await index.clear();
    small = await SmallProgram.start();
    ({ s } = small);
    const addresses = [s.escrow, s.models, s.nodes, s.requests, s.game].map((one) => one.getAddress());
    const [escrow, models, nodes, requests, game] = (await Promise.all(addresses)) as [Hex, Hex, Hex, Hex, Hex];
    blocks = new Blocks(ethers.provider, { escrow, models, nodes, requests, game });
    next = s.genesis;
  });

  /** Reads what is new and compares every account, and the tokens of Escrow, with the chain. */
  async function agrees(): Promise<void> {
    for (const { block, events } of await blocks.since(next)) await index.take(block, events);
    next = (await blocks.newest()) + 1;
    const rows = await index.sql.query<Readonly<Record<string, string>>>('select * from index_account');
    for (const { account = '', available, stake, nonce } of rows) {
      const view = await s.escrow.accountOf(account);
      expect([view.available, view.stake, view.nonce].map(String), account).to.deep.equal([available, stake, nonce]);
    }
    const totals = await index.answers.totals({}, {});
    expect(totals?.held).to.equal((await s.token.balanceOf(s.escrow)).toString());
    const held = rows.reduce((sum, row) => sum + BigInt(row['locked_disputes'] ?? 0), 0n);
    expect(totals?.disputes).to.equal(held.toString());
  }
  const disputesOf = async ({ address }: { address: string }) =>
    BigInt((await index.answers.balances({ account: toAddress(address) }, {}))?.locked.disputes ?? 0);

  it('follows a true challenge: the bond while it is open, the verdict, the pot', async () => {
    const d = await small.wrongly();
    const c = await d.challenge(s.rival, d.trace());
    await agrees();
    expect(await disputesOf(s.rival)).to.equal(c.bond);
    await d.uphold(s.rival, c);
    await agrees();
    expect(await disputesOf(s.rival)).to.equal(0n);
    await time.increaseTo(c.end + 17 * PARAMETERS.responseSeconds + 1);
    await d.move('claimPot', s.game.connect(s.attacker).claimPot(d.claimOf(c)));
    await agrees();
    const { activity } = (await index.answers.activityOfNode({ account: s.node.address }, {})) ?? {};
    expect(activity).to.include({
      requests: 1,
      submitted: 1,
      faulty: 1,
      disputed: 1,
      final: 0,
      open: 0,
      successRate: 0,
    });
    await fallsOutAndReturns(index, blocks, 6);
  });

  it('follows a demand that nobody answers: its fee is held, and comes back when the challenge falls', async () => {
    const d = await small.right();
    const lie = small.lie(0, 1_333);
    const c = await d.challenge(s.attacker, lie);
    const move = d.next(c, d.trace());
    if (move.kind !== 'demand') throw new Error(`a ${move.kind}`);
    await d.demand(s.other, c, move);
    await agrees();
    expect(await disputesOf(s.attacker)).to.equal(c.bond);
    expect(await disputesOf(s.other)).to.equal([...d.now(c).demands.values()][0]?.demand.fee ?? -1n);
    await fallsOutAndReturns(index, blocks, 3);
    await d.lapse(s.rival, c);
    await agrees();
    expect([await disputesOf(s.attacker), await disputesOf(s.other)]).to.deep.equal([0n, 0n]);
  });

  it('follows a false challenge through demands and answers to the proof that ends it', async () => {
    const d = await small.right();
    const lie = small.lie(0, 1_333);
    const end = await d.playOut(await d.challenge(s.attacker, lie), s.other, d.trace(), s.attacker, lie);
    expect(end.refuted).to.deep.equal({ operator: 0, element: 1_333 });
    await agrees();
    await fallsOutAndReturns(index, blocks, 25);
    await agrees();
    const id = end.request;
    const told = await index.answers.request({ request: id }, {});
    const names = told?.events.map(({ event }) => event);
    expect(names?.slice(0, 4)).to.deep.equal(['Requested', 'Submitted', 'Frozen', 'Challenged']);
    expect(names?.slice(-2)).to.deep.equal(['Thawed', 'Refuted']);
    expect(names?.filter((name) => name === 'Answered').length).to.equal(end.demands.size);
  });
});
