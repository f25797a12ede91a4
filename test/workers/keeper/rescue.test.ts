import { expect } from 'chai';
import { submissionOf } from '#core/protocol/request.ts';
import type { Submission } from '#core/protocol/states.ts';
import { packTerms } from '#core/protocol/terms.ts';
import type { Tensor } from '#core/tensor.ts';
import { IInferenceRequests__factory, type MockGame } from '#types';
import { balanceOf, findRequest, request, waitForResult } from '../../../sdk/index.ts';
import { type Devnet, startDevnet, vectors } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { startNode, type TestNode } from '../../support/inferenceNode.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const contract = IInferenceRequests__factory.createInterface();

describe('a request that a broken game has frozen and forgotten, on a chain', () => {
  const models = temporaryFolder('opg-rescue');
  let devnet: Devnet;
  let node: TestNode;
  before(async function () {
    this.timeout(120_000);
    devnet = await startDevnet(models, { ruled: true });
    node = await startNode(devnet, { models });
  });
  after(async () => {
    await node?.stop();
    await devnet?.anvil.stop();
  });

  it('is freed by its node as soon as the rescue delay is over, and not before: fee and slice return', async () => {
    const { anvil, requester, game } = devnet;
    const accounts = async () => {
      const both = await Promise.all([devnet.node, requester].map(({ address }) => balanceOf(requester, address)));
      return both.map(({ stake, available }) => ({ stake, available }));
    };
    const before = await accounts();
    const inputs = vectors.vectors[0]?.inputs as Record<string, Tensor>;
    const asked = await request(requester, { version: devnet.version, node: devnet.node.address }, inputs);
    await waitForResult(requester, asked, { pollMs: 50 });

    const { row } = await findRequest(requester, asked);
    const submission = submissionOf(row) as Submission;
    const freeze = contract.encodeFunctionData('freeze', [packTerms(row.terms), submission]);
    await (await (game as MockGame).act(devnet.contracts.requests, freeze)).wait();
    const kept = () => node.journal.row('keep', asked.id);
    await eventually('the keeper waits for the delay', async () => (await kept())?.facts['action'] === 'rescue');
    const { rescueDelay } = await requester.requests.parametersOf(row.terms.set);
    const dueAt = submission.challengeEnd + Number(rescueDelay) + 1;
    expect(await kept()).to.include({ stage: 'pending', dueAt });

    // A minute before, the chain would refuse; then the minute passes.
    const now = Number((await anvil.provider.getBlock('latest'))?.timestamp);
    await anvil.send('evm_increaseTime', dueAt - now - 60);
    await anvil.mine(3);
    const mined = await anvil.provider.getBlockNumber();
    const seen = async () => ((await node.journal.cursor()).recent.at(-1)?.number ?? 0) >= mined;
    await eventually('the node has seen it', seen);
    expect((await findRequest(requester, asked)).row.state).to.equal('Frozen');
    expect(await node.outbox.get(`rescue:${asked.id}/0`)).to.equal(undefined);
    await anvil.send('evm_increaseTime', 60);
    await eventually('it is freed', async () => (await findRequest(requester, asked)).row.state === 'Rescued');
    await eventually('its row is closed', async () => (await kept())?.stage === 'closed');
    expect((await node.outbox.get(`rescue:${asked.id}/0`))?.attempts).to.have.length(1);

    expect(await accounts()).to.deep.equal(before);
  }).timeout(120_000);
});
