import { expect } from 'chai';
import { MaxUint256, ZeroAddress, ZeroHash } from 'ethers';
import { AskFlags } from '#core/protocol/terms.ts';
import { ethers, loadFixture, time } from '../support/contracts/chain.ts';
import { availableOf, changes, checkMoney, nobodyLoses } from '../support/contracts/money.ts';
import { refused, reverted } from '../support/contracts/refusals.ts';
import { request, tryRequest } from '../support/contracts/request.ts';
import { type Authorized, relay, signAuthorization, signPermit } from '../support/contracts/signing.ts';
import { FEE, FUNDS, fund, OPG_1, type System, system, systemOn } from '../support/contracts/system.ts';

/** The enum HostilePolicy.Answer, and whether it is a yes: success, exactly 32 bytes, equal to 1. */
const ANSWERS = [
  ['Yes', true],
  ['No', false],
  ['Two', false],
  ['Bytes31', false],
  ['Bytes33', false],
  ['Nothing', false],
  ['Reverts', false],
  ['RevertsWithYes', false],
  ['BurnsGas', false],
  ['Bomb', false],
  ['ChangesState', false],
] as const;

const NEVER = 2n ** 40n;

/** A system on a hostile token with one deposit of FUNDS by somebody else in it, made while the token behaved. */
async function on(name: string): Promise<System> {
  const s = await systemOn(await ethers.deployContract(name));
  for (const actor of [s.requester, s.other]) {
    await s.token.mint(actor, FUNDS);
    await s.token.connect(actor).approve(s.escrow, MaxUint256);
  }
  return s;
}

