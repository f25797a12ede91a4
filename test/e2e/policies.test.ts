import { expect } from 'chai';
import { toAddress } from '#core/hex.ts';
import { buildModel } from '#core/onnx/build.ts';
import type { RequestId, VersionId } from '#core/protocol/ids.ts';
import { tensorFrom } from '#core/tensor.ts';
import { type HostilePolicy, HostilePolicy__factory } from '#types';
import { balanceOf, request, setPolicy } from '../../sdk/index.ts';
import { afterEstimate } from '../support/afterEstimate.ts';
import { identity } from '../support/graphs.ts';
import { rejectsLater } from '../support/rejects.ts';
import { type E2e, e2e, type Served, serve, sumsAddUp, until } from './network.ts';

/** The enum HostilePolicy.Answer. */
const YES = 0;
const NO = 1;
const YES_IF_GAS = 11;
const REFUSALS = [
  ['says no', NO],
  ['answers 2', 2],
  ['answers 31 bytes', 3],
  ['answers 33 bytes', 4],
  ['answers nothing', 5],
  ['reverts', 6],
  ['reverts with a yes', 7],
  ['burns all its gas', 8],
  ['answers 100,000 bytes', 9],
  ['changes state', 10],
] as const;

const CARD = {
  inputs: [{ name: 'x', dtype: 'int32', shape: [1, 3] }],
  outputs: [{ name: 'y', dtype: 'int32', shape: [1, 3] }],
};

describe('a model whose access policy', function () {
  this.timeout(120_000);
  let net: E2e;
  let policy: HostilePolicy;
  let guarded: Served;
  let open: Served;
  before(async () => {
    net = await e2e();
    const onnx = buildModel(identity('int32', [1, 3]));
    [guarded, open] = [await serve(net, onnx, CARD), await serve(net, onnx, CARD)];
    policy = await new HostilePolicy__factory(net.accounts.owner.signer).deploy(YES);
    await policy.waitForDeployment();
    await setPolicy(net.accounts.owner, guarded.version, toAddress(await policy.getAddress()));
  });
  const others: RequestId[] = [];
  afterEach('others ask', async () => void others.push((await ask(open.version)).id));
  after('and were all served', async () => {
    await until(net, 'Finalised', others);
    await sumsAddUp(net);
  });

  const behave = async (answer: number, gas = 0) => (await policy.set(answer, gas)).wait();
  const ask = (version: VersionId, requester = net.accounts.requester) =>
    request(requester, { version, node: net.accounts.node.address }, { x: tensorFrom('int32', [1, 3], [1, 2, 3]) });
  const mine = () => balanceOf(net.net, net.accounts.requester.address);

  for (const [what, answer] of REFUSALS)
    it(`${what}: the requester is told that access is denied, and by what, before anything is paid`, async () => {
      await behave(answer);
      const before = await mine();
      const { payload } = await rejectsLater('Models_AccessDenied', ask(guarded.version));
      expect(payload).to.deep.equal({ version: guarded.version, requester: net.accounts.requester.address });
      expect(await mine()).to.deep.equal(before);
    });

  it('says yes and then no: what was asked before is served and paid for, what is asked after is refused', async () => {
    await behave(YES);
    const { id } = await ask(guarded.version);
    await behave(NO);
    await rejectsLater('Models_AccessDenied', ask(guarded.version));
    await until(net, 'Finalised', [id]);
  });

  it('says yes only to who brings gas: the SDK brings enough', async () => {
    await behave(YES_IF_GAS, 45_000);
    const { id } = await ask(guarded.version);
    await until(net, 'Finalised', [id]);
  });

  it('says yes to the estimate and no to the transaction: the requester is told so, and pays for gas only', async () => {
    await behave(YES);
    const { requester } = net.accounts;
    const { provider } = net.net;
    const signer = afterEstimate(requester.signer, () => behave(NO));
    const [before, sent] = [await mine(), await provider.getTransactionCount(requester.address)];
    // This chain tells with the broadcast how the transaction ended; others tell with the receipt, as chain.mined_reverted.
    await rejectsLater('Models_AccessDenied', ask(guarded.version, { ...requester, signer }));
    expect(await provider.getTransactionCount(requester.address), 'it was mined').to.equal(sent + 1);
    expect(await mine()).to.deep.equal(before);
  });
});
