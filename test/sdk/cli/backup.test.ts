/** `opg node backup` and `opg node restore`, for an embedded journal and for one on a server: everything comes back, marked as a copy. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Wallet } from 'ethers';
import type { Hex } from '#ports/chain.ts';
import { placeEmptyJournal } from '../../../scripts/demo/journalTemplate.ts';
import { sqlJournal } from '../../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../../workers/adapters/journal/migrations.ts';
import { outboxMigrations } from '../../../workers/adapters/outbox/migrations.ts';
import { sqlOutbox } from '../../../workers/adapters/outbox/outbox.ts';
import { sqlRestoreMarks } from '../../../workers/adapters/restored/marks.ts';
import { restoredMigrations } from '../../../workers/adapters/restored/migrations.ts';
import { openDatabase } from '../../../workers/adapters/sql/open.ts';
import { say, told } from '../../support/commandLine.ts';
import { numbered, resultOf } from '../../support/crash.ts';
import { skipLoudly } from '../../support/debian.ts';
import { rejectsLater } from '../../support/rejects.ts';
import { type RunningServer, startPostgres } from '../../support/servers.ts';

const KEY = `0x${'5a'.repeat(32)}`;
const FORMER = `0x${'5b'.repeat(32)}`;
const ADDRESSES = [KEY, FORMER].map((key) => new Wallet(key).address.toLowerCase() as Hex);
const AREAS = [journalMigrations, outboxMigrations, restoredMigrations];
const PASSWORD = 'correct horse battery';

describe('a backup of a node', function () {
  this.timeout(120_000);
  const home = mkdtempSync(path.join(tmpdir(), 'opg-backup-'));
  const file = (...parts: string[]) => path.join(home, ...parts);
  let postgres: RunningServer | undefined;
  const passwordFile = process.env['OPG_PASSWORD_FILE'];

  before(async () => {
    postgres = await startPostgres();
    writeFileSync(file('password'), `${PASSWORD}\n`, { mode: 0o600 });
    process.env['OPG_PASSWORD_FILE'] = file('password');
  });
  after(async () => {
    await postgres?.stop();
    if (passwordFile === undefined) delete process.env['OPG_PASSWORD_FILE'];
    else process.env['OPG_PASSWORD_FILE'] = passwordFile;
    rmSync(home, { recursive: true, force: true });
  });

  /** A folder as `opg node init` makes it, with a journal in which something was promised. */
  async function folder(name: string, journal?: { readonly url: string }): Promise<string> {
    mkdirSync(file(name));
    const write = (one: string, content: string) => writeFileSync(file(name, one), content, { mode: 0o600 });
    write('hot.key', `${KEY}\n`);
    write('old.key', `${FORMER}\n`);
    write('deployment.json', '{"chainId":31337}');
    const signer = { keyFile: 'hot.key', retiredKeyFiles: ['old.key'], account: `0x${'ab'.repeat(20)}` };
    const network = { rpcUrl: 'http://127.0.0.1:8545', deployment: 'deployment.json' };
    write(
      'config.json',
      JSON.stringify({ process: { dataDir: 'data' }, network, signer, ...(journal && { journal }) }),
    );
    const embedded = file(name, 'data/journal');
    if (!journal) await placeEmptyJournal(embedded);
    await withJournal(journal?.url ?? `pglite:${embedded}`, async (database) => {
      const [rows, outbox] = [sqlJournal(database.sql), sqlOutbox(database.sql)];
      for (let n = 0; n < 3; n++) {
        await rows.open({ track: 'serve', id: numbered(n), stage: 'admitted', facts: { n }, dueAt: undefined });
        if (n < 2) await rows.checkAndRecord(resultOf(n));
        await outbox.plan({
          purpose: `submit:${n}`,
          from: ADDRESSES[0] as Hex,
          to: '0x12',
          data: '0x34',
          expiresAt: undefined,
        });
      }
      await outbox.allocateNonce('submit:0', 41);
    });
    return file(name);
  }
  async function withJournal<T>(url: string, work: (database: Awaited<ReturnType<typeof openDatabase>>) => Promise<T>) {
    const database = await openDatabase(url, AREAS);
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  }
  /** What a restored journal must know, and what of it must still be refused. */
  const isAsItWas = (url: string) =>
    withJournal(url, async ({ sql }) => {
      const [journal, outbox, marks] = [sqlJournal(sql), sqlOutbox(sql), sqlRestoreMarks(sql)];
      expect(await journal.count('serve')).to.deep.equal({ admitted: 3 });
      expect(await journal.result(numbered(1))).to.deep.equal(resultOf(1));
      await rejectsLater('journal.equivocation', journal.checkAndRecord({ ...resultOf(1), outputHash: numbered(77) }));
      const open = await outbox.open(ADDRESSES[0] as Hex);
      expect(open.map(({ purpose, nonce }) => [purpose, nonce])).to.deep.equal([
        ['submit:0', 41],
        ['submit:1', undefined],
        ['submit:2', undefined],
      ]);
      // Numbers go on where they were: none is given twice.
      await outbox.plan({ purpose: 'next', from: ADDRESSES[0] as Hex, to: '0x12', data: '0x34', expiresAt: undefined });
      expect(await outbox.allocateNonce('next', 0)).to.equal(42);
      const mark = await marks.read();
      expect(mark).to.deep.include({ sinceBlock: undefined, released: false, suspects: [...ADDRESSES].sort() });
    });
  const everything = (place: string): string =>
    readdirSync(place, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'))
      .join('\n');

  it('keeps an embedded journal and its keys, which only the password opens', async () => {
    const node = await folder('node');
    chmodSync(file('node/config.json'), 0o644);
    const made = await told<{ results: number; signers: string[] }>('node', 'backup', node, '--to', file('backup'));
    expect(made).to.deep.include({ results: 2, signers: [...ADDRESSES].sort() });
    for (const key of [KEY, FORMER]) expect(everything(file('backup'))).to.not.contain(key.slice(2));
    expect(statSync(file('backup/keys')).mode & 0o077).to.equal(0);
    expect(existsSync(file('node/data/journal/process.lock'))).to.equal(false);

    writeFileSync(file('wrong'), 'another\n', { mode: 0o600 });
    const wrong = await say('node', 'restore', file('backup'), '--to', file('again'), '--password-file', file('wrong'));
    expect([wrong.code, /the password does not open/.test(wrong.err)]).to.deep.equal([2, true]);
    expect(readdirSync(home).filter((name) => name.startsWith('again'))).to.deep.equal([]);

    await told('node', 'restore', file('backup'), '--to', file('again'));
    await isAsItWas(`pglite:${file('again/data/journal')}`);
    expect(readFileSync(file('again/hot.key'), 'utf8')).to.equal(`${KEY}\n`);
    expect(statSync(file('again/old.key')).mode & 0o777).to.equal(0o600);
    const configuration = (where: string) => JSON.parse(readFileSync(file(where, 'config.json'), 'utf8'));
    expect(configuration('again')).to.deep.equal(configuration('node'));
    for (const where of ['backup', 'again']) expect(statSync(file(where, 'config.json')).mode & 0o777).to.equal(0o600);
    expect(readFileSync(file('again/deployment.json'), 'utf8')).to.equal('{"chainId":31337}');
  });

  it('makes no backup where no journal is, and no journal either', async function () {
    const node = await folder('moved');
    // As where a unit gives the process another place for its data.
    rmSync(file('moved/data'), { recursive: true });
    const embedded = await say('node', 'backup', node, '--to', file('nothing'));
    expect([embedded.code, /journal holds no journal: .* OPG_DATA_DIR/.test(embedded.err)]).to.deep.equal([2, true]);
    expect([existsSync(file('nothing')), existsSync(file('moved/data'))]).to.deep.equal([false, false]);

    if (!postgres) return skipLoudly(this, 'PostgreSQL');
    const config = JSON.parse(readFileSync(file('moved/config.json'), 'utf8'));
    const journal = { url: `${postgres.url}?schema=fresh` };
    writeFileSync(file('moved/config.json'), JSON.stringify({ ...config, journal }));
    const served = await say('node', 'backup', node, '--to', file('nothing'));
    expect([served.code, /the schema fresh of .* holds no journal/.test(served.err)]).to.deep.equal([2, true]);
    expect(existsSync(file('nothing'))).to.equal(false);
    const schemas = execFileSync('psql', [
      postgres.url,
      '-Atqc',
      "select nspname from pg_namespace where nspname = 'fresh'",
    ]);
    expect(schemas.toString()).to.equal('');
  });

  it('copies nothing of a node that runs, and overwrites nothing', async () => {
    const node = await folder('busy');
    await withJournal(`pglite:${file('busy/data/journal')}`, async () => {
      const running = await say('node', 'backup', node, '--to', file('torn'));
      expect([running.code, /sql\.locked/.test(running.err)]).to.deep.equal([1, true]);
      expect(existsSync(file('torn'))).to.equal(false);
    });
    mkdirSync(file('taken'));
    for (const command of ['backup', 'restore']) {
      const { code, err } = await say('node', command, node, '--to', file('taken'));
      expect([code, /exists already/.test(err)]).to.deep.equal([2, true]);
    }
    const { code, err } = await say('node', 'restore', node, '--to', file('fresh'));
    expect([code, /is no backup|does not exist/.test(err)]).to.deep.equal([2, true]);
  });

  /** As a later release makes it: with a step that this one does not know, so that the copy cannot be marked. */
  const fromLater = (url: string) =>
    withJournal(url, ({ sql }) =>
      sql.query("insert into migration (area, name, checksum) values ('journal', '9999-later', 'x')"),
    );

  it('leaves no journal in place that it could not mark as a copy', async function () {
    await folder('early');
    // As a container has it: the folder is gone when a restore fails, the data is not in it.
    const config = JSON.parse(readFileSync(file('early/config.json'), 'utf8'));
    writeFileSync(file('early/config.json'), JSON.stringify({ ...config, process: { dataDir: file('apart') } }));
    renameSync(file('early/data'), file('apart'));
    await told('node', 'backup', file('early'), '--to', file('later'));
    mkdirSync(file('opened'));
    renameSync(file('later/journal'), file('opened/pg'));
    await fromLater(`pglite:${file('opened')}`);
    cpSync(file('opened/pg'), file('later/journal'), { recursive: true });
    rmSync(file('apart'), { recursive: true });
    for (const _ of ['once', 'and as often as it is tried']) {
      const { code, err } = await say('node', 'restore', file('later'), '--to', file('never'));
      expect([code, /sql\.migration_unknown/.test(err)], err).to.deep.equal([1, true]);
      expect([existsSync(file('never')), readdirSync(file('apart/journal'))]).to.deep.equal([false, []]);
    }

    if (!postgres) return skipLoudly(this, 'PostgreSQL');
    const url = `${postgres.url}?schema=late`;
    const { url: server } = postgres;
    const psql = (query: string) => execFileSync('psql', [server, '-Atqc', query], { encoding: 'utf8', stdio: 'pipe' });
    await folder('late', { url });
    await told('node', 'backup', file('late'), '--to', file('dump-late'));
    await fromLater(url);
    execFileSync('pg_dump', [
      '--format=custom',
      '--no-owner',
      '--schema',
      'late',
      '--file',
      file('dump-late/journal'),
      '--dbname',
      server,
    ]);
    psql('drop schema late cascade');
    const { code, err } = await say('node', 'restore', file('dump-late'), '--to', file('never'));
    expect([code, /sql\.migration_unknown/.test(err)], err).to.deep.equal([1, true]);
    expect([existsSync(file('never')), psql("select nspname from pg_namespace where nspname = 'late'")]).to.deep.equal([
      false,
      '',
    ]);
  });

  it('keeps a journal on PostgreSQL while the node works on it, and restores over none that is there', async function () {
    if (!postgres) return skipLoudly(this, 'PostgreSQL');
    const url = `${postgres.url}?schema=mine`;
    const node = await folder('served', { url });
    await withJournal(url, () => told('node', 'backup', node, '--to', file('dump')));
    const onto = await say('node', 'restore', file('dump'), '--to', file('elsewhere'));
    expect([onto.code, /holds a journal already: if it still opens it is newer/.test(onto.err)]).to.deep.equal([
      2,
      true,
    ]);
    expect(existsSync(file('elsewhere'))).to.equal(false);
    execFileSync('psql', [postgres.url, '-qc', 'alter schema mine rename to mine_before'], { stdio: 'pipe' });
    await told('node', 'restore', file('dump'), '--to', file('elsewhere'));
    await isAsItWas(url);
  });
});
