/**
 * An indexer and a monitor killed at each of their steps, also while the chain is taken back: at the end they say what one says that has never died. By default at
 * some points, drawn by the seed; KILL_POINTS=all tries every one.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { JsonRpcProvider } from 'ethers';
import type { Deployed } from '../../scripts/demo/localNetwork.ts';
import type { Process } from '../../scripts/demo/processes.ts';
import { expire, request } from '../../sdk/index.ts';
import { DisputedNetwork } from '../e2e/disputed.ts';
import { Player } from '../e2e/player.ts';
import { POINTS } from '../support/crashing/points.ts';
import { startToDie } from '../support/crashing/start.ts';
import { eventually } from '../support/eventually.ts';
import { faultStory } from '../support/faultStory.ts';
import { seeded } from '../support/seeded.ts';

const ALL = process.env['KILL_POINTS'] === 'all';
/** In the short form. */
const DRAWN = 2;
const CLOCKS = { challengeBaseSeconds: 600, challengeWindowSeconds: 300, responseSeconds: 100, checkRateLog2: 50 };
/** Blocks: far more than are taken back, however slow everything is. */
const FINALITY = 400;

describe('an observer killed at its steps', function () {
  this.timeout(ALL ? 3_600_000 : 600_000);
  const network = new DisputedNetwork();
  const { local } = network;
  let deployed: Deployed;
  let role: Process;
  before(async () => {
    await network.start(CLOCKS);
    deployed = network.deployed;
  });
  afterEach(() => role.kill());
  after(() => network.stop());

  const chosen = (points: readonly string[], seed: number): readonly string[] => {
    if (ALL) return points;
    const random = seeded(seed);
    const drawn = new Set(Array.from({ length: DRAWN }, () => random.pick(points)));
    return points.filter((point) => drawn.has(point));
  };
  const provider = () => deployed.net.provider as JsonRpcProvider;
  const mine = async (blocks: number) => {
    for (let n = 0; n < blocks; n++) await provider().send('evm_mine', []);
  };

  /** Takes back a few blocks with an event in them, and goes on otherwise. */
  async function reorganise(): Promise<void> {
    const kept = await provider().send('evm_snapshot', []);
    const before = await provider().getBlockNumber();
    const { escrow } = deployed.net;
    const owner = deployed.accounts.owner;
    const { signer } = owner;
    const call = await escrow.setConsent.populateTransaction(0, true);
    const nonce = await provider().getTransactionCount(owner.address);
    await (await signer.sendTransaction({ ...call, nonce })).wait();
    const seen = async () => (await stood()) > before;
    await eventually('it has seen the block', async () => !role.running || (await seen()));
    const height = await provider().getBlockNumber();
    await provider().send('evm_revert', [kept]);
    await mine(height - before + 1);
  }
  /** The newest block that the process has. */
  async function stood(): Promise<number> {
    const text = await (await fetch(`${role.url}/metrics`)).text().catch(() => '');
    return Number(/^worker_watch_block (\d+)/m.exec(text)?.[1] ?? -1);
  }

  async function dieAt(points: readonly string[], occupy: (point: string) => Promise<unknown>): Promise<void> {
    for (const point of points) {
      await startToDie(role, point);
      if (role.running) await occupy(point);
      await eventually(
        `it dies at ${point}`,
        async () => {
          if (/^(index:)?final/.test(point)) await mine(FINALITY / 8);
          return !role.running;
        },
        120_000,
      ).catch((error: Error) => expect.fail(`${error.message}\n${role.tail(30)}`));
      expect(role.signal, point).to.equal('SIGKILL');
    }
  }
  /** What it serves once it has all blocks there were. */
  async function answers(routes: readonly string[], plain: (answer: object) => object): Promise<object[]> {
    const head = await provider().getBlockNumber();
    await eventually('it has seen all', async () => (await stood()) >= head, 120_000);
    const found = await Promise.all(routes.map(async (route) => (await fetch(`${role.url}${route}`)).json()));
    return found.map((answer) => plain(answer as object));
  }
  /** The same of a process that begins anew. */
  async function anew(folder: string, ...given: Parameters<typeof answers>): Promise<object[]> {
    await role.stop();
    rmSync(path.join(network.directory, folder, 'data'), { recursive: true });
    await role.start();
    return answers(...given);
  }

  faultStory('killed-indexer', async ({ seed, saw }) => {
    role = local.indexer(deployed, { network: { finality: `${FINALITY}` } });
    const points = chosen(POINTS.indexer, seed);
    await dieAt(points, async (point) => (point.includes('takeBack') ? reorganise() : network.asked()));
    await role.start();
    const routes = ['/v1/totals', '/v1/requests?limit=100', '/v1/models', '/v1/nodes', '/v1/days'];
    const plain = ({ asOf: _, ...answer }: { asOf?: unknown }) => answer;
    const mineAll = await answers(routes, plain);
    expect(await anew('indexer', routes, plain)).to.deep.equal(mineAll);
    saw(`${points.length} deaths; ${routes.length} answers are those of an indexer that began anew`);
  });

  /** A request that nobody answers, to its end. */
  async function expireOne(): Promise<void> {
    const { requester, cheat, keeper } = deployed.accounts;
    const short = { fee: 10n ** 18n, deadlineSeconds: 20, reservedSeconds: 20 };
    const asked = await request(
      requester,
      { version: network.tolerant.version, node: cheat.address, ...short },
      network.picture(0),
    );
    await network.turnTo(asked.terms.deadline + 1);
    await expire(keeper, asked);
  }

  faultStory('killed-monitor', async ({ seed, saw }) => {
    role = local.monitor(deployed, { network: { finality: `${FINALITY}` } });
    const liar = new Player(network, deployed.accounts.liar, network.tolerant, [0, 0]);
    await liar.consents();
    const points = chosen(POINTS.monitor, seed);
    await dieAt(points, async (point) => {
      if (point.includes('/over')) return expireOne();
      const { id } = await network.answered(network.reference);
      if (point.includes('/disputed')) await liar.challenge(id);
    });
    await role.start();
    const plain = (answer: object) => {
      const { disputes } = answer as { disputes: { challenges: { left?: number }[] }[] };
      return disputes.map((dispute) => ({
        ...dispute,
        challenges: dispute.challenges.map(({ left: _, ...challenge }) => challenge),
      }));
    };
    const judged = async () =>
      eventually(
        'all are judged',
        async () => !(await (await fetch(`${role.url}/v1/disputes`)).text()).includes('"unknown"'),
        120_000,
      );
    await judged();
    const shown = await answers(['/v1/disputes'], plain);
    await role.stop();
    rmSync(path.join(network.directory, 'monitor/data'), { recursive: true });
    await role.start();
    await judged();
    const now = () => answers(['/v1/disputes'], plain);
    await eventually(
      'as many are shown',
      async () => JSON.stringify(await now()) === JSON.stringify(shown),
      60_000,
    ).catch(async () => expect(await now()).to.deep.equal(shown));
    saw(`${points.length} deaths; ${(shown[0] as object[]).length} disputes shown as by a monitor that began anew`);
  });
});
