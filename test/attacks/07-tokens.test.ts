import { expect } from 'chai';
import { MaxUint256, ZeroHash } from 'ethers';
import { AskFlags } from '#core/protocol/terms.ts';
import { type Account, ethers, loadFixture, time } from '../support/contracts/chain.ts';
import { availableOf, changes, checkMoney, holdingOf, nobodyLoses, purse } from '../support/contracts/money.ts';
import { refused } from '../support/contracts/refusals.ts';
import { request, tryRequest } from '../support/contracts/request.ts';
import { type Authorized, nonceOf, relay, signAuthorization, signPermit } from '../support/contracts/signing.ts';
import {
  FEE,
  FUNDS,
  fund,
  OPG_1,
  ROYALTY,
  type System,
  system,
  systemOn,
  UNBONDING,
} from '../support/contracts/system.ts';

const NEVER = 2n ** 40n;

/** A system on a hostile token; `actor` holds FUNDS of it and has approved Escrow. */
async function on(name: string): Promise<System> {
  const s = await systemOn(await ethers.deployContract(name));
  for (const actor of [s.requester, s.node, s.other]) {
    await s.token.mint(actor, FUNDS);
    await s.token.connect(actor).approve(s.escrow, MaxUint256);
  }
  return s;
}

const deposit = (s: System, by: Account, amount = OPG_1) => s.escrow.connect(by).deposit(amount);

