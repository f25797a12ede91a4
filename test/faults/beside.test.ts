import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import type { Tensor } from '#core/tensor.ts';
import { compareTensors } from '#core/tolerance.ts';
import { findRequest, requestMany, waitForResult } from '../../sdk/index.ts';
import { KEYS } from '../support/anvil.ts';
import { POINTS } from '../support/crashing/points.ts';
import { crashAt } from '../support/crashing/start.ts';
import { skipLoudly } from '../support/debian.ts';
import { type Devnet, startDevnet, vectors } from '../support/devnet.ts';
import { eventually } from '../support/eventually.ts';
import { faultStory } from '../support/faultStory.ts';
import { RoleProcess } from '../support/process.ts';
import { seeded } from '../support/seeded.ts';
import { type RunningServer, startPostgres, startRedis } from '../support/servers.ts';

const ALL = process.env['KILL_POINTS'] === 'all';

describe('a node and its executor as processes on PostgreSQL and Redis', function () {
  this.timeout(ALL ? 1_800_000 : 600_000);
  const home = mkdtempSync(path.join(tmpdir(), 'opg-beside-'));
  const running: RoleProcess[] = [];
  let postgres: RunningServer | undefined;
  let redis: RunningServer | undefined;
  let devnet: Devnet;
  let environment: Readonly<Record<string, string>>;

  before(async function () {
    this.timeout(500_000);
    [postgres, redis] = [await startPostgres(), await startRedis()];
    if (!postgres || !redis) skipLoudly(this, 'PostgreSQL and Redis: a node and its executor as processes');
    devnet = await startDevnet(home);
    const [deployment, key] = [path.join(home, 'deployment.json'), path.join(home, 'key')];
    writeFileSync(deployment, JSON.stringify(devnet.deployment));
    writeFileSync(key, KEYS[1], { mode: 0o600 });
    environment = {
      OPG_RPC_URL: devnet.anvil.url,
      OPG_DEPLOYMENT: deployment,
      OPG_FINALITY: '2',
      OPG_POLL_MS: '50',
      OPG_KEY_FILE: key,
      OPG_JOURNAL_URL: postgres.url,
      OPG_QUEUE_URL: redis.url,
      OPG_QUEUE_NAMESPACE: 'beside',
      OPG_MODEL_DIRECTORY: home,
      OPG_EXECUTOR_WARM: devnet.version,
    };
  });
  afterEach(async () => {
    for (const role of running.splice(0)) await role.end('SIGKILL');
  });
  after(async () => {
    for (const role of running) await role.end('SIGKILL');
    await devnet?.anvil.stop();
    await Promise.all([postgres?.stop(), redis?.stop()]);
    rmSync(home, { recursive: true, force: true });
  });

  async function start(role: 'node' | 'executor', name: string, concurrency: number, more = {}): Promise<RoleProcess> {
    const own = {
      ...more,
      OPG_DATA_DIR: path.join(home, name),
      OPG_EXECUTOR_CONCURRENCY: `${concurrency}`,
    };
    const started = new RoleProcess(role, { ...environment, ...own });
    running.push(started);
    await started.says(`${role} started`);
    return started;
  }

  const single = vectors.vectors.filter(({ inputs }) => inputs['features']?.shape[0] === 1);
  /** Requests, each with the vector it is for. */
  async function ask(n: number) {
    const chosen = Array.from({ length: n }, (_, i) => single[i % single.length] as (typeof single)[number]);
    const options = { version: devnet.version, node: devnet.node.address };
    const { asked } = await requestMany(
      devnet.requester,
      options,
      chosen.map(({ inputs }) => inputs),
    );
    return asked.map((one, i) => ({ one, vector: chosen[i] as (typeof single)[number] }));
  }

  /** Every answer is that of the vector it is for, and is final once. */
  async function allServed(asked: Awaited<ReturnType<typeof ask>>): Promise<void> {
    for (const { one, vector } of asked) {
      const { items } = await waitForResult(devnet.requester, one, { pollMs: 50 });
      for (const [name, expected] of Object.entries(vector.outputs)) {
        const got = items?.[0]?.[name] as Tensor;
        expect(compareTensors(got, expected, vectors.tolerance(name)).within, `${one.id} ${name}`).to.equal(true);
      }
    }
    await devnet.anvil.send('evm_increaseTime', 60);
    await eventually(
      'all are final',
      async () => {
        // A second submission or ending would not fit the events before it: findRequest would throw.
        const found = await Promise.all(asked.map(({ one }) => findRequest(devnet.requester, one)));
        return found.every(({ row }) => row.state === 'Final');
      },
      180_000,
    );
  }

  faultStory('killed-executor', async ({ seed, saw }) => {
    const node = await start('node', 'node', 0);
    const points = ALL ? POINTS.executor : [seeded(seed).pick(POINTS.executor)];
    const asked = await ask(8);
    for (const [i, point] of points.entries()) {
      const dying = await start('executor', `dying-${i}`, 1, crashAt(point));
      asked.push(...(await ask(2)));
      await eventually(`it dies at ${point}`, () => dying.signal === 'SIGKILL', 120_000);
    }
    // And one in the middle of whatever it does, while more is asked.
    const first = await start('executor', 'first', 1);
    asked.push(...(await ask(16)));
    await eventually('it works', () => first.count('request executed') > 0);
    await first.end('SIGKILL');
    asked.push(...(await ask(4))); // which nobody can do now

    const last = await start('executor', 'last', 2);
    await allServed(asked);
    expect(node.count('request executed'), 'by the node itself').to.equal(0);
    expect([await last.end('SIGTERM'), await node.end('SIGTERM')]).to.deep.equal([0, 0]);
    saw(`${points.length + 1} deaths, ${asked.length} requests served and paid once`);
  });

  faultStory('two-executors', async ({ saw }) => {
    const node = await start('node', 'node', 0);
    const both = [await start('executor', 'one', 1), await start('executor', 'other', 1)];
    const asked = await ask(32);
    await allServed(asked);
    const did = both.map((executor) => executor.count('request executed'));
    expect((did[0] ?? 0) + (did[1] ?? 0), 'each request is computed once').to.equal(asked.length);
    for (const role of [...both, node]) expect(await role.end('SIGTERM')).to.equal(0);
    saw(`${asked.length} requests, ${did.join(' and ')} computed by each`);
  });

  /** Half is asked before the fault, half during it. */
  async function through(fault: () => Promise<void>, repair: () => Promise<void>): Promise<number> {
    const node = await start('node', 'node', 0);
    const executor = await start('executor', 'executor', 1);
    const asked = await ask(12);
    await eventually('it is in the middle of it', () => executor.count('request executed') >= 2);
    await fault();
    asked.push(...(await ask(12)));
    await repair();
    asked.push(...(await ask(2)));
    await allServed(asked);
    for (const role of [executor, node]) expect(await role.end('SIGTERM')).to.equal(0);
    return asked.length;
  }

  faultStory('redis-flushed', async ({ saw }) => {
    const client = new Redis(redis?.url ?? '');
    const flush = async () => void (await client.flushall());
    const served = await through(flush, flush).finally(() => client.disconnect());
    saw(`${served} requests served and paid once; every hint of them lost twice`);
  });

  faultStory('redis-killed', async ({ saw }) => {
    const served = await through(
      async () => redis?.kill(),
      async () => redis?.start(),
    );
    saw(`${served} requests served and paid once`);
  });

  faultStory('postgres-killed', async ({ saw }) => {
    const served = await through(
      async () => postgres?.kill(),
      async () => postgres?.start(),
    );
    saw(`${served} requests served and paid once`);
  });
});
