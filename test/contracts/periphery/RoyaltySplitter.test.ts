import { expect } from 'chai';
import { type Interface, parseEther, ZeroAddress } from 'ethers';
import {
  ChallengeGame__factory,
  IEscrow__factory,
  IInferenceRequests__factory,
  IModelRegistry__factory,
  IPassPolicy__factory,
  OPG__factory,
} from '#types';
import { ethers, loadFixture } from '../../support/contracts/chain.ts';
import { contentOf, TOLERANT } from '../../support/contracts/model.ts';
import { availableOf, checkMoney, nobodyLoses } from '../../support/contracts/money.ts';
import { request } from '../../support/contracts/request.ts';
import { fund, ROYALTY, system, systemOn } from '../../support/contracts/system.ts';
import { seeded } from '../../support/seeded.ts';
import { earned, SHARES, type Shared, shared, splitterOf } from './owners.ts';

const due = (s: Shared) => Promise.all(s.payees.map((payee) => s.splitter.dueOf(payee)));
const floors = (total: bigint) => SHARES.map((share) => (total * BigInt(share)) / 10_000n);

/** Somebody gives the splitter money in Escrow, as a royalty would. */
const credit = (s: Shared, amount: bigint) => s.escrow.connect(s.requester).depositFor(s.splitter, amount);

describe('RoyaltySplitter', () => {
  it('shares the royalty that Escrow credits to it, to the wei', async () => {
    const s = await loadFixture(shared);
    await earned(s, 0);
    expect(await due(s)).to.deep.equal([0n, 0n, 0n]);
    await s.escrow.claimRoyalty(s.model);
    expect(await availableOf(s, s.splitter.target.toString())).to.equal(ROYALTY);
    expect(await due(s)).to.deep.equal(floors(ROYALTY));
    for (const [i, payee] of s.payees.entries()) {
      const tokens = await s.token.balanceOf(payee);
      const part = floors(ROYALTY)[i];
      await expect(s.splitter.connect(s.keeper).pay(payee))
        .to.emit(s.splitter, 'Paid')
        .withArgs(payee.address, payee.address, part);
      expect((await s.token.balanceOf(payee)) - tokens).to.equal(part);
    }
    await checkMoney(s);
    await expect(s.splitter.pay(s.buyer))
      .to.be.revertedWithCustomError(s.splitter, 'Splitter_NothingDue')
      .withArgs(s.buyer.address);
  });

  it('never pays more than came in, nor keeps more than a wei per payee, whatever comes in whatever order', async () => {
    const s = await loadFixture(shared);
    const random = seeded(7);
    let total = 0n;
    const paid = s.payees.map(() => 0n);
    for (let step = 0; step < 120; step++) {
      if (random.int(3) === 0) {
        const amount = BigInt(1 + random.int(random.pick([2, 7, 1_000_000_000])));
        await credit(s, amount);
        total += amount;
      } else {
        const i = random.int(s.payees.length);
        const payee = s.payees[i];
        if (payee === undefined) throw new Error('no payee');
        const part = (floors(total)[i] ?? 0n) - (paid[i] ?? 0n);
        const sent = s.splitter.pay(payee);
        if (part === 0n) await expect(sent).to.be.revertedWithCustomError(s.splitter, 'Splitter_NothingDue');
        else await sent;
        paid[i] = (paid[i] ?? 0n) + part;
      }
      const left = await availableOf(s, s.splitter.target.toString());
      expect(paid.reduce((a, b) => a + b, 0n) + left).to.equal(total);
      expect(await s.splitter.paid()).to.equal(total - left);
      const owed = (await due(s)).reduce((a, b) => a + b, 0n);
      expect(owed <= left && left - owed < 3n, `${left} left for ${owed}`).to.equal(true);
    }
  });

  it('pays a payee to the address it names, at its own call only', async () => {
    const s = await loadFixture(shared);
    await credit(s, 10_000n);
    const tokens = await s.token.balanceOf(s.treasury);
    await s.splitter.connect(s.buyer).payTo(s.treasury);
    expect((await s.token.balanceOf(s.treasury)) - tokens).to.equal(3333n);
    await expect(s.splitter.connect(s.keeper).payTo(s.keeper))
      .to.be.revertedWithCustomError(s.splitter, 'Splitter_NotPayee')
      .withArgs(s.keeper.address);
  });

  it('shares with another splitter, and that one with its payees', async () => {
    const s = await loadFixture(system);
    const inner = await splitterOf(s, [s.buyer, s.other], [5000, 5000], s.owner);
    const outer = await splitterOf(s, [await inner.getAddress(), s.attacker], [8000, 2000], s.owner);
    await s.escrow.connect(s.requester).depositFor(outer, 1_000n);
    await outer.pay(inner);
    await expect(inner.gather()).to.emit(inner, 'Gathered').withArgs(800n);
    expect([await inner.dueOf(s.buyer), await inner.dueOf(s.other)]).to.deep.equal([400n, 400n]);
  });

  for (const [what, payees, shares, field] of [
    ['no payee', [], [], 'payees'],
    ['seventeen payees', Array.from({ length: 17 }, (_, i) => i), Array(17).fill(588), 'payees'],
    ['fewer shares than payees', [0, 1], [10_000], 'shares'],
    ['a share of nothing', [0, 1], [10_000, 0], 'shares'],
    ['shares of less than all', [0, 1], [5000, 4999], 'shares'],
    ['shares of more than all', [0, 1], [5000, 5001], 'shares'],
    ['a payee twice', [0, 0], [5000, 5000], 'payees'],
    ['nobody as a payee', [0, -1], [5000, 5000], 'payees'],
  ] as const)
    it(`is not made with ${what}`, async () => {
      const s = await loadFixture(system);
      const everybody = await ethers.getSigners();
      const addresses = payees.map((i) => (i < 0 ? ZeroAddress : (everybody[i]?.address ?? '')));
      const factory = await ethers.getContractFactory('RoyaltySplitter');
      await expect(factory.deploy(s.escrow, addresses, [...shares], s.owner))
        .to.be.revertedWithCustomError(factory, 'Splitter_BadField')
        .withArgs(field);
    });

  it('tells its payees and shares', async () => {
    const s = await loadFixture(shared);
    const { payees, shares } = await s.splitter.split();
    expect([...payees]).to.deep.equal(s.payees.map(({ address }) => address));
    expect([...shares]).to.deep.equal(SHARES.map(BigInt));
  });
});