describe('attacks with and on the token', () => {
  it('attack 24: a royalty owner that the token blocks, or that would revert, blocks nobody: the purse waits', async () => {
    const s = await fund(await on('BlocklistToken'));
    const block = await ethers.getContractAt('BlocklistToken', s.token);
    const story = await (await request(s)).submit();
    await block.setBlocked(s.owner, true);
    await block.setBlocked(s.treasury, true);
    await story.finalise();
    await s.escrow.claimRoyalty(s.model); // a credit, not a transfer
    await s.escrow.sweepProtocol([s.model]);
    expect(await availableOf(s, s.owner)).to.equal(ROYALTY);
    expect(await availableOf(s, s.treasury)).to.equal(FEE / 20n);
    expect(await holdingOf(s, purse(s))).to.deep.equal({ available: 0n, stake: 0n, unbonding: 0n });
    await s.escrow.connect(s.owner).withdraw(ROYALTY, s.buyer);
    await checkMoney(s);
  });

  it('attack 24: a model token in a contract that reverts on everything still collects', async () => {
    const s = await loadFixture(system);
    await s.models.connect(s.owner).transferFrom(s.owner, s.token, s.model);
    await (await (await request(s)).submit()).finalise();
    await s.escrow.claimRoyalty(s.model);
    expect(await availableOf(s, await s.token.getAddress())).to.equal(ROYALTY);
  });

  it('attack 27, case 52: a permit that somebody else submitted first does not stop the deposit', async () => {
    const s = await loadFixture(system);
    await s.opg.connect(s.other).approve(s.escrow, 0n);
    const { v, r, s: sig } = await signPermit(s, s.other, OPG_1, NEVER);
    await s.opg.connect(s.attacker).permit(s.other, s.escrow, OPG_1, NEVER, v, r, sig);
    const gains = await changes(s, { other: s.other, attacker: s.attacker }, () =>
      s.escrow.connect(s.other).depositWithPermit(OPG_1, NEVER, v, r, sig),
    );
    expect(gains).to.deep.equal({ other: OPG_1, attacker: 0n });
    await expect(s.escrow.connect(s.other).depositWithPermit(OPG_1, NEVER, v, r, sig), 'used up').to.be.revert(ethers);
  });

  it('attack 27, case 53: an authorization cannot be used ahead of Escrow, redirected or used twice', async () => {
    const s = await loadFixture(system);
    const a: Authorized = {
      from: s.other.address,
      account: s.requester.address,
      amount: OPG_1,
      validAfter: 0n,
      validBefore: NEVER,
      salt: ZeroHash,
    };
    const signature = await signAuthorization(s, s.other, a);
    await nobodyLoses(s, async () => {
      const args = [a.from, s.escrow, a.amount, 0n, NEVER, nonceOf(a.account, a.salt), signature] as const;
      const form = '(address,address,uint256,uint256,uint256,bytes32,bytes)' as const;
      await expect(s.opg.connect(s.attacker)[`receiveWithAuthorization${form}`](...args)).to.be.revert(ethers);
      await expect(s.opg.connect(s.attacker)[`transferWithAuthorization${form}`](...args)).to.be.revert(ethers);
      await expect(relay(s, s.attacker, { ...a, account: s.attacker.address }, signature)).to.be.revert(ethers);
      await expect(relay(s, s.attacker, { ...a, amount: a.amount + 1n }, signature)).to.be.revert(ethers);
    });
    const gains = await changes(s, { requester: s.requester, attacker: s.attacker }, () =>
      relay(s, s.attacker, a, signature),
    );
    expect(gains).to.deep.equal({ requester: OPG_1, attacker: 0n });
    await nobodyLoses(s, () => expect(relay(s, s.attacker, a, signature)).to.be.revert(ethers));
  });

  for (const name of ['FeeToken', 'BonusToken', 'LyingToken'])
    it(`attack 28, case 51: ${name} delivers another amount than asked and is refused, by deposit and by a pulled fee`, async () => {
      const s = await on(name);
      const pulled = () => tryRequest(s, { flags: AskFlags.PULL });
      await refused(s.escrow, 'Escrow_Arrived', () => deposit(s, s.requester), pulled);
      expect(await availableOf(s, s.requester)).to.equal(0n);
    });

  it('attack 28, case 51: a token that answers false is refused, one that answers nothing is served', async () => {
    const no = await on('FalseToken');
    await expect(deposit(no, no.requester)).to.be.revert(ethers);
    expect(await availableOf(no, no.requester)).to.equal(0n);

    const silent = await on('SilentToken');
    await fund(silent);
    await (await (await request(silent)).submit()).finalise();
    await silent.escrow.connect(silent.requester).withdraw(OPG_1, silent.buyer);
    expect(await silent.token.balanceOf(silent.buyer)).to.equal(OPG_1);
  });

  it('attack 28: a token whose receiveWithAuthorization does nothing credits nothing', async () => {
    const s = await on('EmptyAuthorizationToken');
    const a = { from: s.other.address, account: s.attacker.address, amount: OPG_1, validAfter: 0n, validBefore: NEVER };
    await expect(relay(s, s.attacker, { ...a, salt: ZeroHash }, '0x'))
      .to.be.revertedWithCustomError(s.escrow, 'Escrow_Arrived')
      .withArgs(OPG_1, 0n);
  });

  for (const afterMove of [false, true])
    it(`attack 28: a hook ${afterMove ? 'after' : 'before'} the move that deposits for itself is not credited twice`, async () => {
      const s = await on('HookToken');
      const hook = await ethers.getContractAt('HookToken', s.token);
      await s.token.mint(hook, OPG_1);
      await deposit(s, s.other, 5n * OPG_1); // somebody else's money is there to be stolen
      const inner = s.escrow.interface.encodeFunctionData('depositFor', [s.requester.address, OPG_1]);
      await hook.arm(s.escrow, inner, afterMove);
      await deposit(s, s.requester).then(
        (sent) => sent.wait(),
        () => undefined, // refused as a whole: just as well
      );
      await hook.arm(
        s.escrow,
        s.escrow.interface.encodeFunctionData('withdraw', [OPG_1, s.attacker.address]),
        afterMove,
      );
      await deposit(s, s.requester);
      expect(await hook.lastSucceeded(), 'the token itself has no account').to.equal(false);
      await checkMoney(s);
    });

  it('attack 28: an account the token blocks withdraws to another address; nobody else notices', async () => {
    const s = await fund(await on('BlocklistToken'));
    const block = await ethers.getContractAt('BlocklistToken', s.token);
    const story = await (await request(s)).submit();
    await block.setBlocked(s.node, true);
    await story.finalise();
    await expect(s.escrow.connect(s.node).withdraw(1n, s.node)).to.be.revertedWithCustomError(block, 'Blocked');
    await s.escrow.connect(s.node).withdraw(OPG_1, s.buyer);
    await s.escrow.connect(s.requester).withdraw(OPG_1, s.requester);
    await checkMoney(s);
  });

  it('attack 28: while the token is paused everything inside goes on; only the door is shut', async () => {
    const s = await fund(await on('PausableToken'));
    const pausable = await ethers.getContractAt('PausableToken', s.token);
    await pausable.setPaused(true);
    await (await (await request(s)).submit()).finalise();
    await s.escrow.connect(s.node).unstake(1n);
    await time.increase(UNBONDING);
    await s.escrow.connect(s.node).release();
    await expect(s.escrow.connect(s.node).withdraw(1n, s.node)).to.be.revertedWithCustomError(pausable, 'TokenPaused');
    await pausable.setPaused(false);
    await s.escrow.connect(s.node).withdraw(1n, s.node);
    await checkMoney(s);
  });

  it('attack 28: a rebase credits nobody, and what is paid in afterwards is measured', async () => {
    const s = await fund(await on('RebasingToken'));
    const rebasing = await ethers.getContractAt('RebasingToken', s.token);
    const before = await availableOf(s, s.requester);
    const held = await s.token.balanceOf(s.escrow);
    await rebasing.rebase(200);
    expect(await availableOf(s, s.requester)).to.equal(before);
    await expect(deposit(s, s.requester)).to.be.revertedWithCustomError(s.escrow, 'Escrow_Arrived');
    await rebasing.rebase(100);
    expect(await s.token.balanceOf(s.escrow)).to.equal(held);
    await checkMoney(s);
  });

  it('attack 49: tokens sent straight to Escrow change no answer and belong to nobody', async () => {
    const s = await loadFixture(system);
    const story = await (await request(s)).submit();
    await s.token.connect(s.attacker).transfer(s.escrow, 7n);
    await expect(s.escrow.connect(s.attacker).withdraw(FUNDS + 7n, s.attacker))
      .to.be.revertedWithCustomError(s.escrow, 'Escrow_Overdraw')
      .withArgs(s.attacker, FUNDS + 7n, FUNDS);
    await deposit(s, s.other);
    await time.increaseTo(story.end);
    await story.attempt.finalise();
    await s.escrow.flushBurn();
    await checkMoney(s, 7n);
  });
});
