/** Several challenges of one result: copies, ranks, the pot; ids that cannot be taken from somebody else. */
import { expect } from 'chai';
import { ZeroAddress } from 'ethers';
import type { Challenge } from '#core/challenges/follow.ts';
import type { ReferenceTrace } from '#core/challenges/reference.ts';
import { toAddress } from '#core/hex.ts';
import { traceSlots } from '#core/semantics/trace.ts';
import { type Account, at, ethers, inOneBlock, onAFork, sendAs, time } from '../support/contracts/chain.ts';
import type { Dispute, DisputeSystem } from '../support/contracts/disputes.ts';
import { Forgery } from '../support/contracts/forgeries.ts';
import { availableOf, changes } from '../support/contracts/money.ts';
import { SELECT, SELECT_INPUT } from '../support/contracts/programs.ts';
import { refused } from '../support/contracts/refusals.ts';
import { FEE } from '../support/contracts/system.ts';
import { eachTrial, hardEnd, PSI, RHO, type Trial } from '../support/contracts/trials.ts';

describe('ranks of challenges', () => {
  let s: DisputeSystem;
  let trial: Trial;
  eachTrial(SELECT, [SELECT_INPUT], (made) => {
    ({ s } = trial = made);
  });

  const claimPot = (d: Dispute, c: Challenge, by: Account = s.keeper) =>
    d.move('claimPot', s.game.connect(by).claimPot(d.claimOf(c)));

  /** What `victim` has posted or is about to post, posted by somebody who knows no more than its transaction. */
  const copyOf = (d: Dispute, victim: Account, output: number) =>
    new Forgery(
      d.trace(),
      {},
      {
        // Every slot is the victim's but the one that the evidence opens: its tensor is in the transaction.
        slots: (mine, { request, item }) => {
          const challenger = toAddress(victim.address);
          const theirs = traceSlots(d.trace().tensors, { request, item, challenger });
          return theirs.map((slot, k) => (k === output ? (mine[k] as typeof slot) : slot));
        },
      },
    );

  it('dispute 9, case 12, case 73: T and evidence copied as they are belong to nobody else', async () => {
    const d = await trial.wrongly();
    const { claim, meaning, children, evidence } = d.posting(s.rival, d.trace());
    const copied = { ...claim, challenger: toAddress(s.attacker.address) };
    await refused(s.game, 'Game_NotChallenger', () =>
      s.game.connect(s.attacker).challenge(claim, meaning, children, evidence, 0),
    );
    const traces = await ethers.getContractAt('ITraceVerifier', await s.game.traceVerifier());
    await expect(s.game.connect(s.attacker).challenge(copied, meaning, children, evidence, 0))
      .to.be.revertedWithCustomError(traces, 'Traces_NoEvidence')
      .withArgs('slotPath');
    await d.challenge(s.rival, d.trace());
  });

  it('dispute 9, case 5: a copy of the evidence in the same block falls, and the original earns pot and bond', async () => {
    const d = await trial.wrongly();
    const copy = copyOf(d, s.rival, 1);
    const gains = await changes(s, { rival: s.rival, attacker: s.attacker, requester: s.requester }, async () => {
      const first = await d.challenge(s.attacker, copy);
      const second = await d.challenge(s.rival, d.trace());
      expect([first.rank, second.rank]).to.deep.equal([0, 1]);
      // Its first slot is the rival's: nobody can open it under the copier's name.
      const move = d.next(first, d.trace());
      if (move.kind !== 'demand') throw new Error(`a ${move.kind}`);
      await d.demand(s.rival, first, move);
      await expect(
        d.answer(s.attacker, first, d.trace(), [...d.now(first).demands.values()][0]?.demand as never),
      ).to.be.revert(ethers);
      await d.lapse(s.rival, first);
      expect(d.now(first).state).to.equal('fallen');
      await d.uphold(s.keeper, second);
      await time.increaseTo(hardEnd(second));
      await claimPot(d, second);
    });
    const bond = await s.game.bondOf(d.published.meaning);
    expect(gains).to.deep.equal({ rival: RHO + bond / 2n, attacker: -bond, requester: FEE + PSI });
  });

  it('dispute 10: of two that are upheld the earlier one earns the pot, and not before the hard end', async () => {
    for (const order of ['first, second', 'second, first'] as const) {
      const d = await trial.wrongly(0, 0, 0, order === 'first, second' ? 0 : 1);
      const lane = order === 'first, second' ? 0 : 1;
      const gains = await changes(s, { rival: s.rival, other: s.other }, async () => {
        const first = await d.challenge(s.other, d.trace(), 0, lane);
        const second = await d.challenge(s.rival, d.trace(), 0, lane);
        for (const c of order === 'first, second' ? [first, second] : [second, first]) await d.uphold(s.keeper, c);
        await at(hardEnd(first) - 1);
        await refused(s.game, 'Game_TooEarly', () => s.game.claimPot(d.claimOf(second)));
        await at(hardEnd(first));
        await claimPot(d, second, s.attacker);
        await refused(s.game, 'Game_NothingToClaim', () => s.game.claimPot(d.claimOf(first)));
      });
      expect(gains, order).to.deep.equal({ rival: 0n, other: RHO });
    }
  });

  it('dispute 11: an earlier challenge that nobody resolved by then forfeits its rank, and keeps its bond', async () => {
    const d = await trial.wrongly();
    const gains = await changes(s, { rival: s.rival, other: s.other }, async () => {
      const forgotten = await d.challenge(s.other, d.trace());
      const second = await d.challenge(s.rival, d.trace());
      await d.uphold(s.keeper, second);
      await time.increaseTo(hardEnd(second));
      await claimPot(d, second);
      await d.uphold(s.keeper, forgotten);
      expect(d.now(forgotten).state).to.equal('upheld');
      await refused(s.game, 'Game_NothingToClaim', () => s.game.claimPot(d.claimOf(forgotten)));
    });
    expect(gains).to.deep.equal({ rival: RHO, other: 0n });
  });

  it('case 6: one challenge per party and trace; another trace or another result is another challenge', async () => {
    const d = await trial.wrongly();
    const lie: ReferenceTrace = trial.lie();
    await d.challenge(s.rival, d.trace());
    await refused(s.game, 'Game_AlreadyPosted', () => d.challenge(s.rival, d.trace(), 0, 1));
    const own = await d.challenge(s.rival, lie, 0, 1);
    await d.prove(s.other, own, d.foresee(own, d.trace(), lie));
    await refused(s.game, 'Game_AlreadyPosted', () => d.challenge(s.rival, lie, 0, 1));
    const second = await trial.wrongly(0, 0, 0, 1);
    await second.challenge(s.rival, second.trace(), 0, 1);
  });

  it('case 16: the best never gets worse: not by a later verdict, a fallen challenge, or one after the pot was paid', async () => {
    const d = await trial.wrongly();
    const lie = trial.lie();
    const sham = await d.challenge(s.attacker, lie); // ranks first
    const [first, second, third] = [
      await d.challenge(s.other, d.trace()),
      await d.challenge(s.rival, d.trace()),
      await d.challenge(s.node, d.trace()),
    ];
    const best = async () => (await s.game.bestOf(d.submissionId)).challenger;
    expect(await best()).to.equal(ZeroAddress);
    await d.prove(s.other, sham, d.foresee(sham, d.trace(), lie));
    expect(await best(), 'of one that fell').to.equal(ZeroAddress);
    await d.uphold(s.keeper, second);
    expect(await best()).to.equal(s.rival.address);
    await d.uphold(s.keeper, third);
    expect(await best(), 'a later one').to.equal(s.rival.address);
    await d.uphold(s.keeper, first);
    expect(await best(), 'an earlier one').to.equal(s.other.address);
    await time.increaseTo(hardEnd(second));
    await claimPot(d, third);
    expect(await best()).to.equal(s.other.address);
    await refused(s.game, 'Game_NothingToClaim', () => s.game.claimPot(d.claimOf(second)));
  });

  it('case 15: the wait for a pot is that of the challenge it goes to, whichever was upheld first', async () => {
    const d = await trial.wrongly();
    const first = await d.challenge(s.other, d.trace());
    await time.increase(200);
    const second = await d.challenge(s.rival, d.trace());
    expect(hardEnd(second) - hardEnd(first)).to.be.greaterThan(199);
    await d.uphold(s.keeper, second);
    await onAFork(async () => {
      // Alone it waits for its own time: an earlier one could still come.
      await at(hardEnd(first));
      await refused(s.game, 'Game_TooEarly', () => s.game.claimPot(d.claimOf(second)));
      await at(hardEnd(second));
      await claimPot(d, second);
    });
    await d.uphold(s.keeper, first);
    await at(hardEnd(first) - 1);
    await refused(s.game, 'Game_TooEarly', () => s.game.claimPot(d.claimOf(first)));
    await at(hardEnd(first));
    const before = await availableOf(s, s.other);
    await claimPot(d, first);
    expect(await availableOf(s, s.other)).to.equal(before + RHO);
  });

  it('case 20, case 26: two upholdings in one block: the slice is slashed once', async () => {
    const d = await trial.wrongly();
    const gains = await changes(s, { requester: s.requester }, async () => {
      const both = [await d.challenge(s.rival, d.trace()), await d.challenge(s.other, d.trace())];
      const calls = both.map((c) => () => sendAs(s.keeper, s.game.uphold.populateTransaction(d.claimOf(c))));
      const done = await inOneBlock((both[1] as Challenge).end + 1, ...calls);
      expect(done).to.deep.equal([true, true]);
    });
    expect(gains).to.deep.equal({ requester: FEE + PSI });
    const condemned = await s.requests.queryFilter(s.requests.filters.Condemned());
    expect(condemned.length).to.equal(1);
  });

  it('case 13, trap tx.origin: pot and bond are the challenger’s, a contract as well as an account, whoever sends the moves', async () => {
    const wallet = await ethers.deployContract('ContractWallet', [s.attacker]);
    const [capability] = await s.escrow.queryFilter(s.escrow.filters.CapabilityAppended(undefined, s.game));
    const consent = s.escrow.setConsent.populateTransaction(capability?.args.index as bigint, true);
    const puppet = wallet.connect(s.attacker);
    await sendAs(puppet, consent);
    await s.escrow.connect(s.other).depositFor(wallet, 10n * FEE);
    const d = await trial.wrongly();
    const gains = await changes(s, { wallet: await wallet.getAddress(), attacker: s.attacker }, async () => {
      const c = await d.challenge(puppet, d.trace());
      await d.uphold(s.keeper, c);
      await time.increaseTo(hardEnd(c));
      await claimPot(d, c, s.attacker);
    });
    expect(gains).to.deep.equal({ wallet: RHO, attacker: 0n });
  });
});
