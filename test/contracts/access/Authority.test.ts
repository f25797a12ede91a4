import path from 'node:path';
import { expect } from 'chai';
import type { BytesLike } from 'ethers';
import { ZeroAddress } from 'ethers';
import { network } from 'hardhat';
import { parameterSet } from '../../../deploy/parameters/parameterSet.ts';
import { readProfile } from '../../../deploy/parameters/schema.ts';
import { deploySystem } from '../../../deploy/system.ts';

const connection = await network.create('local');
const { ethers, networkHelpers } = connection;
const { loadFixture, time } = networkHelpers;

const DAY = 86_400;
const DELAY = 7 * DAY;
const ADMIN = 0n;
const GOVERNOR = 1n;
const GUARDIAN = 2n;
const local = readProfile(path.join(import.meta.dirname, '../../../deploy/parameters/local.json'));

async function accounts() {
  const [deployer, governor, guardian, stranger] = await ethers.getSigners();
  if (!deployer || !governor || !guardian || !stranger) throw new Error('the local network has no accounts');
  return { deployer, governor, guardian, stranger };
}

async function system() {
  const who = await accounts();
  const parameters = {
    ...local,
    governorDelaySeconds: DELAY,
    governor: who.governor.address,
    guardian: who.guardian.address,
  };
  const { addresses } = await deploySystem({ connection, parameters });
  const authority = await ethers.getContractAt('Authority', addresses.authority);
  const requests = await ethers.getContractAt('InferenceRequests', addresses.requests);
  const escrow = await ethers.getContractAt('Escrow', addresses.escrow);
  const operations = {
    appendSet: {
      target: addresses.requests,
      data: requests.interface.encodeFunctionData('appendSet', [{ ...parameterSet(local), arbiter: ZeroAddress }]),
    },
    unpause: { target: addresses.requests, data: requests.interface.encodeFunctionData('unpause') },
    setTreasury: {
      target: addresses.escrow,
      data: escrow.interface.encodeFunctionData('setTreasury', [who.stranger.address]),
    },
    appendCapability: {
      target: addresses.escrow,
      data: escrow.interface.encodeFunctionData('appendCapability', [addresses.models]),
    },
  };
  return { ...who, addresses, authority, requests, escrow, operations };
}

type System = Awaited<ReturnType<typeof system>>;

const GOVERNED = ['appendSet', 'unpause', 'setTreasury', 'appendCapability'] as const;

describe('Authority.handOver', () => {
  async function fresh() {
    const who = await accounts();
    const authority = await ethers.deployContract('Authority', [who.deployer.address, DELAY]);
    const handOver = (as = who.deployer, governor = who.governor.address, guardian = who.guardian.address) =>
      authority.connect(as).handOver(authority, authority, governor, guardian);
    return { ...who, authority, handOver };
  }

  it('gives both roles, with their delays, and leaves no admin', async () => {
    const { authority, deployer, governor, guardian, handOver } = await loadFixture(fresh);
    expect([...(await authority.hasRole(ADMIN, deployer))]).to.deep.equal([true, 0n]);
    await handOver();
    expect([...(await authority.hasRole(GOVERNOR, governor))]).to.deep.equal([true, BigInt(DELAY)]);
    expect([...(await authority.hasRole(GUARDIAN, guardian))]).to.deep.equal([true, 0n]);
    expect([...(await authority.hasRole(ADMIN, deployer))]).to.deep.equal([false, 0n]);
    expect([await authority.getRoleAdmin(GOVERNOR), await authority.getRoleAdmin(GUARDIAN)]).to.deep.equal([
      GOVERNOR,
      GOVERNOR,
    ]);
  });

  it('by anybody but the admin, or twice, it should revert', async () => {
    const { authority, deployer, stranger, handOver } = await loadFixture(fresh);
    const refused = (account: string) => [account, ADMIN] as const;
    await expect(handOver(stranger))
      .to.be.revertedWithCustomError(authority, 'AccessManagerUnauthorizedAccount')
      .withArgs(...refused(stranger.address));
    await handOver();
    await expect(handOver())
      .to.be.revertedWithCustomError(authority, 'AccessManagerUnauthorizedAccount')
      .withArgs(...refused(deployer.address));
  });

  it('to nobody, it should revert', async () => {
    const { authority, deployer, governor, handOver } = await loadFixture(fresh);
    await expect(handOver(deployer, ethers.ZeroAddress)).to.be.revertedWithCustomError(authority, 'Access_ZeroAddress');
    await expect(handOver(deployer, governor.address, ethers.ZeroAddress)).to.be.revertedWithCustomError(
      authority,
      'Access_ZeroAddress',
    );
  });

  it('before it, an admin cannot leave a vetoer or a delay of grants behind', async () => {
    const { authority, deployer } = await loadFixture(fresh);
    await authority.grantRole(7n, deployer, 0);
    for (const role of [GOVERNOR, GUARDIAN, 7n]) {
      await expect(authority.setRoleGuardian(role, 7n)).to.be.revertedWithCustomError(authority, 'Access_Fixed');
      await expect(authority.setGrantDelay(role, DAY)).to.be.revertedWithCustomError(authority, 'Access_Fixed');
    }
  });

  it('before it, an admin cannot make a governor without notice either', async () => {
    const { authority, stranger } = await loadFixture(fresh);
    await expect(authority.grantRole(GOVERNOR, stranger, DELAY - 1))
      .to.be.revertedWithCustomError(authority, 'Access_DelayTooShort')
      .withArgs(DELAY - 1, DELAY);
  });
});

