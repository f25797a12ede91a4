/**
 * A node and a keeper killed with SIGKILL before and after each durable step of serving and closing requests, and then the whole chain audited. By default at
 * some points, drawn by the seed; KILL_POINTS=all tries every one, KILL_POINTS=submit:plan:after,… these.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { JsonRpcProvider } from 'ethers';
import { buildModel } from '#core/onnx/build.ts';
import { tensorFrom } from '#core/tensor.ts';
import { LocalNetwork } from '../../scripts/demo/localNetwork.ts';
import type { Process } from '../../scripts/demo/processes.ts';
import { journalOf } from '../../scripts/demo/settings.ts';
import { type AskedOne, findRequest, request } from '../../sdk/index.ts';
import { type E2e, raise, type Served, serve } from '../e2e/network.ts';
import { auditChain } from '../support/chainAudit.ts';
import { POINTS } from '../support/crashing/points.ts';
import { startToDie } from '../support/crashing/start.ts';
import { eventually } from '../support/eventually.ts';
import { faultStory } from '../support/faultStory.ts';
import { identity } from '../support/graphs.ts';
import { seeded } from '../support/seeded.ts';

const WANTED = process.env['KILL_POINTS'];
const ALL = WANTED === 'all';
/** In the short form. */
const DRAWN = 4;
/** Blocks: so many that a process sees a transaction in a block before it is final. Where that is waited for, blocks are made faster. */
const FINALITY = 100;
const CARD = {
  inputs: [{ name: 'x', dtype: 'int32', shape: [1, 3] }],
  outputs: [{ name: 'y', dtype: 'int32', shape: [1, 3] }],
};
/** What comes with finality alone. */
const LATE = [':settled:', 'serve/settled', 'final:mark', 'keep/closed'];

describe('a role killed at its durable steps', function () {
  this.timeout(ALL ? 7_200_000 : 600_000);
  const directory = mkdtempSync(path.join(tmpdir(), 'opg-killed-roles-'));
  const local = new LocalNetwork(directory);
  let net: E2e;
  let served: Served;

  before(async () => {
    const network = { finality: `${FINALITY}` };
    net = await raise(local, { node: { network }, keeper: { network, keeper: { expire: true } } });
    served = await serve(net, buildModel(identity('int32', [1, 3])), CARD);
  });
  afterEach(() => Promise.all([net.node.stop(), net.keeper.stop()]));
  after(async () => {
    await local.stop();
    await net?.door.shut();
    rmSync(directory, { recursive: true, force: true });
  });

  /** In the order in which a request comes to them. */
  const chosen = (points: readonly string[], seed: number): readonly string[] => {
    if (ALL) return points;
    if (WANTED) return points.filter((point) => WANTED.split(',').includes(point));
    const random = seeded(seed);
    const drawn = new Set(Array.from({ length: DRAWN }, () => random.pick(points)));
    return points.filter((point) => drawn.has(point));
  };
  const ask = (change: Partial<Parameters<typeof request>[1]> = {}) =>
    request(
      net.accounts.requester,
      // More than the node's offer asks, royalty and share of the protocol included.
      { version: served.version, fee: 2n * 10n ** 18n, ...change },
      { x: tensorFrom('int32', [1, 3], [1, 2, 3]) },
    );
  async function makeFinal(): Promise<void> {
    for (let n = 0; n < FINALITY / 4; n++) await (net.net.provider as JsonRpcProvider).send('evm_mine', []);
    await sleep(500); // for who follows to take them in
  }

  /** Dies once at each of these points, each time with something new to do. */
  async function dieAt(role: Process, points: readonly string[], occupy: () => Promise<AskedOne>): Promise<AskedOne[]> {
    const asked: AskedOne[] = [];
    for (const point of points) {
      const starting = startToDie(role, point);
      asked.push(await occupy());
      await starting;
      await eventually(
        `it dies at ${point}`,
        async () => {
          if (LATE.some((part) => point.includes(part))) await makeFinal();
          return !role.running;
        },
        120_000,
      ).catch((error: Error) => expect.fail(`${error.message}\n${role.tail(40)}`));
      expect(role.signal, point).to.equal('SIGKILL');
    }
    return asked;
  }

  async function allEnd(role: Process, asked: readonly AskedOne[], ...states: string[]): Promise<void> {
    const found = async () => Promise.all(asked.map(async (one) => (await findRequest(net.net, one)).row.state));
    await eventually(
      'every request has ended',
      async () => (await found()).every((state) => states.includes(state)),
      180_000,
    ).catch(async (error: Error) => expect.fail(`${error.message} They are ${await found()}\n${role.tail(40)}`));
    // What it says of its transactions is of the newest block it has dealt with: that one has to be above all that they need.
    const settled = (await net.net.provider.getBlockNumber()) + FINALITY + 2;
    await eventually(
      'it has no transaction under way',
      async () => {
        await makeFinal();
        const metrics = await (await fetch(`${role.url}/metrics`)).text();
        const block = Number(/^worker_watch_block (\d+)/m.exec(metrics)?.[1] ?? 0);
        return block > settled && /^worker_submit_open_intents 0$/m.test(metrics);
      },
      180_000,
    );
  }
  const journal = (place: string) => journalOf(path.join(directory, place));

  faultStory('killed-node', async ({ seed, saw }) => {
    const from = await net.net.provider.getBlockNumber();
    const points = chosen(POINTS.node, seed);
    const asked = await dieAt(net.node, points, () => ask());
    await net.node.start();
    await allEnd(net.node, asked, 'Final');
    await net.node.stop();
    const { requests, transactions } = await auditChain(
      net,
      [{ account: net.accounts.hotKey, journal: journal('node') }],
      { from: from + 1 },
    );
    expect(requests).to.equal(asked.length);
    saw(`${points.length} deaths, ${requests} requests, each submitted and paid once by ${transactions} transactions`);
  });

  faultStory('killed-keeper', async ({ seed, saw }) => {
    const from = await net.net.provider.getBlockNumber();
    const points = chosen(POINTS.keeper, seed);
    // Nobody serves it, so that it expires.
    const unserved = async () => {
      const asked = await ask({ node: net.accounts.node.address, deadlineSeconds: 900, reservedSeconds: 900 });
      const provider = net.net.provider as JsonRpcProvider;
      const now = (await provider.getBlock('latest'))?.timestamp ?? 0;
      await provider.send('evm_increaseTime', [asked.terms.deadline + 1 - now]);
      return asked;
    };
    const asked = await dieAt(net.keeper, points, unserved);
    await net.keeper.start();
    await allEnd(net.keeper, asked, 'Expired');
    await net.keeper.stop();
    const { requests, transactions } = await auditChain(
      net,
      [{ account: net.accounts.keeper, journal: journal('keeper') }],
      { from: from + 1 },
    );
    expect(requests).to.equal(asked.length);
    saw(`${points.length} deaths, ${requests} requests, each paid back once by ${transactions} transactions`);
  });
});