describe('the manager of a splitter', () => {
  it('publishes, prices, gates and retires what the splitter owns', async () => {
    const s = await loadFixture(shared);
    const { splitter, models } = s;
    const registry = IModelRegistry__factory.createInterface();
    const passes = await ethers.deployContract('PassPolicy', [models, s.escrow]);
    const manage = (target: { getAddress(): Promise<string> }, data: string) =>
      target.getAddress().then((address) => splitter.connect(s.manager).manage(address, data));
    const content = { ...contentOf(TOLERANT), size: 99n };
    await manage(models, registry.encodeFunctionData('publish', [s.model, content, 1n, [], '{}', '{}']));
    await manage(models, registry.encodeFunctionData('setRoyalty', [s.version, 5n]));
    await manage(models, registry.encodeFunctionData('setPolicy', [s.version, await passes.getAddress()]));
    const offer = { price: 3n, period: 100n, uses: 0n };
    await manage(passes, passes.interface.encodeFunctionData('setOffer', [s.version, offer]));
    expect((await passes.offerOf(s.version)).price).to.equal(3n);
    await s.token.connect(s.requester).approve(passes, 3n);
    await passes.connect(s.requester).buy(s.version, s.requester, offer, ROYALTY);
    await ethers.provider.send('evm_increaseTime', [101]);
    await passes.collect(s.version, [s.requester]);
    expect(await availableOf(s, splitter.target.toString()), 'passes are shared too').to.equal(3n);
    await manage(models, registry.encodeFunctionData('retire', [s.version]));
  });

  it('can move neither money nor models, by any function of the deployment', async () => {
    const s = await loadFixture(shared);
    await credit(s, parseEther('5'));
    const managed = new Set(
      [
        ...['publish', 'setRoyalty', 'setPolicy', 'retire'].map((name) =>
          IModelRegistry__factory.createInterface().getFunction(name as 'retire'),
        ),
        ...['setOffer', 'revoke'].map((name) => IPassPolicy__factory.createInterface().getFunction(name as 'revoke')),
      ].map((fragment) => fragment.selector),
    );
    // Everything that a call can do in these contracts, by selector: none is on the list.
    const others = [IEscrow__factory, IInferenceRequests__factory, OPG__factory, ChallengeGame__factory].map(
      (factory) => factory.createInterface(),
    );
    const selectors = others.flatMap((abi: Interface) =>
      abi.fragments.flatMap((fragment) =>
        fragment.type === 'function' ? [abi.getFunction(fragment.format())?.selector ?? ''] : [],
      ),
    );
    expect(selectors.length).to.be.greaterThan(80);
    const registry = (await ethers.getContractFactory('ModelRegistry')).interface;
    registry.forEachFunction(({ selector }) => void (managed.has(selector) || selectors.push(selector)));
    for (const target of [s.escrow, s.requests, s.token, s.models, s.splitter]) {
      const address = await target.getAddress();
      for (const selector of new Set(selectors)) {
        const data = selector.padEnd(10 + 64 * 8, '0');
        await expect(s.splitter.connect(s.manager).manage.staticCall(address, data), `${selector} of ${address}`)
          .to.be.revertedWithCustomError(s.splitter, 'Splitter_NotManaged')
          .withArgs(address, selector);
      }
    }
  });

  it('is one account, which hands its office over in two steps', async () => {
    const s = await loadFixture(shared);
    const data = IModelRegistry__factory.createInterface().encodeFunctionData('setRoyalty', [s.version, 5n]);
    const address = await s.models.getAddress();
    await expect(s.splitter.connect(s.buyer).manage(address, data)).to.be.revertedWithCustomError(
      s.splitter,
      'OwnableUnauthorizedAccount',
    );
    await s.splitter.connect(s.manager).transferOwnership(s.buyer);
    await s.splitter.connect(s.manager).manage(address, data);
    await s.splitter.connect(s.buyer).acceptOwnership();
    await s.splitter.connect(s.buyer).manage(address, data);
    await expect(s.splitter.connect(s.manager).manage(address, data)).to.be.revertedWithCustomError(
      s.splitter,
      'OwnableUnauthorizedAccount',
    );
  });

  it('is told why a call failed', async () => {
    const s = await loadFixture(shared);
    const data = IModelRegistry__factory.createInterface().encodeFunctionData('setRoyalty', [s.version, 2n ** 91n]);
    await expect(s.splitter.connect(s.manager).manage(s.models, data))
      .to.be.revertedWithCustomError(s.models, 'Models_BadField')
      .withArgs('royalty');
  });
});

