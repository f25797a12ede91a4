import { expect } from 'chai';
import { tensorFrom } from '#core/tensor.ts';
import { balanceOf, request } from '../../sdk/index.ts';
import { type E2e, e2e, type Served, sumsAddUp, until } from './network.ts';
import { serveSine } from './slow.ts';

describe('a request nobody serves', function () {
  this.timeout(120_000);
  let net: E2e;
  let sine: Served;
  before(async () => {
    net = await e2e();
    sine = await serveSine(net);
  });

  it('is paid back by the keeper after the deadline, to the wei', async () => {
    const { requester, owner, keeper } = net.accounts;
    const before = await balanceOf(net.net, requester.address);
    const input = { steps: tensorFrom('int64', [], [1n]), x: tensorFrom('float32', [1], [1]) };
    // The owner of the model is nobody's node.
    const options = {
      version: sine.version,
      node: owner.address,
      fee: 10n ** 18n,
      deadlineSeconds: 3,
      reservedSeconds: 3,
    };
    const asked = await request(requester, options, input);
    const during = await balanceOf(net.net, requester.address);
    expect(before.available - during.available).to.equal(10n ** 18n);

    const { receipts } = await until(net, 'Expired', [asked.id]);
    expect(receipts.map(({ from }) => from.toLowerCase())).to.deep.equal([keeper.address]);
    expect((await balanceOf(net.net, requester.address)).available).to.equal(before.available);
    await sumsAddUp(net);
  });
});
