// Cases 38 to 65 of the collection of published audits: escrow, prepaid accounts, settlement in batches. Those about
// vouchers and channels have nothing to be tried on yet: README.md says which.
import { expect } from 'chai';
import { Signature, ZeroAddress, ZeroHash } from 'ethers';
import { AskFlags } from '#core/protocol/terms.ts';
import { BEHAVIOUR, CALLBACK, consumer } from '../support/contracts/actors.ts';
import { finaliseCall, finaliseEach } from '../support/contracts/batch.ts';
import { ethers, loadFixture, sendAs, time } from '../support/contracts/chain.ts';
import { availableOf, changes, checkMoney, eventsOf, nobodyLoses } from '../support/contracts/money.ts';
import { refused, reverted } from '../support/contracts/refusals.ts';
import { request, tryRequest } from '../support/contracts/request.ts';
import { type Authorized, relay, signAuthorization, signPermit } from '../support/contracts/signing.ts';
import { FEE, FUNDS, OPG_1, PARAMETERS, type System, system } from '../support/contracts/system.ts';

const NEVER = 2n ** 40n;

const authorized = (s: System, changes: Partial<Authorized> = {}): Authorized => ({
  from: s.requester.address,
  account: s.requester.address,
  amount: OPG_1,
  validAfter: 0n,
  validBefore: NEVER,
  salt: ZeroHash,
  ...changes,
});