describe('a model that leaves its splitter', () => {
  it('goes where every payee agrees, with the royalty claimed before', async () => {
    const s = await loadFixture(shared);
    await earned(s, 0);
    const story = await request(s, { lane: 1 });
    for (const payee of s.payees) {
      await expect(s.splitter.handOver(s.model, s.treasury)).to.be.revertedWithCustomError(
        s.splitter,
        'Splitter_NotAgreed',
      );
      await expect(s.splitter.connect(payee).agree(s.model, s.treasury))
        .to.emit(s.splitter, 'ExitAgreed')
        .withArgs(s.model, payee.address, s.treasury.address);
    }
    await expect(s.splitter.handOver(s.model, s.keeper))
      .to.be.revertedWithCustomError(s.splitter, 'Splitter_NotAgreed')
      .withArgs(s.buyer.address, s.treasury.address);
    await expect(s.splitter.connect(s.keeper).handOver(s.model, s.treasury))
      .to.emit(s.splitter, 'HandedOver')
      .withArgs(s.model, s.treasury.address);
    expect(await s.models.ownerOfModel(s.model)).to.equal(s.treasury.address);
    expect(await due(s)).to.deep.equal(floors(ROYALTY));
    // What was in flight is the next owner's.
    await (await story.submit()).finalise();
    await s.escrow.claimRoyalty(s.model);
    expect(await availableOf(s, s.treasury)).to.equal(ROYALTY);
    expect(await due(s)).to.deep.equal(floors(ROYALTY));
  });

  it('is agreed upon anew if it comes back, and agreement can be taken back', async () => {
    const s = await loadFixture(shared);
    for (const payee of s.payees) await s.splitter.connect(payee).agree(s.model, s.treasury);
    await s.splitter.connect(s.buyer).agree(s.model, ZeroAddress);
    await expect(s.splitter.handOver(s.model, s.treasury)).to.be.revertedWithCustomError(
      s.splitter,
      'Splitter_NotAgreed',
    );
    await s.splitter.connect(s.buyer).agree(s.model, s.treasury);
    await s.splitter.handOver(s.model, s.treasury);
    await s.models.connect(s.treasury).transferFrom(s.treasury, s.splitter, s.model);
    await expect(s.splitter.handOver(s.model, s.treasury)).to.be.revertedWithCustomError(
      s.splitter,
      'Splitter_NotAgreed',
    );
    await expect(s.splitter.handOver(s.model, ZeroAddress)).to.be.revertedWithCustomError(
      s.splitter,
      'Splitter_BadField',
    );
    await expect(s.splitter.connect(s.keeper).agree(s.model, s.keeper)).to.be.revertedWithCustomError(
      s.splitter,
      'Splitter_NotPayee',
    );
  });

  it('is of the registry: no other token is taken in', async () => {
    const s = await loadFixture(shared);
    const piece = await ethers.deployContract('PieceToken');
    await piece.mint(s.owner, 1n);
    await expect(
      piece.connect(s.owner)['safeTransferFrom(address,address,uint256)'](s.owner, s.splitter, 1n),
    ).to.be.revertedWithCustomError(s.splitter, 'Splitter_NotAModel');
  });
});

