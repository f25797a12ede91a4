/** A process whose journal is on a disk that fills up while it writes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { sqlJournal } from '../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../workers/adapters/journal/migrations.ts';
import { openDatabase } from '../../workers/adapters/sql/open.ts';
import { numbered, resultOf } from '../support/crash.ts';
import { faultStory } from '../support/faultStory.ts';
import { smallDisk } from '../support/smallDisk.ts';

const PROGRAM = fileURLToPath(new URL('../support/crashingJournal.ts', import.meta.url));

describe('a journal on a full disk', function () {
  this.timeout(300_000);

  faultStory('full-disk-journal', async function ({ saw }) {
    const disk = smallDisk(160);
    if (!disk) return this.skip();
    try {
      const url = `pglite:${path.join(disk.path, 'journal')}`;
      const child = spawn(process.execPath, [PROGRAM, url], { stdio: ['ignore', 'pipe', 'pipe'] });
      const ended = once(child, 'exit');
      let said = '';
      child.stderr.on('data', (text) => (said += text));
      let told = 0;
      for await (const line of createInterface(child.stdout)) {
        if (line.startsWith('result ')) told = Number(line.split(' ')[1]) + 1;
        if (told === 100) disk.fill();
      }
      const [code] = await ended;
      expect(code, 'it ends, with an error, as soon as nothing can be kept').to.not.equal(0);
      expect(said)
        .to.include('sql.unavailable')
        .and.match(/no space left on device/i);
      expect(told).to.be.at.least(100);

      disk.free();
      const database = await openDatabase(url, [journalMigrations]);
      const journal = sqlJournal(database.sql);
      for (let n = 0; n < told; n++) {
        expect(await journal.checkAndRecord(resultOf(n)), `result ${n}`).to.equal('same');
        expect((await journal.row('serve', numbered(n)))?.stage, `row ${n}`).to.equal('executed');
      }
      await database.close();
      saw(`${told} results recorded before the disk was full, all there after it had room again`);
    } finally {
      disk.remove();
    }
  });
});