describe('policies and tokens', () => {
  for (const [number, [answer, allowed]] of ANSWERS.entries())
    it(`scenario 32: a policy that answers ${answer} ${allowed ? 'admits' : 'denies'}`, async () => {
      const s = await loadFixture(system);
      const policy = await ethers.deployContract('HostilePolicy', [number]);
      await s.models.connect(s.owner).setPolicy(s.version, policy);
      if (allowed) await request(s);
      else
        await nobodyLoses(s, () =>
          refused(s.models, 'Models_AccessDenied', () => tryRequest(s, { policyData: '0x1234' })),
        );
      expect(await policy.counter(), 'it was asked by a static call').to.equal(0n);
    });

  it('scenario 32: a policy without code denies; no policy admits', async () => {
    const s = await loadFixture(system);
    await s.models.connect(s.owner).setPolicy(s.version, s.attacker);
    await nobodyLoses(s, () => refused(s.models, 'Models_AccessDenied', () => tryRequest(s)));
    await s.models.connect(s.owner).setPolicy(s.version, ZeroAddress);
    await request(s);
  });

  it('scenario 32: what is asked about is the caller, not the origin of the transaction', async () => {
    const s = await loadFixture(system);
    const policy = await ethers.deployContract('AllowListPolicy', [s.models]);
    await s.models.connect(s.owner).setPolicy(s.version, policy);
    const wallet = (await ethers.deployContract('ContractWallet', [s.requester])).connect(s.requester);
    await s.escrow.connect(s.other).depositFor(wallet, 2n * FEE);
    await policy.connect(s.owner).setAllowed(s.version, [s.requester], true);
    await refused(s.models, 'Models_AccessDenied', () => tryRequest(s, { by: wallet }));
    await policy.connect(s.owner).setAllowed(s.version, [wallet], true);
    await request(s, { by: wallet });
  });

  for (const [name, error] of [
    ['FeeToken', 'Escrow_Arrived'],
    ['BonusToken', 'Escrow_Arrived'],
    ['LyingToken', 'Escrow_Arrived'],
    ['FalseToken', 'SafeERC20FailedOperation'],
  ] as const)
    it(`scenario 33: ${name} credits nobody, whichever door it comes through`, async () => {
      const s = await on(name);
      const { interface: abi } = await ethers.getContractAt('Escrow', s.escrow);
      await refused(
        { interface: abi },
        error,
        () => s.escrow.connect(s.requester).deposit(OPG_1),
        () => s.escrow.connect(s.requester).depositFor(s.other, OPG_1),
        () => s.escrow.connect(s.requester).depositWithPermit(OPG_1, 0n, 27, ZeroHash, ZeroHash),
        () => tryRequest(s, { flags: AskFlags.PULL }),
      );
      expect(await availableOf(s, s.requester)).to.equal(0n);
      expect(await availableOf(s, s.other)).to.equal(0n);
    });

  it('scenario 33: a token that answers nothing works through every door', async () => {
    const s = await fund(await on('SilentToken'));
    await (await (await request(s, { flags: AskFlags.PULL })).submit()).finalise();
    await s.escrow.connect(s.node).withdraw(1n, s.node);
    await checkMoney(s);
  });

  for (const entry of ['withdraw', 'deposit', 'stake', 'flushBurn', 'cancel'] as const)
    it(`scenario 33: a token that calls ${entry} in the middle of a transfer moves nothing twice`, async () => {
      const s = await fund(await on('HookToken'));
      const hook = await ethers.getContractAt('HookToken', s.token);
      await s.token.mint(hook, 10n * OPG_1);
      await s.escrow.connect(s.other).depositFor(hook, OPG_1);
      const story = await request(s, { node: null });
      const { interface: escrow } = s.escrow;
      const inner = {
        withdraw: [s.escrow, escrow.encodeFunctionData('withdraw', [OPG_1, s.attacker.address])],
        deposit: [s.escrow, escrow.encodeFunctionData('deposit', [OPG_1])],
        stake: [s.escrow, escrow.encodeFunctionData('stake', [OPG_1])],
        flushBurn: [s.escrow, escrow.encodeFunctionData('flushBurn')],
        cancel: [s.requests, s.requests.interface.encodeFunctionData('cancel', [story.packed, story.nonce, false])],
      } as const;
      const [target, data] = inner[entry];
      for (const afterMove of [false, true])
        for (const outer of [
          () => s.escrow.connect(s.requester).deposit(OPG_1),
          () => s.escrow.connect(s.requester).withdraw(OPG_1, s.buyer),
          () => tryRequest(s, { lane: afterMove ? 7 : 8, flags: AskFlags.PULL }),
        ]) {
          await hook.arm(target, data, afterMove);
          await outer();
          expect(await hook.callee(), 'the hook ran').to.equal(ZeroAddress);
          await checkMoney(s);
        }
      expect(await s.token.balanceOf(s.attacker), 'what it had outside').to.equal(FUNDS);
    });

  it('scenario 33: paused or blocking, the token shuts only its own door', async () => {
    const s = await fund(await on('PausableToken'));
    const pausable = await ethers.getContractAt('PausableToken', s.token);
    const story = await request(s);
    await pausable.setPaused(true);
    await (await story.submit()).finalise();
    await s.escrow.claimRoyalty(s.model);
    await s.escrow.sweepProtocol([s.model]);
    await refused(
      pausable,
      'TokenPaused',
      () => s.escrow.connect(s.node).withdraw(1n, s.node),
      () => s.escrow.connect(s.requester).deposit(1n),
      () => s.escrow.flushBurn(),
    );
    await checkMoney(s);
  });

  it('scenario 34: a permit used up by somebody else, or expired, is no error while the allowance suffices', async () => {
    const s = await loadFixture(system);
    const { v, r, s: sig } = await signPermit(s, s.requester, 3n * OPG_1, NEVER);
    await s.opg.connect(s.attacker).permit(s.requester, s.escrow, 3n * OPG_1, NEVER, v, r, sig);
    const gains = await changes(s, { requester: s.requester }, async () => {
      const escrow = s.escrow.connect(s.requester);
      await escrow.depositWithPermit(OPG_1, NEVER, v, r, sig);
      await escrow.depositWithPermit(OPG_1, NEVER, v, r, sig); // replayed: the rest of the allowance is there
      await escrow.depositWithPermit(OPG_1, 1n, v, r, sig); // expired: the same
    });
    expect(gains.requester).to.equal(3n * OPG_1);
    await reverted(() => s.escrow.connect(s.requester).depositWithPermit(1n, NEVER, v, r, sig));
  });

  it("scenario 34: nobody deposits from another's permit", async () => {
    const s = await loadFixture(system);
    await s.opg.connect(s.attacker).approve(s.escrow, 0n);
    await s.opg.connect(s.requester).approve(s.escrow, 0n);
    const { v, r, s: sig } = await signPermit(s, s.requester, OPG_1, NEVER);
    await nobodyLoses(s, () => reverted(() => s.escrow.connect(s.attacker).depositWithPermit(OPG_1, NEVER, v, r, sig)));
    await s.escrow.connect(s.requester).depositWithPermit(OPG_1, NEVER, v, r, sig);
  });

  it('scenario 34: an authorization serves once, in its time, for its account, with its signature', async () => {
    const s = await loadFixture(system);
    const now = BigInt(await time.latest());
    const a: Authorized = {
      from: s.requester.address,
      account: s.other.address,
      amount: OPG_1,
      validAfter: now + 100_000n, // far enough ahead for the slowest machine between two lines of this test
      validBefore: now + 200_000n,
      salt: `0x${'5a'.repeat(32)}`,
    };
    const signature = await signAuthorization(s, s.requester, a);
    const stranger = await signAuthorization(s, s.attacker, a);
    const forged: [Authorized, string][] = [
      [a, signature], // too early
      [{ ...a, validAfter: 0n }, signature],
      [{ ...a, validBefore: NEVER }, signature],
      [{ ...a, account: s.attacker.address }, signature],
      [{ ...a, from: s.attacker.address }, signature],
      [{ ...a, salt: ZeroHash }, signature],
      [a, stranger],
      [a, '0x'],
      [a, `${signature}00`],
    ];
    await nobodyLoses(s, () =>
      reverted(
        ...forged.map(
          ([b, sig]) =>
            () =>
              relay(s, s.attacker, b, sig),
        ),
      ),
    );
    await time.increaseTo(now + 120_000n);
    const gains = await changes(s, { other: s.other, requester: s.requester }, () =>
      relay(s, s.attacker, a, signature),
    );
    expect(gains).to.deep.equal({ other: OPG_1, requester: 0n });
    await nobodyLoses(s, () => reverted(() => relay(s, s.attacker, a, signature))); // replayed
    const late = { ...a, salt: ZeroHash };
    const signed = await signAuthorization(s, s.requester, late);
    await time.increaseTo(now + 200_000n);
    await nobodyLoses(s, () => reverted(() => relay(s, s.attacker, late, signed)));
  });
});