describe('attacks on a splitter', () => {
  it('a payee that refuses every call and every token delays nobody but itself', async () => {
    const blocklist = await ethers.deployContract('BlocklistToken');
    const s = await fund(await systemOn(blocklist));
    const hostile = await ethers.deployContract('HostilePolicy', [6]); // reverts, whatever is called
    const splitter = await splitterOf(s, [await hostile.getAddress(), s.buyer, s.other], SHARES, s.owner);
    await blocklist.setBlocked(hostile, true);
    await blocklist.setBlocked(s.other, true);
    await s.escrow.connect(s.requester).depositFor(splitter, 10_000n);
    await expect(splitter.pay(hostile)).to.be.revertedWithCustomError(blocklist, 'Blocked');
    await expect(splitter.pay(s.other)).to.be.revertedWithCustomError(blocklist, 'Blocked');
    await splitter.pay(s.buyer);
    expect(await s.token.balanceOf(s.buyer)).to.equal(3334n);
    await splitter.connect(s.other).payTo(s.treasury); // blocked itself, it is paid elsewhere
    expect(await splitter.dueOf(hostile)).to.equal(3333n);
  });

  it('a token that enters again is paid once', async () => {
    const hooks = await ethers.deployContract('HookToken');
    const s = await fund(await systemOn(hooks));
    const splitter = await splitterOf(s, [s.buyer, s.other], [5000, 5000], s.owner);
    await s.escrow.connect(s.requester).depositFor(splitter, 10_000n);
    for (const afterMove of [false, true]) {
      await hooks.arm(splitter, splitter.interface.encodeFunctionData('pay', [s.other.address]), afterMove);
      await splitter.pay(afterMove ? s.other : s.buyer);
      expect(await hooks.lastSucceeded()).to.equal(false);
    }
    expect(await s.token.balanceOf(s.buyer)).to.equal(5000n);
    expect(await splitter.paid()).to.equal(10_000n);
  });

  it('nobody but its payees is paid, and money sent to it by any road is theirs', async () => {
    const s = await loadFixture(shared);
    await nobodyLoses(s, () =>
      expect(s.splitter.pay(s.keeper)).to.be.revertedWithCustomError(s.splitter, 'Splitter_NotPayee'),
    );
    await s.token.connect(s.requester).transfer(s.splitter, 10_000n);
    await s.splitter.connect(s.keeper).gather();
    expect(await due(s)).to.deep.equal(floors(10_000n));
  });
});
