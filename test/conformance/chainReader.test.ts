import { expect } from 'chai';
import { toAddress } from '#core/hex.ts';
import type { BlockRef, ChainCursor, ChainFact, Hex } from '#ports/chain.ts';
import { type NodeRegistry, NodeRegistry__factory } from '#types';
import { type Contracts, eventDecoder } from '../../workers/adapters/ethers/decodeEvents.ts';
import type { JsonRpc } from '../../workers/adapters/ethers/jsonRpc.ts';
import { Providers } from '../../workers/adapters/ethers/providers/providers.ts';
import { EthersReader, type ReaderOptions } from '../../workers/adapters/ethers/reader.ts';
import { Rpc } from '../../workers/adapters/ethers/rpc.ts';
import { Anvil, CHAIN_ID } from '../support/anvil.ts';
import { rejectsLater } from '../support/rejects.ts';
import { recordedLog, recordedMetrics } from '../support/telemetry.ts';

const NOWHERE = `0x${'0'.repeat(38)}01` as Hex;
const EMPTY: ChainCursor = { recent: [], final: undefined };

/** What a reader of these facts believes the chain to be, and what it was told was final. */
class Follower {
  readonly blocks: BlockRef[] = [];
  readonly endpoints: string[] = [];
  readonly reorged: BlockRef[] = [];
  final: BlockRef | undefined;

  take(fact: ChainFact): void {
    if (fact.kind === 'final') this.final = fact.block;
    else if (fact.kind === 'reorg') {
      expect(fact.block, 'newest first').to.deep.equal(this.blocks.at(-1));
      this.reorged.push(this.blocks.pop() as BlockRef);
    } else {
      this.blocks.push(fact.block);
      for (const { event } of fact.events) if (event.type === 'NodeSet') this.endpoints.push(event.endpoint);
    }
  }

  get cursor(): ChainCursor {
    return { recent: this.blocks.slice(-20), final: this.final };
  }
}

const told = { log: recordedLog(), metrics: recordedMetrics(), chainId: CHAIN_ID };
/** Two names of one node are two providers that agree. */
const ways: Readonly<Record<string, (url: string) => Promise<JsonRpc>>> = {
  'one provider': (url) => Rpc.connect({ url, chainId: CHAIN_ID }),
  'two that must agree': (url) => Providers.connect({ ...told, urls: [url, `${url}/?two`], agreement: 2 }),
};

