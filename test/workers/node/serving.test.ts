import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Tensor } from '#core/tensor.ts';
import { compareTensors } from '#core/tolerance.ts';
import { findRequest, request, waitForResult } from '../../../sdk/index.ts';
import { type Devnet, startDevnet, vectors } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { startNode, type TestNode } from '../../support/inferenceNode.ts';

describe('an inference node on a chain', () => {
  const models = mkdtempSync(path.join(tmpdir(), 'opg-store-'));
  let devnet: Devnet;
  let node: TestNode;
  before(async function () {
    this.timeout(120_000);
    devnet = await startDevnet(models);
    node = await startNode(devnet, { models });
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
});
