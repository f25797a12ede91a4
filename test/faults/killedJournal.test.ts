import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openQueue } from '../../workers/adapters/bullmq/queue.ts';
import { sqlJournal } from '../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../workers/adapters/journal/migrations.ts';
import { openDatabase } from '../../workers/adapters/sql/open.ts';
import { crashTiming, numbered, resultOf } from '../support/crash.ts';
import { eventually } from '../support/eventually.ts';
import { rejectsLater } from '../support/rejects.ts';
import { recordedLog, recordedMetrics } from '../support/telemetry.ts';

const PROGRAM = fileURLToPath(new URL('../support/crashingJournal.ts', import.meta.url));

describe('a process on PGlite that is killed while it writes', () => {
  const home = mkdtempSync(path.join(os.tmpdir(), 'opg-killed-'));
  const url = `pglite:${home}/database`;
  after(() => rmSync(home, { recursive: true }));

  /** Runs the program, kills it after `results` results, and returns how many it had told. */
  async function runAndKill(results: number): Promise<number> {
    const child = spawn(process.execPath, [PROGRAM, url], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    let told = 0;
    let started = false;
    for await (const line of createInterface(child.stdout)) {
      if (line === 'started') started = true;
      else told = Number(line.split(' ')[1]) + 1;
      if (told === results) await rejectsLater('sql.locked', openDatabase(url, []));
      if (told >= results && started) child.kill('SIGKILL');
    }
    await ended;
    return told;
  }

  it('loses nothing that it was told is recorded, twice over, and its jobs run again', async function () {
    this.timeout(120_000);
    const told = Math.max(await runAndKill(50), await runAndKill(120));
    expect(told).to.be.at.least(120);

    const database = await openDatabase(url, [journalMigrations]);
    try {
      const journal = sqlJournal(database.sql);
      for (let n = 0; n < told; n++) {
        expect(await journal.checkAndRecord(resultOf(n)), `result ${n}`).to.equal('same');
        expect((await journal.row('serve', numbered(n)))?.stage, `row ${n}`).to.equal('executed');
      }

      const telemetry = { log: recordedLog(), metrics: recordedMetrics() };
      const queue = await openQueue({
        url,
        embedded: database.embedded,
        namespace: 'crash',
        timing: crashTiming,
        ...telemetry,
      });
      const seen = new Set<number>();
      await queue.consume('execute', 2, async (id) => void seen.add(Number(id)));
      await eventually('all five jobs ran', () => seen.size === 5);
      await queue.close(1_000);
    } finally {
      await database.close();
    }
  });
});