describe('the governor', () => {
  for (const name of GOVERNED)
    it(`${name}: not at once, not early, not late, only in the week after its notice`, async () => {
      const { authority, governor, operations } = await loadFixture(system);
      const { target, data } = operations[name];
      const as = authority.connect(governor);
      const act = () => as.execute(target, data);
      const id = await authority.hashOperation(governor, target, data);
      await expect(governor.sendTransaction({ to: target, data })).to.be.revertedWithCustomError(
        authority,
        'AccessManagerNotScheduled',
      );
      await as.schedule(target, data, 0);
      const announced = await time.latest();
      await time.setNextBlockTimestamp(announced + DELAY - 1);
      await expect(act()).to.be.revertedWithCustomError(authority, 'AccessManagerNotReady').withArgs(id);
      await time.setNextBlockTimestamp(announced + DELAY);
      await act();
      await expect(act()).to.be.revertedWithCustomError(authority, 'AccessManagerNotScheduled');

      await as.schedule(target, data, 0);
      await time.increase(DELAY + 7 * DAY);
      await expect(act()).to.be.revertedWithCustomError(authority, 'AccessManagerExpired').withArgs(id);
    });

  it('may take its own announcement back', async () => {
    const { authority, governor, operations } = await loadFixture(system);
    const { target, data } = operations.appendSet;
    const as = authority.connect(governor);
    await as.schedule(target, data, 0);
    await as.cancel(governor, target, data);
    await time.increase(DELAY);
    await expect(as.execute(target, data)).to.be.revertedWithCustomError(authority, 'AccessManagerNotScheduled');
  });

  it('may not pause', async () => {
    const { requests, governor } = await loadFixture(system);
    await expect(requests.connect(governor).pause()).to.be.revertedWithCustomError(
      requests,
      'AccessManagedUnauthorized',
    );
  });

  /** Announces as the governor, waits, and returns the call to make. */
  async function ready(data: BytesLike) {
    const all = await loadFixture(system);
    const as = all.authority.connect(all.governor);
    await as.schedule(all.authority, data, 0);
    await time.increase(DELAY);
    return { ...all, execute: () => as.execute(all.authority, data) };
  }

  const grant = async (role: bigint, delay: number) => {
    const { authority, stranger } = await loadFixture(system);
    return authority.interface.encodeFunctionData('grantRole', [role, stranger.address, delay]);
  };

  it('replaces a guardian, with notice', async () => {
    const { authority, requests, stranger, execute } = await ready(await grant(GUARDIAN, 0));
    await execute();
    expect([...(await authority.hasRole(GUARDIAN, stranger))]).to.deep.equal([true, 0n]);
    await requests.connect(stranger).pause();
  });

  it('appoints governors who give the same notice, and none who give less', async () => {
    const short = await ready(await grant(GOVERNOR, DELAY - 1));
    await expect(short.execute())
      .to.be.revertedWithCustomError(short.authority, 'Access_DelayTooShort')
      .withArgs(DELAY - 1, DELAY);
    const same = await ready(await grant(GOVERNOR, DELAY));
    await same.execute();
    expect([...(await same.authority.hasRole(GOVERNOR, same.stranger))]).to.deep.equal([true, BigInt(DELAY)]);
  });

  it('cannot shorten its own notice', async () => {
    const { authority, governor } = await loadFixture(system);
    const data = authority.interface.encodeFunctionData('grantRole', [GOVERNOR, governor.address, 0]);
    const { execute } = await ready(data);
    await expect(execute()).to.be.revertedWithCustomError(authority, 'Access_DelayTooShort');
  });
});

