import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Tensor } from '#core/tensor.ts';
import { compareTensors } from '#core/tolerance.ts';
import { findRequest, request, requestByCommitment, requestMany, waitForResult } from '../../../sdk/index.ts';
import { nodeRoutes } from '../../../workers/node/routes.ts';
import { appendMockGame, type Devnet, startDevnet, vectors } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { startNode, type TestNode } from '../../support/inferenceNode.ts';
import { temporaryFolder } from '../../support/temporary.ts';

describe('an inference node on a chain', () => {
  const models = temporaryFolder('opg-store');
  let devnet: Devnet;
  let node: TestNode;
  before(async function () {
    this.timeout(120_000);
    devnet = await startDevnet(models);
    node = await startNode(devnet, { models, policy: { acceptOpen: true }, batchAbove: 1 });
  });
  after(async () => {
    await node?.stop();
    await devnet?.anvil.stop();
  });

  const vector = vectors.vectors[0];
  const ask = () =>
    request(
      devnet.requester,
      { version: devnet.version, node: devnet.node.address },
      vector?.inputs as Record<string, Tensor>,
    );

  it('answers a request with what the model gives, and is paid for it', async () => {
    const before = (await devnet.node.escrow.accountOf(devnet.node.address)).available;
    const asked = await ask();
    const { items } = await waitForResult(devnet.requester, asked, { pollMs: 20 });
    for (const [name, expected] of Object.entries(vector?.outputs ?? {})) {
      const got = items?.[0]?.[name] as Tensor;
      expect(compareTensors(got, expected, vectors.tolerance(name))).to.have.property('within', true);
    }
    await devnet.anvil.send('evm_increaseTime', 120);
    await waitForResult(devnet.requester, asked, { until: 'final', pollMs: 50 });
    await eventually(
      'the row is settled',
      async () => (await node.journal.row('serve', asked.id))?.stage === 'settled',
    );
    const after = (await devnet.node.escrow.accountOf(devnet.node.address)).available;
    expect(after > before).to.equal(true);
    expect((await findRequest(devnet.requester, asked)).row.closing).to.include({ type: 'Finalised', tip: 0n });
  }).timeout(60_000);

  const inputs = vector?.inputs as Record<string, Tensor>;
  const eventsOf = async (id: `0x${string}`) => (await node.journal.eventsOf(id)).map(({ event }) => event.type);
  const submitted = (id: `0x${string}`) =>
    eventually('the row is submitted', async () => (await node.journal.row('serve', id))?.stage === 'submitted');

  it('locks its slice before it works for a request that names nobody', async () => {
    const asked = await request(devnet.requester, { version: devnet.version, fee: 10n ** 19n }, inputs);
    await submitted(asked.id);
    expect(await eventsOf(asked.id)).to.deep.equal(['Requested', 'Accepted', 'Submitted']);
  }).timeout(60_000);

  it('waits for an input that is not on chain, refuses other bytes, and serves it when it comes', async () => {
    const options = { version: devnet.version, node: devnet.node.address, fee: 10n ** 19n };
    const asked = await requestByCommitment(devnet.requester, options, [inputs]);
    await eventually('it waits', async () => (await node.journal.row('serve', asked.id))?.stage === 'waiting');
    const offerInput = node.serving.offerInput.bind(node.serving);
    const server = createServer(nodeRoutes({ journal: node.journal, maxInputBytes: 1_000, offerInput }));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/inputs/${asked.id}`;
    const put = async (body: Uint8Array) => (await fetch(url, { method: 'PUT', body: new Uint8Array(body) })).status;
    expect(await put(asked.input.map((byte) => byte ^ 1))).to.equal(422);
    expect(await put(new Uint8Array(1_001))).to.equal(413);
    expect(await put(asked.input)).to.equal(204);
    await submitted(asked.id);
    expect(await put(asked.input)).to.equal(409);
    expect((await fetch(url)).status).to.equal(405);
    expect(await eventsOf(asked.id)).to.deep.equal(['Requested', 'Accepted', 'Submitted']);
    server.close();
  }).timeout(60_000);

  it('submits and finalises many results in few transactions', async () => {
    const sentBefore = await devnet.anvil.provider.getTransactionCount(devnet.node.address);
    const many = Array.from({ length: 8 }, () => inputs);
    const options = { version: devnet.version, node: devnet.node.address, fee: 10n ** 19n };
    const { asked } = await requestMany(devnet.requester, options, many);
    for (const { id } of asked) await submitted(id);
    await devnet.anvil.send('evm_increaseTime', 120);
    await eventually('all are final', async () => {
      const states = await Promise.all(asked.map(async (one) => (await findRequest(devnet.requester, one)).row.state));
      return states.every((state) => state === 'Final');
    });
    // One by one it would have been sixteen.
    const sent = (await devnet.anvil.provider.getTransactionCount(devnet.node.address)) - sentBefore;
    expect(sent).to.be.lessThan(16);
  }).timeout(60_000);

  it('declines what a game decides that it does not follow, and says so once', async () => {
    const game = (await (await appendMockGame(devnet)).getAddress()).toLowerCase();
    const told = () => node.log.lines.filter(({ message }) => message.startsWith('a set has another game'));
    for (let i = 0; i < 2; i++) {
      const { id } = await ask();
      await eventually('it is declined', async () => (await node.journal.row('serve', id))?.stage === 'declined');
      const reason = (await node.journal.row('serve', id))?.facts['reason'];
      expect(reason).to.match(new RegExp(`^${game} decides disputes of set 2, and this node follows 0x`));
      expect(await eventsOf(id)).to.deep.equal(['Requested']);
    }
    expect(told()).to.have.length(1);
    expect(told()[0]).to.include({ level: 'error', set: 2, arbiter: game });
  }).timeout(60_000);
});
