import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Tensor } from '#core/tensor.ts';
import { compareTensors } from '#core/tolerance.ts';
import { findRequest, requestMany, waitForResult } from '../../sdk/index.ts';
import { KEYS } from '../support/anvil.ts';
import { skipLoudly } from '../support/debian.ts';
import { type Devnet, startDevnet, vectors } from '../support/devnet.ts';
import { eventually } from '../support/eventually.ts';
import { RoleProcess } from '../support/process.ts';
import { type RunningServer, startPostgres, startRedis } from '../support/servers.ts';

describe('a node and its executor as processes on PostgreSQL and Redis', () => {
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
  after(async () => {
    for (const role of running) await role.end('SIGKILL');
    await devnet?.anvil.stop();
    await Promise.all([postgres?.stop(), redis?.stop()]);
    rmSync(home, { recursive: true, force: true });
  });

  async function start(role: 'node' | 'executor', name: string, concurrency: number): Promise<RoleProcess> {
    const own = { OPG_DATA_DIR: path.join(home, name), OPG_EXECUTOR_CONCURRENCY: `${concurrency}` };
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

  it('serves what it is asked, and loses nothing when the executor is killed', async () => {
    const node = await start('node', 'node', 0);
    const first = await start('executor', 'first', 1);
    await first.says('a model was loaded ahead of its requests');
    const asked = await ask(8);
    await eventually('the executor works', () => first.count('request executed') > 0);
    asked.push(...(await ask(24)));
    await eventually('it is in the middle of it', () => first.count('request executed') >= 10);
    await first.end('SIGKILL');
    asked.push(...(await ask(4))); // which nobody can do now

    const second = await start('executor', 'second', 2);
    for (const { one, vector } of asked) {
      const { items } = await waitForResult(devnet.requester, one, { pollMs: 50 });
      for (const [name, expected] of Object.entries(vector.outputs)) {
        const got = items?.[0]?.[name] as Tensor;
        expect(compareTensors(got, expected, vectors.tolerance(name)).within, `${one.id} ${name}`).to.equal(true);
      }
    }
    expect(second.count('request executed')).to.be.greaterThan(0);
    expect(node.count('request executed'), 'by the node itself').to.equal(0);

    await devnet.anvil.send('evm_increaseTime', 60);
    await eventually('all are final', async () => {
      // A second submission or ending would not fit the events before it: findRequest would throw.
      const found = await Promise.all(asked.map(({ one }) => findRequest(devnet.requester, one)));
      return found.every(({ row }) => row.state === 'Final');
    });
    expect([await second.end('SIGTERM'), await node.end('SIGTERM')]).to.deep.equal([0, 0]);
  }).timeout(240_000);
});
