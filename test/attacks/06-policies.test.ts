import { expect } from 'chai';
import { ethers, loadFixture } from '../support/contracts/chain.ts';
import { EXACT } from '../support/contracts/model.ts';
import { nobodyLoses } from '../support/contracts/money.ts';
import { request, tryRequest } from '../support/contracts/request.ts';
import { type System, system } from '../support/contracts/system.ts';

/** The enum HostilePolicy.Answer. */
const ANSWER = { Yes: 0, No: 1, RevertsWithYes: 7, BurnsGas: 8, Bomb: 9, ChangesState: 10, YesIfGas: 11 } as const;

async function guarded(s: System, answer: number) {
  const policy = await ethers.deployContract('HostilePolicy', [answer]);
  await s.models.connect(s.owner).setPolicy(s.version, policy);
  return policy;
}

describe('attacks by access policies', () => {
  it('attack 22: a policy that says yes and then no cannot take a request back', async () => {
    const s = await loadFixture(system);
    const policy = await guarded(s, ANSWER.Yes);
    const story = await request(s);
    await policy.set(ANSWER.No, 0);
    await nobodyLoses(s, () =>
      expect(tryRequest(s, { lane: 1 }))
        .to.be.revertedWithCustomError(s.models, 'Models_AccessDenied')
        .withArgs(s.version, s.requester),
    );
    await (await story.submit()).finalise();
  });

  it('attack 22: the answer cannot be turned by the gas limit: the policy gets its gas or the request reverts', async () => {
    const s = await loadFixture(system);
    const policy = await guarded(s, ANSWER.YesIfGas);
    await policy.set(ANSWER.YesIfGas, 45_000);
    const keeper = await ethers.deployContract('HostileKeeper');
    const data = s.models.interface.encodeFunctionData('requireAccess', [s.version, s.requester.address, '0x']);
    let answered = 0;
    for (let gas = 20_000; gas <= 140_000; gas += 3000) {
      const { success, returned } = await keeper.starve.staticCall(s.models, gas, data);
      if (success) answered++;
      // Starved, it must not read as "denied": a requester would be turned away by somebody else's gas limit.
      else if (returned !== '0x') expect(s.models.interface.parseError(returned)?.name).to.equal('Models_PolicyGas');
    }
    expect(answered).to.be.greaterThan(0);
    await request(s);
  });

  for (const answer of ['BurnsGas', 'Bomb', 'RevertsWithYes', 'ChangesState'] as const)
    it(`attack 23: a policy that ${answer} denies only its own model, at a bounded cost`, async () => {
      const s = await loadFixture(system);
      await guarded(s, ANSWER[answer]);
      await nobodyLoses(s, () => expect(tryRequest(s)).to.be.revertedWithCustomError(s.models, 'Models_AccessDenied'));
      const view = s.models.requireAccess.staticCall(s.version, s.requester, '0x', { gasLimit: 120_000 });
      await expect(view, 'within 120,000 gas').to.be.revertedWithCustomError(s.models, 'Models_AccessDenied');
      await request(s, { shape: EXACT });
    });
});
