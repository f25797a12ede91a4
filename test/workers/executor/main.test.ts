import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { decodeItems, encodeItems } from '#core/commitment/canonical.ts';
import { commitItems } from '#core/commitment/list.ts';
import { headersOf } from '#core/commitment/schema.ts';
import { toHex } from '#core/hex.ts';
import type { Tensor } from '#core/tensor.ts';
import { compareTensors } from '#core/tolerance.ts';
import type { Hex } from '#ports/chain.ts';
import type { Queue } from '#ports/queue.ts';
import { openQueue } from '../../../workers/adapters/bullmq/queue.ts';
import { sqlJournal } from '../../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../../workers/adapters/journal/migrations.ts';
import { type Database, openDatabase } from '../../../workers/adapters/sql/open.ts';
import { skipLoudly } from '../../support/debian.ts';
import { eventually } from '../../support/eventually.ts';
import { scratch } from '../../support/graphs.ts';
import { exampleModel } from '../../support/models.ts';
import { type RoleProcess, startRole } from '../../support/role.ts';
import { type RunningServer, startPostgres, startRedis } from '../../support/servers.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

describe('an executor process beside its node', () => {
  const directory = scratch();
  const namespace = 'beside';
  let postgres: RunningServer | undefined;
  let redis: RunningServer | undefined;
  let database: Database | undefined;
  let queue: Queue | undefined;
  let first: RoleProcess | undefined;

  before(async function () {
    this.timeout(400_000);
    [postgres, redis] = [await startPostgres(), await startRedis()];
    if (!postgres || !redis) skipLoudly(this, 'PostgreSQL and Redis: an executor process beside its node');
    database = await openDatabase(postgres.url, [journalMigrations]); // this test is the node, and has the schema to itself
    queue = await openQueue({ url: redis.url, namespace, log: recordedLog(), metrics: recordedMetrics() });
  });
  after(async () => {
    first?.child.kill('SIGKILL');
    await queue?.close(1000);
    await database?.close();
    await postgres?.stop();
    await redis?.stop();
    directory.remove();
  });

  const model = exampleModel('mlp-int8');
  const vectors = model.vectors.filter(({ inputs }) => inputs['pixels']?.shape[0] === 1);
  const { schema, card } = model;
  const journal = () => sqlJournal((database as Database).sql);
  const start = (name: string) =>
    startRole('executor', {
      OPG_DATA_DIR: path.join(directory.path, name),
      OPG_JOURNAL_URL: postgres?.url ?? '',
      OPG_QUEUE_URL: redis?.url ?? '',
      OPG_QUEUE_NAMESPACE: namespace,
      OPG_MODEL_DIRECTORY: directory.path,
    });

  async function admit(n: number): Promise<Hex> {
    const id: Hex = `0x${n.toString(16).padStart(64, '0')}`;
    const bytes = encodeItems(schema.inputs, [[vectors[n % vectors.length]?.inputs['pixels'] as Tensor]]);
    const facts = {
      terms: { input: commitItems(headersOf(schema.inputs), 1, bytes), deadline: 2 ** 33, items: 1, flags: 0 },
      input: toHex(bytes),
      version: {
        sha256: card.sha256,
        size: card.bytes,
        uris: [`file:${card.sha256}`],
        schema,
        rows: true,
        exact: false,
      },
    };
    await journal().open({ track: 'serve', id, stage: 'admitted', facts, dueAt: undefined });
    await queue?.push('execute', id);
    return id;
  }

  it('should execute what the node admits, survive the death of another executor, and hold no key', async function () {
    this.timeout(120_000);
    copyFileSync(model.file, path.join(directory.path, card.sha256));
    first = await start('first');
    const second = await start('second');
    const ids: Hex[] = [];
    for (let n = 0; n < 30; n++) ids.push(await admit(n));
    await eventually('some are executed', async () => ((await journal().count('serve'))['executed'] ?? 0) > 3);
    expect(await first.stop('SIGKILL')).to.equal(null);
    for (let n = 30; n < 40; n++) ids.push(await admit(n));
    await eventually('all are executed', async () => (await journal().count('serve'))['executed'] === 40);

    for (const [n, id] of ids.entries()) {
      const output = (await journal().result(id))?.output as Uint8Array;
      const [[logits] = []] = decodeItems(schema.outputs, output, 1);
      const want = vectors[n % vectors.length]?.outputs['logits'] as Tensor;
      expect(compareTensors(logits as Tensor, want, model.tolerance('logits')).within, id).to.equal(true);
    }
    // A hint may be lost with the process that was killed between the row's move and its push: one per call it had in flight.
    await eventually('the hints are there', async () => ((await queue?.depth('submit'))?.waiting ?? 0) >= 36);
    const health = (await (await fetch(`${second.url}/healthz`)).json()) as { healthy: boolean };
    expect(health.healthy).to.equal(true);
    expect(await (await fetch(`${second.url}/metrics`)).text()).to.match(
      /worker_execute_requests_total\{outcome="executed"\} \d/,
    );
    expect(await second.stop()).to.equal(0);
  });

  it('should refuse an embedded journal, which belongs to one process', async () => {
    const error = await startRole('executor', { OPG_DATA_DIR: path.join(directory.path, 'alone') }).then(
      () => new Error('it started'),
      (reason: Error) => reason,
    );
    expect(error.message).to.include('ended with code 1').and.to.include('only a postgres:// database can be shared');
  });
});
