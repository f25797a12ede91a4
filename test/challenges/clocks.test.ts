/** Every bound belongs to whoever moves; one second later to the timeout. Nobody is ever left less than R to react. */
import { expect } from 'chai';
import { type Challenge, openDemands } from '#core/challenges/follow.ts';
import type { Position } from '#core/challenges/position.ts';
import type { ReferenceTrace } from '#core/challenges/reference.ts';
import { asArgument } from '../../sdk/mutable.ts';
import { at, inOneBlock, networkHelpers, onAFork, sendAs } from '../support/contracts/chain.ts';
import { type Dispute, type DisputeSystem, disputeSystem, wireDemand } from '../support/contracts/disputes.ts';
import { availableOf, checkMoney } from '../support/contracts/money.ts';
import { demandOf, positionsOf } from '../support/contracts/positions.ts';
import { floatsOf, moves } from '../support/contracts/programs.ts';
import { refused } from '../support/contracts/refusals.ts';
import { alteredData, R, Trial, W } from '../support/contracts/trials.ts';

describe('clocks of the challenge game', () => {
  let s: DisputeSystem;
  let trial: Trial;
  let lie: ReferenceTrace;
  beforeEach(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
    // One Move of 18 leaves: two demands lead to an element, the operator's and the leaf's.
    trial = await Trial.of(s, moves(1, 1_100), [[floatsOf(1_100)]]);
    lie = trial.trace(0, (_, data) => alteredData(data, 700));
  });
  afterEach(() => checkMoney(s));

  const demanded = async (d: Dispute, c: Challenge) => {
    const move = d.next(c, d.trace());
    if (move.kind !== 'demand') throw new Error(`a ${move.kind}`);
    await d.demand(s.other, c, move);
    return openOf(d, c);
  };
  const openOf = (d: Dispute, c: Challenge) => {
    const [open] = openDemands(d.now(c));
    if (open === undefined) throw new Error('a demand is open');
    return open.demand;
  };
  /** The challenge's words, not as events tell them. */
  const endOf = async (c: Challenge) => Number((await s.game.challengeOf(c.id)).end);

  it('dispute 16, case 1, case 4: moves at due - 1, due and due + 1', async () => {
    const d = await trial.rightly();
    const c = await d.challenge(s.attacker, lie);
    const demand = await demanded(d, c);
    expect(demand.late).to.equal(demand.due - R / 2);
    const lapse = () => s.game.lapse(d.claimOf(c), wireDemand(demand), []);
    const answer = () => d.answer(s.rival, c, lie, demand);
    for (const second of [demand.due - 1, demand.due])
      await onAFork(async () => {
        await at(second);
        await refused(s.game, 'Game_TooEarly', lapse);
      });
    for (const second of [demand.due - 1, demand.due])
      await onAFork(async () => {
        await at(second);
        await answer();
      });
    await onAFork(async () => {
      await at(demand.due + 1);
      await refused(s.game, 'Game_TooLate', answer);
    });
    await at(demand.due + 1);
    await d.move('lapse', lapse());
    expect(d.now(c).state).to.equal('fallen');
  });

  it('dispute 16: the fee is the challenger’s up to due - R/2, then the sender’s', async () => {
    const d = await trial.rightly();
    const c = await d.challenge(s.attacker, lie);
    const demand = await demanded(d, c);
    const [attacker, rival] = [await availableOf(s, s.attacker), await availableOf(s, s.rival)];
    await onAFork(async () => {
      await at(demand.late);
      await d.answer(s.rival, c, lie, demand);
      expect(await availableOf(s, s.attacker)).to.equal(attacker + demand.fee);
      expect(await availableOf(s, s.rival)).to.equal(rival);
    });
    await at(demand.late + 1);
    await d.answer(s.rival, c, lie, demand);
    expect(await availableOf(s, s.attacker)).to.equal(attacker);
    expect(await availableOf(s, s.rival)).to.equal(rival + demand.fee);
  });

  it('dispute 16: moves at end - 1, end and end + 1', async () => {
    const d = await trial.rightly();
    const c = await d.challenge(s.attacker, lie);
    expect(c.end).to.equal(c.postedAt + W);
    const proof = d.foresee(c, d.trace(), lie);
    for (const second of [c.end - 1, c.end])
      await onAFork(async () => {
        await at(second);
        await refused(s.game, 'Game_TooEarly', () => s.game.uphold(d.claimOf(c)));
      });
    for (const second of [c.end - 1, c.end])
      await onAFork(async () => {
        await at(second);
        await d.prove(s.other, c, proof);
      });
    d.challenges = new Map([[c.id, c]]);
    await onAFork(async () => {
      await at(c.end + 1);
      await refused(s.game, 'Game_TooLate', () => d.prove(s.other, c, proof));
    });
    await at(c.end + 1);
    await d.move('uphold', s.game.uphold(d.claimOf(c)));
    expect(d.now(c).state).to.equal('upheld');
  });

  it('dispute 16: moves at challengeEnd - 1, challengeEnd and challengeEnd + 1', async () => {
    const d = await trial.wrongly();
    const { challengeEnd } = d.story.described;
    for (const second of [challengeEnd - 1, challengeEnd])
      await onAFork(async () => {
        await at(second);
        await refused(s.requests, 'Requests_TooEarly', () => d.story.attempt.finalise());
      });
    for (const second of [challengeEnd - 1, challengeEnd])
      await onAFork(async () => {
        await at(second);
        await d.challenge(s.rival, d.trace());
      });
    await onAFork(async () => {
      await at(challengeEnd + 1);
      await refused(s.requests, 'Requests_TooLate', () => d.challenge(s.rival, d.trace()));
    });
    // Where another challenge holds the request, its clock is still its own.
    await onAFork(async () => {
      await d.challenge(s.attacker, lie);
      await at(challengeEnd + 1);
      await refused(s.game, 'Game_TooLate', () => d.challenge(s.rival, d.trace()));
    });
    d.challenges = new Map();
    await at(challengeEnd + 1);
    await d.story.attempt.finalise();
    await d.story.is('over');
  });

  it('dispute 17, case 1, case 10: asked and answered in the last second at each level, the refuter has R for each reaction', async () => {
    const d = await trial.rightly();
    const c = await d.challenge(s.attacker, lie);
    const { postedAt } = c;
    const last = [postedAt + W, postedAt + W + 2 * R];
    const tooLate = (second: number) =>
      onAFork(async () => {
        await at(second);
        await refused(s.game, 'Game_TooLate', () => demanded(d, c));
      });

    await tooLate((last[0] as number) + 1);
    await at(last[0] as number);
    const first = await demanded(d, c);
    expect(await endOf(c)).to.equal(first.due + R);
    await at(first.due);
    await d.answer(s.attacker, c, lie, first);

    await tooLate((last[1] as number) + 1);
    await at(last[1] as number);
    const second = await demanded(d, c);
    expect(second.position.kind).to.equal('leaf');
    const hard = postedAt + W + 2 * 2 * R;
    expect(await endOf(c), 'the hard end').to.equal(hard);
    await at(second.due);
    await d.answer(s.attacker, c, lie, second);

    await onAFork(async () => {
      await at(hard + 1);
      await refused(s.game, 'Game_TooLate', () => proved(d, c));
    });
    await at(hard);
    await proved(d, c);
    expect(d.now(c).refuted).to.deep.equal({ operator: 0, element: 700 });
  });

  it('dispute 17: an early demand adds nothing to the clock, a late one 2R', async () => {
    const d = await trial.wrongly();
    const mine = d.trace();
    const c = await d.challenge(s.rival, mine);
    const early = await demandedOf(d, c, mine, 0);
    expect(await endOf(c)).to.equal(c.end);
    await d.answer(s.rival, c, mine, early);
    await at(c.end);
    const late = await demandedOf(d, c, mine, 1);
    expect(await endOf(c)).to.equal(c.end + 2 * R);
    await refused(s.game, 'Game_DemandsOpen', async () => {
      await at(c.end + 2 * R + 1);
      await s.game.uphold(d.claimOf(c));
    });
    await d.move('lapse', s.game.lapse(d.claimOf(c), wireDemand(late), [wireDemand(early)]));
    expect(d.now(c).state, 'a challenge that nobody answers for falls, true as it was').to.equal('fallen');
  });

  it('dispute 39: a proof and an upholding in one block, in either order: exactly one succeeds', async () => {
    const d = await trial.rightly();
    const c = await d.challenge(s.attacker, lie);
    const { proof } = d.foresee(c, d.trace(), lie);
    const prove = () =>
      sendAs(s.other, s.game.prove.populateTransaction(d.claimOf(c), d.published.meaning, asArgument(proof), []));
    const uphold = () => sendAs(s.rival, s.game.uphold.populateTransaction(d.claimOf(c)));
    for (const [second, proved_] of [
      [c.end, true],
      [c.end + 1, false],
    ] as const)
      for (const proofFirst of [true, false])
        await onAFork(async () => {
          const done = await inOneBlock(second, ...(proofFirst ? [prove, uphold] : [uphold, prove]));
          expect(done).to.deep.equal(proofFirst ? [proved_, !proved_] : [!proved_, proved_]);
          expect((await s.game.challengeOf(c.id)).state).to.equal(proved_ ? 3n : 2n);
          await checkMoney(s);
        });
  });

  it('dispute 40: gas ten times as dear in R: somebody who is paid the fee answers in the last second', async () => {
    const d = await trial.wrongly();
    const mine = d.trace();
    const c = await d.challenge(s.rival, mine);
    const demand = await demandedOf(d, c, mine, 0);
    await networkHelpers.setNextBlockBaseFeePerGas(10n ** 11n);
    const before = await availableOf(s, s.other);
    await at(demand.due);
    await d.answer(s.other, c, mine, demand);
    expect(await availableOf(s, s.other)).to.equal(before + demand.fee);
    await d.uphold(s.keeper, c);
    expect(d.now(c).state).to.equal('upheld');
  });

  async function proved(d: Dispute, c: Challenge): Promise<void> {
    const move = d.next(c, d.trace());
    if (move.kind !== 'prove') throw new Error(`a ${move.kind}`);
    await d.prove(s.other, c, move);
  }

  async function demandedOf(d: Dispute, c: Challenge, trace: ReferenceTrace, place: number) {
    const position = positionsOf(d.published.program)[place] as Position;
    await d.demand(s.node, c, demandOf(trace, d.salt(s.rival), position));
    return openOf(d, c);
  }
});
