import { expect } from 'chai';
import {
  authorizeDeposit,
  balanceOf,
  connect,
  deposit,
  depositWithPermit,
  parseDeployment,
  relayDeposit,
  release,
  restake,
  unstake,
  withdraw,
} from '../../sdk/index.ts';
import { rejects, rejectsLater } from '../support/rejects.ts';
import type { System } from './system.ts';
import { FUNDS, OPG, STAKE, startSystem } from './system.ts';

describe('money in and out', () => {
  let system: System;
  before(async () => {
    system = await startSystem();
  });

  const free = async ({ address }: { address: System['node']['address'] }) =>
    (await balanceOf(system.net, address)).available;

  it('should deposit for others by allowance', async () => {
    const { requester, keeper } = system;
    await deposit(requester, OPG, keeper.address);
    expect(await free(keeper)).to.equal(OPG);
    expect(await requester.token.allowance(requester.address, requester.escrow)).to.equal(0n);
  });

  it('should deposit by a permit in one transaction', async () => {
    const { requester } = system;
    const [before, sent] = await Promise.all([
      free(requester),
      requester.provider.getTransactionCount(requester.address),
    ]);
    await depositWithPermit(requester, 3n * OPG);
    expect((await free(requester)) - before).to.equal(3n * OPG);
    expect(await requester.provider.getTransactionCount(requester.address)).to.equal(sent + 1);
  });

  it('should deposit by a signature that somebody else relays, once', async () => {
    const { requester, keeper } = system;
    const [before, sent] = await Promise.all([
      free(requester),
      requester.provider.getTransactionCount(requester.address),
    ]);
    const order = await authorizeDeposit(requester, 2n * OPG);
    await relayDeposit(keeper, order);
    expect((await free(requester)) - before).to.equal(2n * OPG);
    expect(await requester.provider.getTransactionCount(requester.address)).to.equal(sent);
    await rejectsLater('chain.reverted', relayDeposit(keeper, order));
    await rejectsLater('chain.reverted', relayDeposit(keeper, { ...order, beneficiary: keeper.address }));
  });

  it('should withdraw to any address, and name what is missing', async () => {
    const { requester, keeper } = system;
    await withdraw(requester, OPG, keeper.address);
    expect(await requester.token.balanceOf(keeper.address)).to.equal(OPG);
    const available = await free(requester);
    const error = await rejectsLater('Escrow_Overdraw', withdraw(requester, available + 1n));
    expect(error.payload).to.include({ asked: available + 1n, available });
  });

  it('should follow stake out and back', async () => {
    const { node, pass } = system;
    await unstake(node, 50n * OPG);
    const { stake, unbonding, readyAt } = await balanceOf(node, node.address);
    expect([stake, unbonding]).to.deep.equal([STAKE - 50n * OPG, 50n * OPG]);
    expect((await rejectsLater('Escrow_StillUnbonding', release(node))).payload.readyAt).to.equal(BigInt(readyAt));
    await restake(node, 20n * OPG);
    await pass(120);
    await release(node);
    expect(await balanceOf(node, node.address)).to.include({
      stake: STAKE - 30n * OPG,
      unbonding: 0n,
      available: 30n * OPG,
    });
  });

  it('should say when an allowance cannot be covered by tokens', async () => {
    const error = await rejectsLater('chain.reverted', deposit(system.requester, FUNDS * 10n));
    expect(String(error.payload.reason)).to.match(/ERC20InsufficientBalance/);
  });
});

describe('connecting', () => {
  let system: System;
  before(async () => {
    system = await startSystem();
  });

  it('should refuse a deployment of another chain and one put together from two', async () => {
    const { deployment, net } = system;
    const { provider } = net;
    await rejectsLater('chain.wrong_id', connect({ provider, deployment: { ...deployment, chainId: 1 } }));
    const addresses = { ...deployment.addresses, token: deployment.addresses.models };
    const error = await rejectsLater(
      'chain.wrong_contract',
      connect({ provider, deployment: { ...deployment, addresses } }),
    );
    expect(error.payload.name).to.equal('token');
  });

  it('should refuse a record that is none', () => {
    expect(rejects('deployment.invalid', () => parseDeployment({ chainId: 1 })).payload.reason).to.match(/addresses/);
    const addresses = { ...system.deployment.addresses, escrow: '0x12' };
    rejects('deployment.invalid', () => parseDeployment({ ...system.deployment, addresses }));
  });
});
