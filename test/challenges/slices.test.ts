/** Every request has a slice of its own: many faults at once, exits before the fault, other versions, odd amounts. */
import { expect } from 'chai';
import type { TransactionResponse } from 'ethers';
import type { Challenge } from '#core/challenges/follow.ts';
import { at, inOneBlock, sendAs, time } from '../support/contracts/chain.ts';
import { Dispute, type DisputeSystem, withGame } from '../support/contracts/disputes.ts';
import { availableOf, BURN, changes, holdingOf, stakeOf } from '../support/contracts/money.ts';
import { SELECT, SELECT_INPUT } from '../support/contracts/programs.ts';
import { request, type Story } from '../support/contracts/request.ts';
import { appendSet, FEE, FUNDS, systemWith, UNBONDING } from '../support/contracts/system.ts';
import { altered, alteredData, eachTrial, hardEnd, PSI, RHO, SLICE, Trial } from '../support/contracts/trials.ts';
import { bytesOf } from '../support/tensorBytes.ts';

/** Faults of one node at a time; 1,000 are the scenario's. */
const FAULTS = Number(process.env['DISPUTE_FAULTS'] ?? 12);
/** Transactions of 2,000,000 gas that fit into one block. */
const BLOCK = 12;
const STAKE = FUNDS / 2n;

