/**
 * A year of a node's traffic, day by day: what is written for it, and what retention takes away again, with the disk measured at the end of each month. By default a
 * shorter year of fewer requests; RETENTION=year is the whole.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { openQueue } from '../../workers/adapters/bullmq/queue.ts';
import { sqlJournal } from '../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../workers/adapters/journal/migrations.ts';
import { outboxMigrations } from '../../workers/adapters/outbox/migrations.ts';
import { sqlOutbox } from '../../workers/adapters/outbox/outbox.ts';
import { type Database, openDatabase } from '../../workers/adapters/sql/open.ts';
import { retain } from '../../workers/watcher/retention.ts';
import { eventually } from '../support/eventually.ts';
import { faultStory } from '../support/faultStory.ts';
import { recordedLog, recordedMetrics } from '../support/telemetry.ts';

const WHOLE = process.env['RETENTION'] === 'year';
const DAYS = WHOLE ? 365 : 48;
const REQUESTS_A_DAY = WHOLE ? 1_000 : 100;
/** Bytes of a result. */
const RESULT = 2_048;
/** Of a chain with a block in 12 s; the default of journal.keepBlocks is 50,000, about 7 days of those. */
const BLOCKS_A_DAY = 7_200;
const KEEP_BLOCKS = 50_000;
const DAY_MS = 86_400_000;

describe('disk use over a long time', function () {
  this.timeout(WHOLE ? 3_600_000 : 300_000);
  const home = mkdtempSync(path.join(tmpdir(), 'opg-retention-'));
  after(() => rmSync(home, { recursive: true, force: true }));

  const size = () =>
    readdirSync(home, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);

  /** Everything that a node writes for its requests of a day, from request to payment; one of a hundred is declined, one expires. */
  async function write({ sql }: Database, day: number): Promise<void> {
    const [first, block] = [day * REQUESTS_A_DAY, day * BLOCKS_A_DAY];
    const last = first + REQUESTS_A_DAY - 1;
    const ids = `(select n, '0x' || lpad(to_hex(n), 64, '0') as id, ${block} + (n - ${first}) * 7 as at from generate_series(${first}, ${last}) n)`;
    await sql.transaction(async (tx) => {
      await tx.query(
        `insert into journal_block select '0xb' || lpad(to_hex(at + k), 63, '0'), at + k, '0xb' || lpad(to_hex(at + k - 1), 63, '0'), (at + k) * 12
           from ${ids} r, generate_series(0, 3) k`,
      );
      await tx.query(
        `insert into journal_event select '0xb' || lpad(to_hex(at + k), 63, '0'), 0, at + k, id, id, jsonb_build_object('type', 'Requested', 'id', id, 'terms', repeat('7', 700))
           from ${ids} r, generate_series(0, 3) k`,
      );
      for (const [track, stage] of [
        ['serve', `case n % 100 when 7 then 'declined' when 8 then 'expired' else 'settled' end`],
        ['keep', `'closed'`],
      ])
        await tx.query(
          `insert into journal_row select '${track}', id, ${stage}, jsonb_build_object('reason', repeat('r', 300)), null from ${ids} r`,
        );
      await tx.query(
        `insert into journal_result select id, id, decode(repeat('ab', ${RESULT}), 'hex'), decode(repeat('cd', ${RESULT}), 'hex') from ${ids} r`,
      );
      for (const [k, kind] of ['accept', 'submit', 'finalise'].entries()) {
        await tx.query(
          `insert into outbox_intent (purpose, sender, target, calldata, status, nonce) select '${kind}:' || id, '0x5', '0x6', repeat('ab', 2000), 'settled', 3 * n + ${k} from ${ids} r`,
        );
        await tx.query(
          `insert into outbox_attempt select '${kind}:' || id, 0, 'call', repeat('cd', 2200), id, 1, 1, 1, ${(day + 1) * DAY_MS} from ${ids} r`,
        );
      }
    });
  }

  faultStory('year-of-traffic', async ({ saw }) => {
    const url = `pglite:${home}/database`;
    const database = await openDatabase(url, [journalMigrations, outboxMigrations]);
    const [journal, outbox] = [sqlJournal(database.sql), sqlOutbox(database.sql)];
    const queue = await openQueue({
      url,
      embedded: database.embedded,
      namespace: 'year',
      log: recordedLog(),
      metrics: recordedMetrics(),
    });
    let ran = 0;
    await queue.consume('execute', 4, async () => void ran++);
    const hints = WHOLE ? 20 : 5;
    const rows = async () => {
      const [found] = await database.sql.query<Record<string, number>>(
        `select (select count(*) from journal_row)::int as rows, (select count(*) from journal_event)::int as events, (select count(*) from journal_block)::int as blocks,
                (select count(*) from journal_result)::int as results, (select count(*) from outbox_intent)::int as intents`,
      );
      return found as Record<string, number>;
    };
    const months: { readonly day: number; readonly bytes: number; readonly rows: Record<string, number> }[] = [];
    for (let day = 0; day < DAYS; day++) {
      await write(database, day);
      for (let n = 0; n < hints; n++)
        await queue.push('execute', `0x${(day * hints + n).toString(16).padStart(64, '0')}`);
      const final = (day + 1) * BLOCKS_A_DAY - 1;
      const hash = `0x${final.toString(16).padStart(64, 'e')}` as const;
      await journal.record({ number: final, hash, parentHash: hash, timestamp: final * 12 }, []);
      await journal.finalise({ number: final, hash, parentHash: hash, timestamp: final * 12 });
      await retain(journal, outbox, KEEP_BLOCKS, (day + 1) * DAY_MS);
      if ((day + 1) % (WHOLE ? 30 : 12) === 0) months.push({ day: day + 1, bytes: size(), rows: await rows() });
    }
    await eventually('all jobs ran', () => ran === DAYS * hints, 120_000);
    const left = await queue.depth('execute');
    await queue.close(1_000);
    const [jobs] = await database.sql.query<{ n: number }>(
      `select coalesce(sum(n_live_tup), 0)::int as n from pg_stat_user_tables where schemaname = 'bullmq' and relname like '%job%'`,
    );
    await database.close();

    // A week is kept of everything; from then on nothing grows, however long it goes on.
    const [settled, ...later] = months;
    const kept = Math.ceil((KEEP_BLOCKS / BLOCKS_A_DAY + 1) * REQUESTS_A_DAY);
    for (const month of later) {
      expect(month.rows['rows'] as number).to.be.at.most(2 * kept);
      expect(month.rows['results'] as number).to.be.at.most(kept);
      expect(month.rows['events'] as number).to.be.at.most(4 * kept + 8);
      expect(month.rows['intents'] as number).to.be.at.most(3 * 8 * REQUESTS_A_DAY);
      expect(month.bytes, `bytes on day ${month.day}`).to.be.below(1.5 * (settled?.bytes ?? 0) + 2 ** 26);
    }
    expect(left).to.deep.equal({ waiting: 0, active: 0 });
    const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)}`;
    saw(
      `${DAYS} days of ${REQUESTS_A_DAY} requests; MiB on disk at the end of days ${months.map(({ day, bytes }) => `${day}: ${mebibytes(bytes)}`).join(', ')}; rows kept at the end ${JSON.stringify(months.at(-1)?.rows)}, jobs ${jobs?.n}`,
    );
  });
});