describe('the guardian', () => {
  it('pauses at once', async () => {
    const { requests, guardian } = await loadFixture(system);
    await requests.connect(guardian).pause();
    expect(await requests.pausedUntil()).to.equal((await time.latest()) + 14 * DAY);
  });

  for (const name of GOVERNED)
    it(`may not ${name}`, async () => {
      const { requests, authority, guardian, operations } = await loadFixture(system);
      const { target, data } = operations[name];
      await expect(guardian.sendTransaction({ to: target, data })).to.be.revertedWithCustomError(
        requests,
        'AccessManagedUnauthorized',
      );
      await expect(authority.connect(guardian).schedule(target, data, 0)).to.be.revertedWithCustomError(
        authority,
        'AccessManagerUnauthorizedCall',
      );
    });

  it('cannot veto a governor', async () => {
    const { authority, governor, guardian, operations } = await loadFixture(system);
    const { target, data } = operations.appendSet;
    await authority.connect(governor).schedule(target, data, 0);
    await expect(authority.connect(guardian).cancel(governor, target, data)).to.be.revertedWithCustomError(
      authority,
      'AccessManagerUnauthorizedCancel',
    );
  });
});

describe('everybody else', () => {
  for (const name of [...GOVERNED, 'pause'] as const)
    it(`may not ${name}, the deployer included`, async () => {
      const { requests, stranger, deployer, operations, addresses } = await loadFixture(system);
      const pause = { target: addresses.requests, data: requests.interface.encodeFunctionData('pause') };
      const { target, data } = { ...operations, pause }[name];
      for (const account of [stranger, deployer])
        await expect(account.sendTransaction({ to: target, data }))
          .to.be.revertedWithCustomError(requests, 'AccessManagedUnauthorized')
          .withArgs(account.address);
    });

  const WIRING = {
    'move a contract to another authority': (s: System) =>
      s.authority.interface.encodeFunctionData('updateAuthority', [s.addresses.requests, s.addresses.models]),
    'give a function to another role': (s: System) =>
      s.authority.interface.encodeFunctionData('setTargetFunctionRole', [s.addresses.escrow, ['0x12345678'], GUARDIAN]),
    'close a contract': (s: System) =>
      s.authority.interface.encodeFunctionData('setTargetClosed', [s.addresses.requests, true]),
    'change who appoints': (s: System) =>
      s.authority.interface.encodeFunctionData('setRoleAdmin', [GOVERNOR, GUARDIAN]),
    'give a role a vetoer': (s: System) =>
      s.authority.interface.encodeFunctionData('setRoleGuardian', [GOVERNOR, GUARDIAN]),
    'delay grants': (s: System) => s.authority.interface.encodeFunctionData('setGrantDelay', [GOVERNOR, DAY]),
    'delay wiring': (s: System) =>
      s.authority.interface.encodeFunctionData('setTargetAdminDelay', [s.addresses.requests, DAY]),
    'make an admin': (s: System) =>
      s.authority.interface.encodeFunctionData('grantRole', [ADMIN, s.stranger.address, 0]),
  };

  for (const [what, encode] of Object.entries(WIRING))
    it(`nobody can ${what}: not directly, not announced`, async () => {
      const all = await loadFixture(system);
      const { authority, deployer, governor, guardian, stranger } = all;
      const data = encode(all);
      for (const account of [deployer, governor, guardian, stranger]) {
        await expect(account.sendTransaction({ to: authority, data }))
          .to.be.revertedWithCustomError(authority, 'AccessManagerUnauthorizedAccount')
          .withArgs(account.address, ADMIN);
        await expect(authority.connect(account).schedule(authority, data, 0)).to.be.revertedWithCustomError(
          authority,
          'AccessManagerUnauthorizedCall',
        );
      }
    });
});
