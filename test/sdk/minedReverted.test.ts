import { expect } from 'chai';
import { toAddress } from '#core/hex.ts';
import type { Tensor } from '#core/tensor.ts';
import { HostilePolicy__factory } from '#types';
import { actAs, balanceOf, request, setPolicy } from '../../sdk/index.ts';
import { afterEstimate } from '../support/afterEstimate.ts';
import { type Devnet, startDevnet, vectors } from '../support/devnet.ts';
import { rejectsLater } from '../support/rejects.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** The enum HostilePolicy.Answer. */
const [YES, NO] = [0, 1];

describe('a request that is mined and fails', () => {
  let devnet: Devnet;
  before(async function () {
    this.timeout(120_000);
    devnet = await startDevnet(temporaryFolder('opg-reverted'));
  });
  after(() => devnet?.anvil.stop());

  it('is told with its hash, costs gas only, and is in the way of no other', async () => {
    const { anvil, requester, version } = devnet;
    const owner = await actAs(requester, anvil.wallet(0));
    const policy = await new HostilePolicy__factory(owner.signer).deploy(YES);
    await setPolicy(owner, version, toAddress(await policy.getAddress()));
    const refuse = async () => (await policy.set(NO, 0)).wait();
    const undecided = { ...requester, signer: afterEstimate(requester.signer, refuse) };
    const ask = (account: typeof requester) =>
      request(account, { version, node: devnet.node.address }, vectors.vectors[0]?.inputs as Record<string, Tensor>);

    const before = await balanceOf(requester, requester.address);
    const { payload } = await rejectsLater('chain.mined_reverted', ask(undecided));
    const receipt = await anvil.provider.getTransactionReceipt(String(payload.hash));
    expect(receipt).to.include({ status: 0 });
    expect(await balanceOf(requester, requester.address)).to.deep.equal(before);

    await (await policy.set(YES, 0)).wait();
    expect((await ask(requester)).terms.fee).to.be.greaterThan(0n);
  }).timeout(60_000);
});