describe('published cases: escrow and settlement', () => {
  it('case 39: a signature for one deployment deposits in no other', async () => {
    const s = await loadFixture(system);
    const twin = { ...s, escrow: await ethers.getContractAt('IEscrow', s.buyer) };
    const a = authorized(s);
    const signature = await signAuthorization(twin, s.requester, a); // to another Escrow
    await nobodyLoses(s, () => reverted(() => relay(s, s.attacker, a, signature)));
  });

  it('case 40: a permit is no authorization and an authorization no permit', async () => {
    const s = await loadFixture(system);
    await s.opg.connect(s.requester).approve(s.escrow, 0n);
    const a = authorized(s);
    const permit = await signPermit(s, s.requester, OPG_1, NEVER);
    const { v, r, s: sig } = Signature.from(await signAuthorization(s, s.requester, a));
    await nobodyLoses(s, () =>
      reverted(
        () => relay(s, s.attacker, a, permit.serialized),
        () => s.escrow.connect(s.requester).depositWithPermit(OPG_1, NEVER, v, r, sig),
      ),
    );
  });

  it('case 41: no malformed signature is anybody, least of all the zero address', async () => {
    const s = await loadFixture(system);
    const a = authorized(s);
    const good = await signAuthorization(s, s.requester, a);
    const body = good.slice(0, 130);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const { r, s: low, yParity } = Signature.from(good);
    const high = (order - BigInt(low)).toString(16).padStart(64, '0');
    const twin = `${r}${high}${yParity === 0 ? '1c' : '1b'}`;
    const broken = ['0x', body, `${body}00`, `${body}01`, `${good}00`, twin, `0x${'00'.repeat(65)}`];
    const compact = Signature.from(good).compactSerialized;
    await nobodyLoses(s, async () => {
      await reverted(...[...broken, compact].map((signature) => () => relay(s, s.attacker, a, signature)));
      const nobody = authorized(s, { from: ZeroAddress, account: s.attacker.address });
      await reverted(...broken.map((signature) => () => relay(s, s.attacker, nobody, signature)));
    });
    await relay(s, s.attacker, a, good);
  });

  it('case 44, trap all-or-nothing batch claim: one bad row does not revert the others, and every row says how it fared', async () => {
    const s = await loadFixture(system);
    const good = await (await request(s)).submit();
    const frozen = await (await (await request(s, { lane: 1 })).submit()).freeze();
    const paid = await (await request(s, { lane: 2, by: s.other })).submit();
    await time.increaseTo(paid.end + 1);
    const rows = [good, frozen, good, paid].map((story) => finaliseCall(story));
    expect(await finaliseEach(s, s.keeper, rows)).to.deep.equal(['DONE', 'GONE', 'GONE', 'DONE']);
    await frozen.is('Frozen');
    await checkMoney(s);
  });

  it('case 45: a preview of a batch with duplicates promises no more than the batch does', async () => {
    const s = await loadFixture(system);
    const story = await (await request(s)).submit();
    await time.increaseTo(story.end + 1);
    const rows = [finaliseCall(story), finaliseCall(story)];
    const preview = await s.requests.connect(s.keeper).finaliseEach.staticCall(rows, false);
    const gains = await changes(s, { node: s.node }, () => s.requests.connect(s.keeper).finaliseEach(rows, false));
    expect(preview.map(Number)).to.deep.equal([0, 1]);
    expect(gains.node).to.equal(PARAMETERS.sliceFloor + FEE - FEE / 100n - FEE / 20n);
  });

  it('case 46: what did nothing says so: a status that is not DONE, and no event', async () => {
    const s = await loadFixture(system);
    const story = await (await request(s)).submit();
    const early = await s.requests.connect(s.keeper).finaliseEach([finaliseCall(story)], false);
    expect(await eventsOf(s, early)).to.deep.equal([]);
    await story.is('Submitted');
    await refused(s.requests, 'Requests_TooEarly', () => story.attempt.finalise());
  });

  it('case 47: nothing is served for less than its fee: a request without the money is none', async () => {
    const s = await loadFixture(system);
    const escrow = s.escrow.connect(s.requester);
    await escrow.withdraw(FUNDS - FEE + 1n, s.requester);
    await s.token.connect(s.requester).approve(s.escrow, FEE - 1n);
    await nobodyLoses(s, async () => {
      await refused(s.escrow, 'Escrow_Overdraw', () => tryRequest(s));
      await reverted(() => tryRequest(s, { flags: AskFlags.PULL }));
    });
    await request(s, { fee: FEE - 1n });
  });

  it('case 48: a fee from the balance takes exactly the fee and leaves the rest', async () => {
    const s = await loadFixture(system);
    const before = await availableOf(s, s.requester);
    await request(s, { fee: 7n * FEE });
    expect(await availableOf(s, s.requester)).to.equal(before - 7n * FEE);
    const outside = await s.token.balanceOf(s.requester);
    await request(s, { fee: 3n * FEE, lane: 1, flags: AskFlags.PULL });
    expect(await availableOf(s, s.requester), 'a pulled fee does not touch it').to.equal(before - 7n * FEE);
    expect(await s.token.balanceOf(s.requester)).to.equal(outside - 3n * FEE);
    await checkMoney(s);
  });

  it('case 49: request, submit, finalise and withdraw re-entered from each other find no stale money', async () => {
    const s = await loadFixture(system);
    const asker = await consumer(s, FUNDS / 10n);
    const story = await (await request(s, { by: asker, callbackGas: 800_000 })).submit();
    const all = FUNDS / 10n - FEE;
    const data = s.escrow.interface.encodeFunctionData('withdraw', [all, s.attacker.address]);
    await asker.behave(BEHAVIOUR.ReEnters, s.escrow, data);
    await story.finalise();
    await sendAs(asker, s.escrow.depositFor.populateTransaction(asker, 0n)); // no lock was left set
    expect(await availableOf(s, await asker.getAddress())).to.equal(0n);
    await checkMoney(s);
  });

  it('case 50: constructors check what they are given, not what they hold already', async () => {
    const s = await loadFixture(system);
    const token = await s.token.getAddress();
    const models = await s.models.getAddress();
    const args = [token, models, await s.authority.getAddress(), s.treasury.address, 1] as const;
    const factory = await ethers.getContractFactory('Escrow');
    for (const index of [0, 1, 3]) {
      const bad = args.map((arg, i) => (i === index ? ZeroAddress : arg));
      await refused(s.escrow, 'Escrow_ZeroAddress', () => factory.deploy(...(bad as unknown as typeof args)));
    }
    const good = await factory.deploy(...args);
    expect(await good.requests()).to.equal(s.deployer); // its creator, whatever else it was given
    const requests = await ethers.getContractFactory('InferenceRequests');
    const config = {
      token,
      models,
      nodes: s.nodes,
      authority: s.authority,
      extension: await ethers.deployContract('RequestsExtension', [s.models, s.nodes, s.authority]),
      treasury: s.treasury,
      unbondingDelay: 1,
      minTcBase: 1,
    };
    for (const name of ['token', 'models', 'nodes', 'extension'] as const)
      await refused(s.requests, 'Requests_BadParameter', () => requests.deploy({ ...config, [name]: s.buyer.address }));
    const elsewhere = await ethers.deployContract('ModelRegistry');
    await refused(s.requests, 'Requests_BadParameter', () => requests.deploy({ ...config, models: elsewhere }));
  });

  it('case 43, case 55: a payer cannot move the money between ask and settlement: it left the balance at request', async () => {
    const s = await loadFixture(system);
    const story = await request(s);
    const escrow = s.escrow.connect(s.requester);
    await escrow.withdraw(FUNDS - FEE, s.requester);
    await s.token.connect(s.requester).approve(s.escrow, 0n);
    await refused(s.escrow, 'Escrow_Overdraw', () => escrow.withdraw(1n, s.requester));
    const gains = await changes(s, { node: s.node }, async () => {
      await (await story.submit()).finalise();
    });
    expect(gains.node).to.equal(FEE - FEE / 100n - FEE / 20n);
  });

  it('case 60: strangers withdraw, cancel, unstake and release nothing that is not theirs', async () => {
    const s = await loadFixture(system);
    const story = await request(s, { node: null });
    const stranger = s.escrow.connect(s.keeper);
    await nobodyLoses(s, async () => {
      await refused(s.requests, 'Requests_NotYours', () => story.attempt.cancel({ by: s.keeper }));
      await refused(
        s.escrow,
        'Escrow_Overdraw',
        () => stranger.withdraw(1n, s.keeper),
        () => stranger.stake(1n),
        () => stranger.unstake(1n),
        () => stranger.restake(1n),
      );
      await stranger.release();
    });
  });

  it('case 61: a refund finds its money though every balance was moved away before', async () => {
    const s = await loadFixture(system);
    const story = await request(s, { node: null });
    await s.escrow.connect(s.requester).withdraw(FUNDS - FEE, s.requester);
    for (const account of [s.other, s.attacker]) await s.escrow.connect(account).withdraw(FUNDS, account);
    const gains = await changes(s, { requester: s.requester }, () => story.attempt.cancel());
    expect(gains.requester).to.equal(FEE);
    await s.escrow.connect(s.requester).withdraw(FEE, s.requester);
    await checkMoney(s);
  });

  it('case 64: a callback made to fail does not leave the node unpaid', async () => {
    const s = await loadFixture(system);
    const asker = await consumer(s, FUNDS / 10n);
    const story = await (await request(s, { by: asker, callbackGas: 1 })).submit();
    await time.increaseTo(story.end + 1);
    const gains = await changes(s, { node: s.node }, async () => {
      const [finalised] = await eventsOf(s, await story.attempt.finalise());
      expect(finalised?.args['callback']).to.equal(CALLBACK.Failed);
    });
    expect(gains.node).to.equal(PARAMETERS.sliceFloor + FEE - FEE / 100n - FEE / 20n);
  });

  it('case 64: an unfunded request does not wait for a top-up, to be filled when its answer pleases', async () => {
    const s = await loadFixture(system);
    const broke = s.keeper; // has no deposit
    await refused(s.escrow, 'Escrow_Overdraw', () => tryRequest(s, { by: broke }));
    expect((await s.escrow.accountOf(broke)).nonce).to.equal(0n);
    await checkMoney(s);
  });

  it('case 65: who asks again until the answer pleases pays each time once a node is committed', async () => {
    const s = await loadFixture(system);
    const gains = await changes(s, { requester: s.requester, node: s.node }, async () => {
      for (let round = 0; round < 3; round++) {
        const story = await (await request(s, { lane: round })).submit();
        await refused(s.requests, 'Requests_NotCurrent', () => story.attempt.cancel({ declined: true }));
        await time.increaseTo(story.terms.openAt + 1);
        await refused(s.requests, 'Requests_NotCurrent', () => story.attempt.cancel());
        await story.finalise();
      }
    });
    expect(gains.requester).to.equal(-3n * FEE);
    expect(gains.node).to.equal(3n * (FEE - FEE / 100n - FEE / 20n));
  });
});
