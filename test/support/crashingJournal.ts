/**
 * A process that works on a journal and a queue in a PGlite directory until it is killed. It tells on stdout what it was told is
 * kept, a line each: `result <n>` after a result was recorded, `started` when the first job runs.
 */
import { openQueue } from '../../workers/adapters/bullmq/queue.ts';
import { sqlJournal } from '../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../workers/adapters/journal/migrations.ts';
import { openDatabase } from '../../workers/adapters/sql/open.ts';
import { crashTiming, numbered, resultOf } from './crash.ts';
import { recordedLog, recordedMetrics } from './telemetry.ts';

// Mocha reads every file under test/; only a process of its own runs this one.
if (import.meta.main) {
  const url = process.argv[2] ?? '';
  const database = await openDatabase(url, [journalMigrations]);
  const journal = sqlJournal(database.sql);
  const queue = await openQueue({
    url,
    embedded: database.embedded,
    namespace: 'crash',
    log: recordedLog(),
    metrics: recordedMetrics(),
    timing: crashTiming,
  });

  for (let n = 0; n < 5; n++) await queue.push('execute', numbered(n));
  await queue.consume('execute', 2, async () => {
    console.log('started');
    await new Promise(() => {});
  });

  for (let n = 0; ; n++) {
    await journal.open({ track: 'serve', id: numbered(n), stage: 'observed', facts: { n }, dueAt: undefined });
    await journal.checkAndRecord(resultOf(n));
    await journal.advance('serve', numbered(n), 'observed', 'executed');
    console.log(`result ${n}`);
  }
}