for (const [way, connect] of Object.entries(ways))
  describe(`the chain reader on JSON-RPC, with ${way}`, () => {
    let anvil: Anvil;
    let rpc: JsonRpc;
    let registry: NodeRegistry;
    let contracts: Contracts;

    beforeEach(async () => {
      anvil = await Anvil.start('--no-mining');
      registry = await new NodeRegistry__factory(anvil.wallet(0)).deploy();
      await anvil.mine();
      const nodes = (await registry.getAddress()) as Hex;
      contracts = { nodes, escrow: NOWHERE, models: NOWHERE, requests: NOWHERE };
      rpc = await connect(anvil.url);
    });
    afterEach(async () => {
      rpc.close();
      await anvil.stop();
    });

    const reader = (options: Partial<ReaderOptions> = {}) =>
      new EthersReader(rpc, CHAIN_ID, eventDecoder(contracts), {
        finality: { kind: 'depth', blocks: 8 },
        pollMs: 5,
        ...options,
      });

    /** Follows until the follower has seen the head of the chain. */
    async function catchUp(follower: Follower, from: ChainCursor = EMPTY, options: Partial<ReaderOptions> = {}) {
      const stop = new AbortController();
      const head = await reader().head();
      for await (const fact of reader(options).follow(from, 1, stop.signal)) {
        follower.take(fact);
        const done = follower.blocks.at(-1)?.hash === head.hash;
        if (done && (options.finality?.kind !== 'tag' || fact.kind === 'final')) stop.abort();
      }
    }

    const announce = async (endpoint: string) => {
      const { hash } = await registry.setNode(1, endpoint);
      return (await anvil.send('eth_getRawTransactionByHash', hash)) as Hex;
    };

    it('yields every block once, in order, with its events decoded', async () => {
      await announce('https://a');
      await anvil.mine(3);
      await announce('https://b');
      await anvil.mine();
      const follower = new Follower();
      await catchUp(follower);
      expect(follower.blocks.map(({ number }) => number)).to.deep.equal([1, 2, 3, 4, 5]);
      expect(follower.endpoints).to.deep.equal(['https://a', 'https://b']);
      expect(follower.blocks.slice(1).map(({ parentHash }) => parentHash)).to.deep.equal(
        follower.blocks.slice(0, -1).map(({ hash }) => hash),
      );
    });

    it('gives the account of an event in lower case, whatever the node answers', async () => {
      await announce('https://a');
      await anvil.mine();
      const stop = new AbortController();
      for await (const fact of reader().follow(EMPTY, 2, stop.signal)) {
        if (fact.kind !== 'block') continue;
        const event = fact.events[0]?.event;
        expect(event).to.deep.include({ type: 'NodeSet', node: toAddress(anvil.wallet(0).address), roles: 1 });
        stop.abort();
      }
    });

    it('takes back the blocks that fell out, newest first, before their replacements', async () => {
      await announce('https://kept');
      await anvil.mine();
      const mark = await anvil.mark();
      await announce('https://dropped');
      await anvil.mine(2);
      const follower = new Follower();
      await catchUp(follower);
      const before = [...follower.blocks];
      await anvil.fallBack(mark, 3);
      await catchUp(follower, follower.cursor);
      expect(follower.reorged.map(({ hash }) => hash)).to.deep.equal([before[3]?.hash, before[2]?.hash]);
      expect(follower.blocks.map(({ number }) => number)).to.deep.equal([1, 2, 3, 4, 5]);
      expect(follower.blocks[1]?.hash).to.equal(before[1]?.hash);
    });

    it('sees an event again when its transaction comes back in another block', async () => {
      const mark = await anvil.mark();
      const raw = await announce('https://moved');
      await anvil.mine(2);
      const follower = new Follower();
      await catchUp(follower);
      await anvil.fallBack(mark, 2);
      await anvil.send('eth_sendRawTransaction', raw);
      await anvil.mine();
      await catchUp(follower, follower.cursor);
      expect(follower.endpoints).to.deep.equal(['https://moved', 'https://moved']);
      expect(follower.reorged).to.have.length(2);
    });

    it('declares blocks final at the depth, and no block above it', async () => {
      await anvil.mine(12);
      const follower = new Follower();
      await catchUp(follower);
      const head = follower.blocks.at(-1)?.number as number;
      await anvil.mine();
      await catchUp(follower, follower.cursor);
      expect(follower.final?.number).to.be.within(head - 8, head - 7);
    });

    it('reads history by ranges, with all events, and goes on block by block from there', async () => {
      await announce('https://old');
      await anvil.mine(300);
      await announce('https://middle');
      await anvil.mine(200);
      await announce('https://new');
      await anvil.mine();
      const follower = new Follower();
      await catchUp(follower);
      expect(follower.endpoints).to.deep.equal(['https://old', 'https://middle', 'https://new']);
      // The two blocks with events, the end of the range, and the eight above finality.
      expect(follower.blocks).to.have.length(11);
    });

    it('stops when a final block is gone, and says which', async () => {
      await anvil.mine(10);
      const mark = await anvil.mark();
      await anvil.mine(10);
      const follower = new Follower();
      await catchUp(follower, EMPTY, { finality: { kind: 'depth', blocks: 2 } });
      await anvil.mine();
      await catchUp(follower, follower.cursor, { finality: { kind: 'depth', blocks: 2 } });
      const final = follower.final as BlockRef;
      await anvil.fallBack(mark, 12);
      const error = await rejectsLater(
        'chain.reorg_too_deep',
        catchUp(new Follower(), { recent: [], final }, { finality: { kind: 'depth', blocks: 2 } }),
      );
      expect(error.payload).to.deep.include({ number: final.number, recorded: final.hash });
      expect(error.retryable).to.equal(false);
    });

    it('refuses a node of another chain, naming both', async () => {
      const error = await rejectsLater('chain.wrong_id', Rpc.connect({ url: anvil.url, chainId: 84532 }));
      expect(error.payload).to.deep.include({ expected: 84532, got: CHAIN_ID });
    });

    it('calls a silent node unavailable, which is worth another try', async () => {
      const deaf = Rpc.connect({ url: 'http://127.0.0.1:1', chainId: CHAIN_ID });
      const error = await rejectsLater('rpc.unavailable', deaf);
      expect(error.retryable).to.equal(true);
    });
  });
