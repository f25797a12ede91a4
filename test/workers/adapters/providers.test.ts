import { expect } from 'chai';
import type { ChainCursor, Hex } from '#ports/chain.ts';
import { type NodeRegistry, NodeRegistry__factory } from '#types';
import { eventDecoder } from '../../../workers/adapters/ethers/decodeEvents.ts';
import { Providers } from '../../../workers/adapters/ethers/providers/providers.ts';
import { EthersReader, type Finality } from '../../../workers/adapters/ethers/reader.ts';
import { EthersSender } from '../../../workers/adapters/ethers/sender.ts';
import { Anvil, CHAIN_ID } from '../../support/anvil.ts';
import { eventually } from '../../support/eventually.ts';
import { faultStory } from '../../support/faultStory.ts';
import { rejectsLater } from '../../support/rejects.ts';
import { Proxies } from '../../support/rpc/proxies.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const NOWHERE = `0x${'0'.repeat(38)}01` as Hex;
const EMPTY: ChainCursor = { recent: [], final: undefined };

describe('chain providers', () => {
  let anvil: Anvil;
  let proxies: Proxies;
  let registry: NodeRegistry;
  const open: Providers[] = [];
  const log = recordedLog();
  const metrics = recordedMetrics();

  before(async () => {
    anvil = await Anvil.start('--no-mining');
    registry = await new NodeRegistry__factory(anvil.wallet(0)).deploy();
    await anvil.mine();
    proxies = await Proxies.start(anvil.url, 3, 1);
  });
  after(async () => {
    for (const providers of open) providers.close();
    await proxies?.stop();
    await anvil?.stop();
  });
  afterEach(async () => {
    for (const at of [0, 1, 2]) await proxies.order(at);
  });

  async function connect(count: number, agreement: number): Promise<Providers> {
    const urls = proxies.urls.slice(0, count);
    const providers = await Providers.connect({ urls, chainId: CHAIN_ID, agreement, log, metrics, slowMs: 300 });
    open.push(providers);
    return providers;
  }

  const DEEP: Finality = { kind: 'depth', blocks: 8 };
  async function reader(providers: Providers, finality = DEEP): Promise<EthersReader> {
    const nodes = (await registry.getAddress()) as Hex;
    const decoder = eventDecoder({ nodes, escrow: NOWHERE, models: NOWHERE, requests: NOWHERE });
    return new EthersReader(providers, CHAIN_ID, decoder, { finality, pollMs: 5 });
  }

  /** A block with an event of ours; its number. */
  async function announce(endpoint: string): Promise<number> {
    await registry.setNode(1, endpoint);
    await anvil.mine();
    return anvil.provider.getBlockNumber();
  }

  /** What is read from this block on to the newest. */
  async function endpointsFrom(block: number, providers: Providers, finality = DEEP): Promise<string[]> {
    const read = await reader(providers, finality);
    const { number } = await read.head();
    const stop = new AbortController();
    const found: string[] = [];
    for await (const fact of read.follow(EMPTY, block, stop.signal)) {
      if (fact.kind !== 'block') continue;
      for (const { event } of fact.events) if (event.type === 'NodeSet') found.push(event.endpoint);
      if (fact.block.number === number) stop.abort();
    }
    return found;
  }

  it('asks one provider nothing twice', async () => {
    const one = await connect(1, 1);
    await one.send('eth_blockNumber', []);
    await proxies.order(0);
    await (await reader(one)).head();
    await one.agreed('eth_getBlockByNumber', ['0x1', false]);
    await one.reached('eth_getTransactionCount', [NOWHERE, 'latest']);
    await one.each('eth_sendRawTransaction', ['0x00']);
    expect((await proxies.order(0)).calls).to.equal(4);
  });

  it('finds the logs an only provider left out in its receipts, and waits if they are not there either', async () => {
    const one = await connect(1, 1);
    const block = await announce('https://left-out');
    await proxies.order(0, { kind: 'omitLogs' });
    expect(await endpointsFrom(block, one)).to.deep.equal(['https://left-out']);
    await proxies.order(0, { kind: 'omitLogs', receipts: true });
    const error = await rejectsLater('rpc.unavailable', endpointsFrom(block, one));
    expect(error.message).to.contain('whose header speaks of some');
  });

  it('believes no receipt of a block that does not list its transaction', async () => {
    const one = await connect(1, 1);
    await announce('https://before');
    const { hash } = await registry.setNode(1, 'https://receipt');
    await anvil.mine();
    const sender = new EthersSender(one);
    expect(await sender.receipt(hash as Hex)).to.deep.include({ success: true });
    await proxies.order(0, { kind: 'receipt', lie: 'block' });
    expect(await sender.receipt(hash as Hex)).to.equal(undefined);
  });

  it('leaves a provider alone as long as it asks for that', async () => {
    const one = await connect(1, 1);
    await proxies.order(0, { kind: 'status', status: 429, retryAfter: '30' });
    for (let i = 0; i < 4; i++) await rejectsLater('rpc.rate_limited', one.send('eth_blockNumber', []));
    expect((await proxies.order(0)).calls).to.equal(1);
  });

  it('names both answers when two do not agree, and takes the majority of three', async () => {
    const { hash } = await registry.setNode(1, 'https://disputed');
    await anvil.mine();
    await proxies.order(0, { kind: 'receipt', lie: 'status' });
    const two = new EthersSender(await connect(2, 2));
    const { payload } = await rejectsLater('rpc.disagreement', two.receipt(hash as Hex));
    expect(payload).to.deep.include({ method: 'eth_getTransactionReceipt', needed: 2 });
    for (const url of proxies.urls.slice(0, 2)) expect(String(payload['answers'])).to.contain(url);
    const three = new EthersSender(await connect(3, 2));
    expect(await three.receipt(hash as Hex)).to.deep.include({ success: true });
    expect(metrics.values.get(`worker_rpc_failures_total{kind="lied",provider="${proxies.urls[0]}"}`)).to.equal(1);
  });

  it('does not wait for one that is slow', async () => {
    const three = await connect(3, 1);
    await three.send('eth_chainId', []);
    await proxies.order(0, { kind: 'delay', ms: 20_000 });
    expect(await three.send('eth_chainId', [])).to.equal('0x7a69');
    expect((await proxies.order(0)).injected).to.deep.equal({ delay: 1 });
    await three.send('eth_chainId', []);
    expect((await proxies.order(0)).calls, 'it rests').to.equal(0);
  }).timeout(10_000);

  it('refuses to start where all are of another chain, and leaves one out that is', async () => {
    const other = await Anvil.start('--chain-id', '8453');
    try {
      await proxies.order(0, { kind: 'otherChain', url: other.url });
      const { payload } = await rejectsLater('chain.wrong_id', connect(1, 1));
      expect(payload).to.deep.include({ expected: CHAIN_ID, got: 8453 });
      const two = await connect(2, 1);
      expect(await two.send('eth_chainId', [])).to.equal('0x7a69');
    } finally {
      await other.stop();
    }
  });

  it('leaves out one that turns to another chain while it runs, though it only seems to be behind', async () => {
    const three = await connect(3, 2);
    const read = await reader(three);
    await anvil.mine(10);
    await read.head();
    const other = await Anvil.start('--chain-id', '8453');
    try {
      await proxies.order(0, { kind: 'otherChain', url: other.url });
      const strikes = () =>
        metrics.values.get(`worker_rpc_failures_total{kind="wrong_chain",provider="${proxies.urls[0]}"}`);
      const before = strikes() ?? 0;
      // Once seen to be behind it is asked which chain it is of; later, if it rests for being slow.
      await eventually('it is left out', async () => {
        await read.head();
        return (strikes() ?? 0) > before;
      });
      expect(strikes()).to.equal(before + 1);
    } finally {
      await other.stop();
    }
  });

  faultStory('rpc-limits', async ({ saw }) => {
    const from = await announce('https://old');
    await anvil.mine(120);
    await announce('https://new');
    await proxies.order(0, { kind: 'ranges', blocks: 7 }, { kind: 'noFinalized' });
    const one = await connect(1, 1);
    expect(await endpointsFrom(from, one)).to.deep.equal(['https://old', 'https://new']);
    const { calls, injected } = await proxies.order(0, { kind: 'noFinalized' });
    saw(`${injected['ranges']} ranges of ${calls} calls refused`);
    expect(injected['ranges']).to.be.greaterThan(0);
    const refused = await rejectsLater('rpc.refused', endpointsFrom(from, one, { kind: 'tag' }));
    expect(refused.retryable).to.equal(false);
    // Of three, one that does not know it does no harm.
    expect(await endpointsFrom(from, await connect(3, 2), { kind: 'tag' })).to.include('https://new');
  });
});
