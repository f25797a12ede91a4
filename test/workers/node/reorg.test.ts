import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { RequestId } from '#core/protocol/ids.ts';
import type { Hex } from '#ports/chain.ts';
import { type Account, actAs, findRequest, request } from '../../../sdk/index.ts';
import { eventDecoder, type RawLog } from '../../../workers/adapters/ethers/decodeEvents.ts';
import { type Devnet, startDevnet, vectors } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { faultStory } from '../../support/faultStory.ts';
import { startNode, type TestNode } from '../../support/inferenceNode.ts';
import { temporaryFolder } from '../../support/temporary.ts';

interface Pool {
  readonly pending: Readonly<Record<string, Readonly<Record<string, { readonly hash: Hex }>>>>;
}
interface Receipt {
  readonly logs: readonly RawLog[];
}

/** Blocks are mined by hand, so that each fork holds exactly what the story says. */
describe('an inference node in a reorganisation', function () {
  this.timeout(120_000);
  const models = temporaryFolder('opg-store');
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

  /** The hash of a transaction of this account that waits to be mined. */
  async function waitingFrom({ address }: Account): Promise<Hex | undefined> {
    const { pending } = await devnet.anvil.send<Pool>('txpool_content');
    const [waiting] = Object.values(pending[address] ?? {});
    return waiting?.hash;
  }
  const waits = (account: Account) => eventually('a transaction waits', () => waitingFrom(account));
  const stage = async (id: Hex) => (await node.journal.row('serve', id))?.stage;
  const stageIs = (id: Hex, wanted: string) => eventually(`stage ${wanted}`, async () => (await stage(id)) === wanted);
  const state = async (asked: Asked) => (await findRequest(devnet.requester, asked)).row.state;
  /** Mines, at the pace of a fast chain: every block moves chain time by a second. */
  const submitted = (asked: Asked) =>
    eventually('it is submitted', async () => {
      await sleep(250);
      await devnet.anvil.mine();
      return (await state(asked)) === 'Submitted';
    });
  const intentOf = (asked: Asked) => node.outbox.get(`submit:${asked.id}/0`);
  const rawOf = (hash: string) => devnet.anvil.send<Hex>('eth_getRawTransactionByHash', hash);

  interface Asked {
    readonly id: RequestId;
    readonly hash: Hex;
  }

  /** Puts a request into a block of its own. The SDK's promise is not waited for: its wallet may need another block to see it. */
  async function ask(fee = 10n ** 19n, account = devnet.requester): Promise<Asked> {
    const options = { version: devnet.version, node: devnet.node.address, fee };
    request(account, options, vectors.vectors[0]?.inputs ?? {}).catch(() => {});
    const hash = await eventually('the request waits to be mined', () => waitingFrom(account));
    await devnet.anvil.mine();
    const receipt = await eventually('it is mined', () =>
      devnet.anvil.send<Receipt>('eth_getTransactionReceipt', hash),
    );
    const decoder = eventDecoder(devnet.contracts);
    for (const log of receipt.logs) {
      const event = decoder.decode(log);
      if (event?.type === 'Requested') return { id: event.id, hash };
    }
    throw new Error(`The transaction ${hash} opened no request.`);
  }

  faultStory('reorg-computed', async () => {
    const mark = await devnet.anvil.mark();
    const asked = await ask();
    await waits(devnet.node);
    const raw = await rawOf(asked.hash);
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
  });

  faultStory('reorg-same-bytes', async () => {
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
    expect((await intentOf(asked))?.attempts[0]).to.deep.equal(before);
    expect(await node.outbox.get(`submit:${asked.id}/1`)).to.equal(undefined);
  });

  faultStory('reorg-one-payer', async () => {
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
  });
});
