/** The money of disputes, to the wei: every event replayed, every account and lock compared, and what section 8 of the specification says. */
import { expect } from 'chai';
import { parseEther } from 'ethers';
import { time } from '../support/contracts/chain.ts';
import { type DisputeSystem, GAS_PRICE, PARAMETERS } from '../support/contracts/disputes.ts';
import { availableOf, BURN, checkMoney, stakeOf } from '../support/contracts/money.ts';
import { SmallProgram } from '../support/contracts/smallProgram.ts';
import { FEE } from '../support/contracts/system.ts';

const SLICE = parseEther('20');
const PSI = SLICE / 10n;
const RHO = (SLICE * 4n) / 10n;

describe('the money of a dispute', () => {
  let small: SmallProgram;
  let s: DisputeSystem;

  beforeEach(async () => {
    small = await SmallProgram.start();
    ({ s } = small);
  });
  // I9 and C1 with everything that disputes hold, whatever happened.
  afterEach(() => checkMoney(s));

  const lie = (k: number, e: number) => small.lie(k, e);
  const emptied = async () => expect(await availableOf(s, await s.game.getAddress())).to.equal(0n);

  it('upheld: the slice is split, the fee returns, the bond returns, the pot waits for the hard end', async () => {
    const d = await small.wrongly();
    const [requester, rival, burn] = await Promise.all([
      availableOf(s, s.requester),
      availableOf(s, s.rival),
      availableOf(s, BURN),
    ]);
    const c = await d.challenge(s.rival, d.trace());
    expect(await availableOf(s, s.rival)).to.equal(rival - c.bond);
    await d.uphold(s.rival, c);
    const psi = PSI > FEE ? FEE : PSI;
    expect(await availableOf(s, s.requester)).to.equal(requester + FEE + psi);
    expect(await availableOf(s, s.rival)).to.equal(rival);
    expect(await availableOf(s, BURN)).to.equal(burn + SLICE - psi - RHO);
    const first = c.postedAt + (c.end - c.postedAt) + 17 * PARAMETERS.responseSeconds + 1;
    await time.setNextBlockTimestamp(first - 1);
    await expect(s.game.claimPot(d.claimOf(c))).to.be.revertedWithCustomError(s.game, 'Game_TooEarly');
    await time.setNextBlockTimestamp(first);
    await d.move('claimPot', s.game.connect(s.attacker).claimPot(d.claimOf(c)));
    expect(await availableOf(s, s.rival)).to.equal(rival + RHO);
    await expect(s.game.claimPot(d.claimOf(c))).to.be.revertedWithCustomError(s.game, 'Game_NothingToClaim');
    await emptied();
  });

  it('refuted by proof: half to those who led there, a quarter to the node, the rest burned', async () => {
    const d = await small.right();
    const before = await Promise.all([availableOf(s, s.other), availableOf(s, s.node), availableOf(s, BURN)]);
    const stake = await stakeOf(s, s.node);
    const c = await d.challenge(s.attacker, lie(0, 1_333));
    const end = await d.playOut(c, s.other, d.trace(), s.attacker, lie(0, 1_333));
    expect(end.refuted).to.deep.equal({ operator: 0, element: 1_333 });
    const fees = [...end.demands.values()].reduce((sum, { demand }) => sum + demand.fee, 0n);
    const [pool, toNode] = [c.bond / 2n, c.bond / 4n];
    // The same account demanded and proved: it gets the pool, and has paid the fees to whoever answered.
    expect(await availableOf(s, s.other)).to.equal(before[0] + pool - fees);
    expect(await availableOf(s, s.node)).to.equal(before[1] + toNode);
    expect(await availableOf(s, BURN)).to.equal(before[2] + c.bond - pool - toNode);
    expect(await stakeOf(s, s.node)).to.equal(stake);
    await emptied();
  });

  it('fallen by silence: the fee returns with half of the bond', async () => {
    const d = await small.right();
    const before = await availableOf(s, s.other);
    const c = await d.challenge(s.attacker, lie(2, 0));
    await d.playOut(c, s.other, d.trace(), s.attacker, lie(2, 0), 0);
    expect(d.now(c).state).to.equal('fallen');
    expect(await availableOf(s, s.other)).to.equal(before + c.bond / 2n);
    await emptied();
  });

  it('open demands of a fallen challenge go back to their owners, and only once', async () => {
    const d = await small.right();
    const c = await d.challenge(s.attacker, lie(0, 3));
    const move = d.next(c, d.trace());
    if (move.kind !== 'demand') throw new Error(`a ${move.kind}`);
    await d.demand(s.other, c, move);
    // Somebody else demands another operator, for nothing, and is not answered either.
    const idle = { ...d.next(c, d.trace()) };
    expect(idle.kind).to.equal('wait');
    const before = await availableOf(s, s.other);
    await d.lapse(s.rival, c);
    expect(await availableOf(s, s.other)).to.equal(
      before + c.bond / 2n + ([...d.now(c).demands.values()][0]?.demand.fee ?? 0n),
    );
    await emptied();
  });

  it('two true challenges: the earlier one gets the pot, the later one its bond', async () => {
    const d = await small.wrongly();
    const [rival, other] = await Promise.all([availableOf(s, s.rival), availableOf(s, s.other)]);
    const first = await d.challenge(s.rival, d.trace());
    const second = await d.challenge(s.other, d.trace());
    await d.uphold(s.other, second);
    await d.uphold(s.rival, first);
    await time.increaseTo(first.end + 17 * PARAMETERS.responseSeconds + 1);
    await d.move('claimPot', s.game.claimPot(d.claimOf(second)));
    expect(await availableOf(s, s.rival)).to.equal(rival + RHO);
    expect(await availableOf(s, s.other)).to.equal(other);
    await emptied();
  });

  it('a bond covers twice the pool at the price of gas that the game was made with', async () => {
    const d = await small.wrongly();
    const c = await d.challenge(s.rival, d.trace());
    const { levels, largestStep } = small.published.meaning.program;
    const fees = (2n * levels * 500_000n * GAS_PRICE * 3n) / 2n;
    const work = ((levels * 240_000n + 300_000n + largestStep) * GAS_PRICE * 3n) / 2n;
    const unit = 10n ** 15n;
    expect(c.bond).to.equal(((2n * (fees + work) + unit - 1n) / unit) * unit);
    await d.uphold(s.rival, c);
  });
});
