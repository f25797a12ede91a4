import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { Hex } from '#ports/chain.ts';
import { type Account, type AskedOne, actAs, findRequest, request } from '../../../sdk/index.ts';
import { type Devnet, startDevnet, vectors } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { startNode, type TestNode } from '../../support/inferenceNode.ts';

/** Blocks are mined by hand, so that each fork holds exactly what the story says. */
describe('an inference node in a reorganisation', () => {
  const models = mkdtempSync(path.join(tmpdir(), 'opg-store-'));
  let devnet: Devnet;
  let node: TestNode;
  beforeEach(async function () {
    this.timeout(120_000);
    devnet = await startDevnet(models);
    await devnet.anvil.send('evm_setAutomine', false);
    await devnet.anvil.send('evm_setIntervalMining', 0);
    node = await startNode(devnet, { models, finalityBlocks: 40 });
  });
  afterEach(async () => {
    await node?.stop();
    await devnet?.anvil.stop();
  });

  const sent = (by: string, tag: string) => devnet.anvil.send<string>('eth_getTransactionCount', by, tag).then(Number);
  /** Until a transaction of this account waits to be mined. */
  const waits = (account: Account) =>
    eventually('a transaction waits', async () => {
      const { address } = account;
      return (await sent(address, 'pending')) > (await sent(address, 'latest'));
    });
  const stage = async (id: Hex) => (await node.journal.row('serve', id))?.stage;
  const stageIs = (id: Hex, wanted: string) => eventually(`stage ${wanted}`, async () => (await stage(id)) === wanted);
  const state = async (asked: AskedOne) => (await findRequest(devnet.requester, asked)).row.state;
  /** Mines, at the pace of a fast chain: every block moves chain time by a second. */
  const submitted = (asked: AskedOne) =>
    eventually('it is submitted', async () => {
      await sleep(250);
      await devnet.anvil.mine();
      return (await state(asked)) === 'Submitted';
    });
  const intentOf = (asked: AskedOne) => node.outbox.get(`submit:${asked.id}/0`);
  const rawOf = (hash: string) => devnet.anvil.send<Hex>('eth_getRawTransactionByHash', hash);

  async function ask(fee = 10n ** 19n, account = devnet.requester): Promise<AskedOne> {
    const asking = request(
      account,
      { version: devnet.version, node: devnet.node.address, fee },
      vectors.vectors[0]?.inputs ?? {},
    );
    for (;;) {
      await waits(account);
      await devnet.anvil.mine();
      // Under load the pool may hand a transaction over a moment after it has counted it.
      const asked = await Promise.race([asking, sleep(3_000)]);
      if (asked) return asked;
    }
  }

  it('does not compute again, but submits again, what came back after it was computed', async () => {
    const mark = await devnet.anvil.mark();
    const asked = await ask();
    await waits(devnet.node);
    const raw = await rawOf(asked.receipt.hash);
    const result = await node.journal.result(asked.id);
    await devnet.anvil.fallBack(mark, 3);
    await stageIs(asked.id, 'orphaned');
    await devnet.anvil.send('eth_sendRawTransaction', raw);
    await devnet.anvil.mine();
    await submitted(asked);
    await stageIs(asked.id, 'submitted');
    expect(await node.journal.result(asked.id)).to.deep.equal(result);
    const executions = node.log.lines.filter(({ message }) => message === 'request executed');
    expect(executions).to.have.length(1);
  }).timeout(120_000);

  it('brings its submission back when only that fell out, with the bytes it had signed', async () => {
    const asked = await ask();
    const mark = await devnet.anvil.mark();
    await waits(devnet.node);
    await devnet.anvil.mine();
    await stageIs(asked.id, 'submitted');
    await eventually('it is seen mined', async () => (await intentOf(asked))?.status === 'mined');
    const [before] = (await intentOf(asked))?.attempts ?? [];
    await devnet.anvil.fallBack(mark, 3);
    await submitted(asked);
    await stageIs(asked.id, 'submitted');
    expect((await intentOf(asked))?.attempts).to.deep.equal([before]);
  }).timeout(120_000);

  it('serves two requests that came back in the other order as the new requests they are', async () => {
    const mark = await devnet.anvil.mark();
    const first = await ask(10n ** 19n);
    await waits(devnet.node);
    const second = await ask(11n * 10n ** 18n);
    await waits(devnet.node);
    await devnet.anvil.fallBack(mark, 4);
    for (const { id } of [first, second]) await stageIs(id, 'orphaned');
    // As a wallet that was started anew: it remembers no nonces.
    const again = await actAs(devnet.requester, devnet.anvil.wallet(2));
    const swapped = [await ask(11n * 10n ** 18n, again), await ask(10n ** 19n, again)];
    for (const asked of swapped) {
      expect([first.id, second.id]).not.to.include(asked.id);
      await submitted(asked);
    }
    for (const { id } of [first, second]) expect(await stage(id)).to.equal('orphaned');
  }).timeout(120_000);
});
