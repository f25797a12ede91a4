/** A request that the game left frozen until its rescue: nobody's money stays behind in the game, and nobody is slashed any more. */
import { expect } from 'chai';
import { type Demand, openDemands } from '#core/challenges/follow.ts';
import { consentOf, rescue, setConsent } from '../../sdk/index.ts';
import { time } from '../support/contracts/chain.ts';
import { clientAs } from '../support/contracts/client.ts';
import { type DisputeSystem, PARAMETERS } from '../support/contracts/disputes.ts';
import { changes } from '../support/contracts/money.ts';
import { demandOf, positionsOf } from '../support/contracts/positions.ts';
import { SELECT, SELECT_INPUT } from '../support/contracts/programs.ts';
import { eachTrial, type Trial } from '../support/contracts/trials.ts';
import { rejectsLater } from '../support/rejects.ts';

describe('the real game after a rescue', () => {
  let s: DisputeSystem;
  let trial: Trial;
  eachTrial(SELECT, [SELECT_INPUT], (made) => {
    ({ s } = trial = made);
  });

  const lie = () => trial.lie();

  it('returns the bond of a true challenge that nobody upheld in time, and slashes nobody', async () => {
    const wrong = await trial.wrongly();
    const c = await wrong.challenge(s.rival, wrong.trace());
    const challengeEnd = wrong.story.described.challengeEnd;
    await time.increaseTo(challengeEnd + Number(PARAMETERS.rescueDelay) + 10);
    await (await wrong.story.attempt.rescue({ by: s.keeper })).wait();
    const gains = await changes(s, { rival: s.rival, node: s.node, requester: s.requester }, async () => {
      await wrong.uphold(s.keeper, c);
    });
    expect(gains['node']).to.equal(0n);
    expect(gains['requester']).to.equal(0n);
    expect(gains['rival']).to.equal(c.bond);
    await expect(s.game.claimPot(wrong.claimOf(c) as never)).to.be.revertedWithCustomError(
      s.game,
      'Game_NothingToClaim',
    );
  });

  it('comes by the SDK, of whoever asks, and not before its time', async () => {
    const wrong = await trial.wrongly();
    await wrong.challenge(s.rival, wrong.trace());
    const rescuer = await clientAs(s, s.other);
    const { id, terms } = wrong.story;
    const asked = { id, block: s.genesis };
    await rejectsLater('Requests_TooEarly', rescue(rescuer, asked));
    await time.increaseTo(wrong.story.described.challengeEnd + Number(PARAMETERS.rescueDelay) + 10);
    const gains = await changes(s, { node: s.node, requester: s.requester, other: s.other }, async () => {
      await rescue(rescuer, asked);
    });
    expect(gains).to.deep.equal({ node: terms.slice, requester: terms.fee, other: 0n });
    await rejectsLater('Requests_NotCurrent', rescue(rescuer, asked));
  });

  it('needs consent, which the SDK gives and takes back', async () => {
    const account = await clientAs(s, s.other);
    expect(await consentOf(account, account.address)).to.equal(true);
    await setConsent(account, false);
    expect(await consentOf(account, account.address)).to.equal(false);
    const right = await trial.rightly();
    await expect(right.challenge(s.other, lie())).to.be.revertedWithCustomError(s.escrow, 'Escrow_NoConsent');
    await setConsent(account, true);
    await right.challenge(s.other, lie());
  });

  it('divides the bond of a challenge whose demand was not answered, and returns the fee', async () => {
    const right = await trial.rightly();
    const f = await right.challenge(s.attacker, lie());
    await right.demand(
      s.node,
      f,
      demandOf(lie(), right.salt(s.attacker), positionsOf(trial.published.program)[0] as Demand['position'] as never),
      500,
    );
    const challengeEnd = right.story.described.challengeEnd;
    await time.increaseTo(challengeEnd + Number(PARAMETERS.rescueDelay) + 10);
    await (await right.story.attempt.rescue({ by: s.keeper })).wait();
    const [open] = openDemands(right.now(f));
    const gains = await changes(s, { attacker: s.attacker, node: s.node }, async () => {
      await right.lapse(s.keeper, f);
    });
    expect(gains['attacker']).to.equal(0n);
    expect(gains['node'] > (open?.demand.fee ?? 0n)).to.equal(true);
  });
});