describe('slices of the challenge game', function () {
  this.timeout(60_000 + FAULTS * 2_000);
  let s: DisputeSystem;
  let trial: Trial;
  eachTrial(SELECT, [SELECT_INPUT], (made) => {
    ({ s } = trial = made);
  });

  /** Sends the calls, as many in one block as it takes, a second apart. */
  async function inBlocks(
    second: number,
    calls: readonly (() => Promise<TransactionResponse>)[],
  ): Promise<TransactionResponse[]> {
    const sent: TransactionResponse[] = [];
    const kept = calls.map((call) => async () => {
      const response = await call();
      sent.push(response);
      return response;
    });
    for (let i = 0; i < kept.length; i += BLOCK) {
      const some = kept.slice(i, i + BLOCK);
      expect(await inOneBlock(second + i / BLOCK, ...some)).to.deep.equal(some.map(() => true));
    }
    return sent;
  }

  /** Requests, and then all their wrong results at once. */
  async function faults(): Promise<Dispute[]> {
    const { shape, version } = trial.published;
    const stories: Story[] = [];
    for (let lane = 0; lane < FAULTS; lane++)
      stories.push(await request(s, { version, shape, lane, input: bytesOf(SELECT_INPUT) }));
    const submitted = (trial.reference[0] ?? []).map((one, o) => (o === 0 ? altered(one, 0) : one));
    const output = bytesOf(submitted);
    const calls = stories.map((story) => () => story.attempt.submit({ output }));
    for (const [i, sent] of (await inBlocks((await time.latest()) + 1, calls)).entries())
      await stories[i]?.submitted(sent, s.node, output);
    return stories.map((story) => new Dispute(s, trial.published, story, [SELECT_INPUT], [submitted]));
  }

  async function challenged(all: readonly Dispute[]): Promise<Challenge[]> {
    const calls = all.map((d, lane) => {
      const { claim, meaning, children, evidence } = d.posting(s.rival, d.trace());
      return () => sendAs(s.rival, s.game.challenge.populateTransaction(claim, meaning, children, evidence, lane));
    });
    for (const [i, sent] of (await inBlocks((await time.latest()) + 1, calls)).entries())
      await all[i]?.move('challenge', Promise.resolve(sent));
    return all.map(({ challenges }) => [...challenges.values()][0] as Challenge);
  }

  it(`dispute 34, case 26: ${FAULTS} faults of one node in one block, condemned in one block: each slice pays its own request`, async () => {
    const wanted = BigInt(FAULTS) * SLICE;
    await s.token.connect(s.deployer).approve(s.escrow, 2n ** 256n - 1n);
    for (const who of [s.node, s.requester, s.rival]) await s.escrow.connect(s.deployer).depositFor(who, wanted);
    await s.escrow.connect(s.node).unstake(STAKE);
    await s.escrow.connect(s.node).stake(wanted); // exactly as much as the slices
    expect(await stakeOf(s, s.node)).to.equal(wanted);
    const all = await faults();
    expect(await stakeOf(s, s.node), 'all of it answers for something').to.equal(0n);
    const parties = { node: s.node, requester: s.requester, rival: s.rival, burn: BURN };
    const gains = await changes(s, parties, async () => {
      const posted = await challenged(all);
      const last = Math.max(...posted.map(({ end }) => end));
      const calls = posted.map((c, i) => {
        const claim = (all[i] as Dispute).claimOf(c);
        return () => sendAs(s.keeper, s.game.uphold.populateTransaction(claim));
      });
      await inBlocks(last + 1, calls);
      await time.increaseTo(Math.max(...posted.map(hardEnd)));
      for (const [i, c] of posted.entries()) await s.game.claimPot((all[i] as Dispute).claimOf(c));
    });
    const n = BigInt(FAULTS);
    expect(gains).to.deep.equal({
      node: 0n,
      requester: n * (FEE + PSI),
      rival: n * RHO,
      burn: n * (SLICE - PSI - RHO),
    });
    for (const d of all) await d.story.is('over');
  });

  it('dispute 35, case 24: an exit queued before the fault leaves the slice where it was', async () => {
    await s.escrow.connect(s.node).unstake(STAKE - SLICE);
    const d = await trial.wrongly();
    await at(d.story.described.challengeEnd);
    const gains = await changes(s, { node: s.node, requester: s.requester, rival: s.rival }, async () => {
      const c = await d.challenge(s.rival, d.trace());
      await d.uphold(s.keeper, c);
      await time.increaseTo(hardEnd(c));
      await s.game.claimPot(d.claimOf(c));
    });
    expect(gains).to.deep.equal({ node: 0n, requester: FEE + PSI, rival: RHO });
    await time.increase(UNBONDING);
    await s.escrow.connect(s.node).release();
    expect(await holdingOf(s, s.node.address)).to.deep.equal({ available: FUNDS - SLICE, stake: 0n, unbonding: 0n });
  });

  it('dispute 35, case 25: an exit in front of the verdict in its block takes only what was free', async () => {
    const d = await trial.wrongly();
    const c = await d.challenge(s.rival, d.trace());
    const escrow = s.escrow.connect(s.node);
    const done = await inOneBlock(
      c.end + 1,
      () => escrow.unstake(STAKE - SLICE, { gasLimit: 200_000 }),
      () => escrow.withdraw(STAKE, s.node, { gasLimit: 200_000 }),
      () => sendAs(s.keeper, s.game.uphold.populateTransaction(d.claimOf(c))),
    );
    expect(done).to.deep.equal([true, true, true]);
    expect(await availableOf(s, await s.game.getAddress())).to.equal(RHO);
    expect(await holdingOf(s, s.node.address)).to.deep.equal({ available: 0n, stake: 0n, unbonding: STAKE - SLICE });
  });

  it('case 26: two verdicts of one fault, and a lapse beside them: one slice', async () => {
    const exact = await Trial.of(s, SELECT, [SELECT_INPUT], 'exact');
    const submitted = exact.reference.map((list) => list.map((one) => ({ ...one, data: alteredData(one.data, 0) })));
    const d = await Dispute.of(s, exact.published, exact.inputs, submitted, 0, 'theirs');
    const { packed, described, shape } = d.story;
    const gains = await changes(s, { burn: BURN, requester: s.requester, rival: s.rival, other: s.other }, async () => {
      const first = await d.challenge(s.rival, d.trace());
      const second = await d.challenge(s.other, d.trace());
      const position = { item: 0, output: 0, leaf: 0 };
      const sent = await s.game
        .connect(s.attacker)
        .demandOutput(packed, described, position, [...shape.outputHeaders], 0);
      const receipt = await sent.wait();
      const [event] = (receipt?.logs ?? []).flatMap((log) => s.game.interface.parseLog(log) ?? []);
      await time.increaseTo(second.end);
      for (const c of [second, first]) await d.uphold(s.keeper, c);
      await s.game.lapseOutput(packed, described, event?.args['demand'].toObject(true));
      await time.increaseTo(hardEnd(second));
      await s.game.claimPot(d.claimOf(first));
    });
    expect(gains).to.deep.equal({ burn: SLICE - PSI - RHO, requester: FEE + PSI, rival: RHO, other: 0n });
  });

  for (const sliceFloor of [1n, 9n, 10_001n])
    it(`case 27: a slice of ${sliceFloor} wei is shared to the wei, what rounds away is burned`, async () => {
      const small = await withGame(await systemWith({ sliceFloor, thetaPct: 0 }));
      // The set that names the game is the second one.
      const set = await small.requests.parametersOf(await small.requests.currentSet());
      expect(set.sliceFloor).to.equal(SLICE);
      await smaller(small, sliceFloor);
      const tiny = await Trial.of(small, SELECT, [SELECT_INPUT]);
      const d = await tiny.wrongly();
      expect(d.story.terms.slice).to.equal(sliceFloor);
      const game = await small.game.getAddress();
      const gains = await changes(
        small,
        { requester: small.requester, game, burn: BURN, rival: small.rival },
        async () => {
          await d.uphold(small.keeper, await d.challenge(small.rival, d.trace()));
        },
      );
      const [psi, rho] = [sliceFloor / 10n, (sliceFloor * 4n) / 10n];
      expect(gains).to.deep.equal({ requester: FEE + psi, game: rho, burn: sliceFloor - psi - rho, rival: 0n });
      expect(gains.burn > 0n).to.equal(true);
    });

  /** The game's own set with another slice floor. */
  async function smaller(system: DisputeSystem, sliceFloor: bigint): Promise<void> {
    await appendSet(system, { arbiter: await system.game.getAddress(), sliceFloor, thetaPct: 0 });
  }

  it('case 28: a node that has lost everything stakes and serves again, and is judged again', async () => {
    await s.escrow.connect(s.node).unstake(STAKE - SLICE);
    const d = await trial.wrongly();
    await d.uphold(s.keeper, await d.challenge(s.rival, d.trace()));
    expect(await stakeOf(s, s.node)).to.equal(0n);
    await s.escrow.connect(s.node).stake(2n * SLICE);
    await (await (await trial.rightly(1)).story.finalise()).is('over');
    const again = await trial.wrongly(0, 0, 0, 2);
    await again.uphold(s.keeper, await again.challenge(s.rival, again.trace(), 0, 3));
    expect(await stakeOf(s, s.node)).to.equal(SLICE);
  });

  it('case 35: the version is retired and another published: the dispute is about the program it was asked for', async () => {
    const d = await trial.wrongly();
    const c = await d.challenge(s.rival, d.trace());
    await s.models.connect(s.owner).retire(d.published.version);
    const other = await Trial.of(s, SELECT, [SELECT_INPUT], { atol: 0x7f7fffff, rtol: 0 });
    const { claim, meaning } = { claim: d.claimOf(c), meaning: other.published.meaning };
    const posting = d.posting(s.other, d.trace());
    await expect(
      s.game
        .connect(s.other)
        .challenge({ ...claim, challenger: s.other.address }, meaning, posting.children, posting.evidence, 0),
    ).to.be.revertedWithCustomError(s.traces, 'Traces_WrongVersion');
    await d.challenge(s.other, d.trace());
    await d.uphold(s.keeper, c);
    expect(d.now(c).state).to.equal('upheld');
  });
});
