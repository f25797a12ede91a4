import { expect } from 'chai';
import type { RequestId } from '#core/protocol/ids.ts';
import type { Account } from '../../sdk/index.ts';
import { Anvil } from '../support/anvil.ts';
import { eventually } from '../support/eventually.ts';
import { faultStory } from '../support/faultStory.ts';
import type { RpcFault } from '../support/rpc/faults.ts';
import { BAD, FaultyNetwork, FINALITY, GOOD, LONE, ROLES, THIRD } from '../support/rpc/faultyNetwork.ts';
import type { Deeds } from '../support/rpc/proxies.ts';
import { seeded } from '../support/seeded.ts';

const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? 1);
/** Until a fault has struck at all. */
const MOST_ROUNDS = 12;

describe('on a chain that turns back, behind providers that fail and lie', function () {
  this.timeout(900_000 + 300_000 * ROUNDS);
  let starting: Promise<FaultyNetwork> | undefined;
  let net: FaultyNetwork;
  let requesters: readonly Account[];
  before(async function () {
    this.timeout(900_000);
    starting = FaultyNetwork.start(Number(process.env['FAULT_SEED'] ?? 37));
    net = await starting;
    requesters = [await net.requester(), await net.requester()];
  });
  const lies = { told: 0, noticed: 0 };
  after(async () => {
    await (await starting?.catch(() => undefined))?.stop();
    if (lies.told > 0) expect(lies.noticed, 'disagreements the node noticed').to.be.greaterThan(0);
  });
  afterEach(async function () {
    // The runner tells failures at its end, which is far.
    if (this.currentTest?.err) console.error(this.currentTest.err.message.slice(0, 4_000));
    for (const at of [BAD, GOOD, THIRD, LONE]) await net.proxies.order(at);
    net.chain.letGo();
  });

  const askEach = async (): Promise<readonly RequestId[]> =>
    (await Promise.all(requesters.map((one) => net.ask(one)))).map(({ id }) => id);

  /** What was done to node and verifier, and to keeper and indexer. */
  interface Done {
    readonly many: Struck;
    readonly lone: Struck;
  }

  /** Requests while the bad providers have each of these faults in turn, until these are good again and all have ended. */
  async function served(...faults: readonly (readonly RpcFault[])[]): Promise<Done> {
    const asked: RequestId[] = [];
    const [many, lone]: [Deeds[], Deeds[]] = [[], []];
    const nothing = () => [...many, ...lone].every((deeds) => sum([deeds]).injected === 0);
    // A provider that rests, or a lot that falls well, may leave a round without a fault.
    for (let round = 0; round < ROUNDS || (round < MOST_ROUNDS && nothing()); round++)
      for (const some of faults) {
        for (const at of [BAD, LONE]) await net.proxies.order(at, ...some);
        const these = await askEach();
        asked.push(...these);
        // The node has two good providers: it works on meanwhile.
        await net.reach(these, 'Submitted', 'Final');
        many.push(await net.proxies.order(BAD));
        lone.push(await net.proxies.order(LONE));
      }
    await ended(asked);
    return { many: sum(many), lone: sum(lone) };
  }

  async function ended(asked: readonly RequestId[]): Promise<void> {
    await net.reach(asked, 'Final');
    await net.holds(asked);
    await net.indexed(asked);
  }

  const survived = async (saw: (text: string) => void, ...faults: readonly (readonly RpcFault[])[]) => {
    const { many, lone } = await served(...faults);
    expect(many.injected + lone.injected).to.be.greaterThan(0);
    saw(`${many.injected + lone.injected} of ${many.calls + lone.calls} calls struck`);
  };

  /** Faults that are noticed by comparing: a node that was lied to must have outvoted the liar. */
  async function noticed(saw: (text: string) => void, ...faults: readonly (readonly RpcFault[])[]): Promise<void> {
    const disagreements = () => net.metric('node', 'worker_rpc_disagreements_total');
    const before = await disagreements();
    const { many, lone } = await served(...faults);
    const differ = (await disagreements()) - before;
    // One that failed lately is asked after the others, when these agree already: so this is held over all of these faults.
    lies.told += many.injected;
    lies.noticed += differ;
    saw(`${many.injected + lone.injected} of ${many.calls + lone.calls} answers false, ${differ} noticed by comparing`);
  }

  faultStory('rpc-slow', ({ saw }) => survived(saw, [{ kind: 'delay', ms: 1_700, share: 0.2 }]));
  faultStory('rpc-drops', ({ saw }) =>
    survived(saw, [
      { kind: 'drop', share: 0.1 },
      { kind: 'drop', after: true, methods: ['eth_sendRawTransaction'], share: 0.7 },
    ]),
  );
  faultStory('rpc-refuses', ({ saw }) =>
    survived(saw, [
      { kind: 'status', status: 429, retryAfter: '1', share: 0.05 },
      { kind: 'status', status: 500, share: 0.1 },
      { kind: 'status', status: 503, share: 0.05 },
    ]),
  );
  faultStory('rpc-truncates', ({ saw }) => survived(saw, [{ kind: 'truncate', share: 0.1 }]));
  faultStory('rpc-stale', ({ saw }) => survived(saw, [{ kind: 'stale', blocks: 5 }]));
  faultStory('rpc-far-head', ({ saw }) => survived(saw, [{ kind: 'farHead' }]));
  faultStory('rpc-omits-logs', ({ saw }) => noticed(saw, [{ kind: 'omitLogs' }]));
  faultStory('rpc-omits-receipts', ({ saw }) => noticed(saw, [{ kind: 'omitLogs', receipts: true }]));
  faultStory('rpc-false-receipts', ({ saw }) =>
    noticed(
      saw,
      [{ kind: 'receipt', lie: 'status' }],
      [{ kind: 'receipt', lie: 'block' }],
      [{ kind: 'receipt', lie: 'absent' }],
    ),
  );
  faultStory('rpc-other-block', ({ saw }) => noticed(saw, [{ kind: 'otherBlock' }]));
  faultStory('rpc-broadcasts', ({ saw }) =>
    survived(
      saw,
      [{ kind: 'broadcast', message: 'already known', taken: true }],
      [{ kind: 'broadcast', message: 'nonce too low', taken: false, share: 0.7 }],
      [{ kind: 'broadcast', message: 'replacement transaction underpriced', taken: false, share: 0.7 }],
      [{ kind: 'swallow', share: 0.7 }],
    ),
  );
  faultStory('rpc-false-state', ({ saw }) => noticed(saw, [{ kind: 'zeros' }]));
  /** Plain questions go to the first provider only while it is as well as the others. */
  const wellAgain = () =>
    eventually(
      'the node asks its first provider first again',
      async () =>
        (await net.metric('node', 'worker_rpc_spare_providers')) > 0 &&
        (await net.metric('node', 'worker_rpc_error_ratio')) < 0.1,
      120_000,
    );
  faultStory('rpc-false-refusals', async ({ saw }) => {
    await wellAgain();
    await survived(saw, [{ kind: 'refuse' }]);
  });
  faultStory('rpc-dear-tip', async ({ saw }) => {
    await wellAgain();
    // A thousand gwei, ten times what the cap lets pass.
    await survived(saw, [{ kind: 'tip', wei: '0xe8d4a51000' }]);
  });

  faultStory('rpc-one-of-many', async ({ saw }) => {
    const before = await net.metric('node', 'worker_rpc_disagreements_total');
    const asked: RequestId[] = [];
    for (const fault of [
      { kind: 'omitLogs', each: true },
      { kind: 'nonce', by: 5 },
    ] as const) {
      await net.proxies.order(BAD, fault);
      const these = await askEach();
      asked.push(...these);
      await net.reach(these, 'Submitted', 'Final');
    }
    await net.proxies.order(BAD);
    await ended(asked);
    saw(`${(await net.metric('node', 'worker_rpc_disagreements_total')) - before} disagreements noticed`);
  });

  faultStory('rpc-no-agreement', async ({ saw }) => {
    await net.proxies.order(GOOD, { kind: 'omitLogs', receipts: true });
    await net.proxies.order(THIRD, { kind: 'drop' });
    const asked = await askEach();
    await net.chain.grow(15);
    for (const id of asked) expect(await net.stateOf(id)).to.equal('Requested');
    await eventually('the node says that they do not agree', () =>
      net.metric('node', 'worker_watch_interrupted_total', 'rpc.disagreement'),
    );
    await net.proxies.order(GOOD);
    await net.proxies.order(THIRD);
    await ended(asked);
    saw(`${await net.metric('node', 'worker_watch_interrupted_total', 'rpc.')} waits`);
  });

  faultStory('rpc-all-down', async ({ saw }) => {
    const ports = [BAD, GOOD, THIRD, LONE];
    for (const at of ports) await net.proxies.order(at, { kind: 'drop' });
    const asked = await askEach();
    await net.chain.grow(15);
    for (const id of asked) expect(await net.stateOf(id)).to.equal('Requested');
    const deeds = await Promise.all([BAD, GOOD, THIRD, LONE].map((at) => net.proxies.order(at)));
    await ended(asked);
    saw(`${sum(deeds).injected} calls without an answer`);
  });

  faultStory('rpc-other-chain', async ({ saw }) => {
    const other = await Anvil.start('--chain-id', '8453', '--block-time', '1');
    try {
      net.letEnd('keeper', 'indexer');
      for (const at of [BAD, LONE]) await net.proxies.order(at, { kind: 'otherChain', url: other.url });
      const asked = await askEach();
      await net.reach(asked, 'Submitted', 'Final');
      // A process without another provider stops, and says why.
      for (const role of ['keeper', 'indexer'] as const) {
        const code = await net.role(role).exit;
        expect(code, net.role(role).said()).to.be.greaterThan(0);
        expect(net.role(role).said()).to.match(/chain\.(wrong_id|reorg_too_deep)/);
      }
      for (const at of [BAD, LONE]) await net.proxies.order(at);
      await Promise.all([net.startRole('keeper'), net.startRole('indexer')]);
      await ended(asked);
      const excluded = await net.metric('node', 'worker_rpc_failures_total', 'kind="wrong_chain"');
      expect(excluded).to.be.greaterThan(0);
      saw(`excluded ${excluded} times`);
    } finally {
      await other.stop();
    }
  });

  /** A request in a block of its own, on a chain that is held. Who asks may hear of that block only with the next one. */
  async function askAlone(by: Account): Promise<RequestId> {
    const asking = net.ask(by);
    asking.catch(() => {}); // it may fall out
    await net.waitsFrom(by.address);
    await net.chain.mine();
    return await net.newestOf(by);
  }
  /** The node has computed this request, and its transaction waits to be mined; others of its may wait too. */
  const computed = async (id: RequestId) => {
    await eventually('the node submits', async () => (await net.told(id)).includes('"submitting"'), 300_000);
    await net.waitsFrom(net.devnet.node.address);
  };
  const forgotten = async (id: RequestId) => {
    await eventually(
      'the node knows that it fell out',
      async () => (await net.told(id)).includes('"orphaned"'),
      300_000,
    );
    await eventually('the index forgot it', async () => !(await net.isIndexed(id)), 300_000);
  };

  faultStory('reorg-request', async ({ seed, saw }) => {
    const random = seeded(seed);
    const depths = ROUNDS > 1 ? Array.from({ length: FINALITY }, (_, i) => i + 1) : [1, 2 + random.int(FINALITY - 1)];
    const asked: RequestId[] = [];
    for (const depth of depths) {
      await net.chain.hold();
      const id = await askAlone(requesters[0] as Account);
      await computed(id);
      await net.chain.mine(depth - 1); // at depth 1 the request falls out before its result is in
      const lost = await net.chain.fallOut(depth);
      expect(await net.stateOf(id)).to.equal(undefined);
      await net.chain.mine();
      await forgotten(id);
      await net.chain.bringBack(lost.filter(({ from }) => from !== net.devnet.node.address));
      net.chain.letGo();
      asked.push(id);
      await net.reach([id], 'Submitted', 'Final');
    }
    await ended(asked);
    saw(`depths ${depths.join(', ')}`);
  });

  faultStory('reorg-order', async ({ seed, saw }) => {
    const depth = 2 + seeded(seed).int(FINALITY - 1);
    await net.chain.hold();
    const asked: RequestId[] = [];
    for (const one of requesters) asked.push(await askAlone(one));
    await net.chain.mine(depth - 2);
    const lost = (await net.chain.fallOut(depth)).filter(({ from }) => from !== net.devnet.node.address);
    for (const one of [...lost].reverse()) {
      await net.chain.bringBack([one]);
      await net.chain.mine();
    }
    net.chain.letGo();
    await ended(asked);
    saw(`depth ${depth}, ${lost.length} transactions in the other order`);
  });

  faultStory('reorg-submission', async ({ seed, saw }) => {
    const depth = 1 + seeded(seed).int(FINALITY - 1);
    await net.chain.hold();
    const id = await askAlone(requesters[0] as Account);
    await computed(id);
    const mined = () => net.metric('node', 'worker_submit_mined_total');
    const before = await mined();
    await net.chain.mine(depth);
    // One that it never saw in a block may as well be replaced when it has waited long.
    await eventually('the node sees it mined', async () => (await mined()) > before, 120_000);
    const signed = await net.submittedBy(id);
    const lost = await net.chain.fallOut(depth);
    expect(lost.map(({ hash }) => hash)).to.include(signed);
    expect(await net.stateOf(id)).to.equal('Requested');
    net.chain.letGo(); // nobody but the node sends it again
    await ended([id]);
    expect(await net.submittedBy(id), 'the bytes that were signed').to.equal(signed);
    saw(`depth ${depth}, came back with the same hash`);
  });

  faultStory('reorg-storm', async ({ seed, saw }) => {
    const random = seeded(seed);
    const asked: RequestId[] = [];
    const depths: number[] = [];
    for (let turn = 0; turn < 5 * ROUNDS; turn++) {
      asked.push(...(await askEach()));
      await net.chain.grow(random.int(4));
      const depth = 1 + random.int(FINALITY);
      depths.push(depth);
      await net.chain.fallOut(depth, async (lost) => {
        // In another order, as far as each sender's own order lets them; what is early waits in the pool.
        await net.chain.bringBack([...lost].sort(() => random.int(3) - 1));
      });
      await net.chain.grow(FINALITY);
    }
    await ended(asked);
    const fallen = await net.metric('node', 'worker_watch_reorged_blocks_total');
    saw(`${asked.length} requests, depths ${depths.join(', ')}, ${fallen} blocks taken back by the node`);
  });

  // The last one: these processes have no chain afterwards.
  faultStory('reorg-too-deep', async ({ saw }) => {
    const asked = await askEach();
    await net.reach(asked, 'Submitted', 'Final');
    await net.chain.grow(FINALITY + 2);
    net.letEnd(...ROLES);
    await net.chain.fallOut(FINALITY + 20);
    await net.chain.grow(2);
    for (const name of ROLES) {
      const role = net.role(name);
      expect(await role.exit, `${name} stops: ${role.said().slice(-2_000)}`).to.be.greaterThan(0);
      expect(role.said()).to.contain('chain.reorg_too_deep');
    }
    const kept = await net.journalOf('node');
    expect(kept.final, 'the journal knows the final block').to.be.greaterThan(0);
    expect(kept.rows, 'and what it does about requests').to.be.greaterThan(0);
    saw(`all ${ROLES.length} roles stopped; final block ${kept.final} and ${kept.rows} rows kept`);
  });
});

interface Struck {
  readonly calls: number;
  readonly injected: number;
}
const sum = (deeds: readonly Deeds[]): Struck => ({
  calls: deeds.reduce((all, { calls }) => all + calls, 0),
  injected: deeds.flatMap(({ injected }) => Object.values(injected)).reduce((all, one) => all + one, 0),
});
