/** `opg node backup`: journal, keys and configuration of a node, whole and consistent, in a folder of their own. */
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Wallet } from 'ethers';
import type { Hex } from '#ports/chain.ts';
import { sqlJournal } from '../../../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../../../workers/adapters/journal/migrations.ts';
import { outboxMigrations } from '../../../../workers/adapters/outbox/migrations.ts';
import { sqlRestoreMarks } from '../../../../workers/adapters/restored/marks.ts';
import { restoredMigrations } from '../../../../workers/adapters/restored/migrations.ts';
import { sealKey } from '../../../../workers/adapters/signer/webStorage.ts';
import { openDatabase } from '../../../../workers/adapters/sql/open.ts';
import type { Config } from '../../../../workers/config/load.ts';
import { answer } from '../../answer.ts';
import { assertJournal, copyJournal, type Place, placeOf } from '../../backup/journal.ts';
import { JOURNAL, KEYS, type Manifest, writeManifest } from '../../backup/manifest.ts';
import { type Command, text, UsageError } from '../../command.ts';
import { located } from '../../files.ts';
import { newPassword, PASSWORD, secretLine } from '../../keystore.ts';
import { addressIn, configurationOf, writeConfiguration, writtenConfiguration } from '../../nodeFolder.ts';
import { waiting } from '../../progress.ts';

export const backupCommand: Command = {
  name: 'node backup',
  summary: 'Copies the journal, keys and configuration of a node into a new folder; keys are encrypted.',
  positionals: ['FOLDER'],
  options: { to: { type: 'string' }, ...PASSWORD.option },
  explained: [
    ['--to DIRECTORY', 'the new folder; it must not exist', 'needed'],
    ['--password-file FILE', 'its first line encrypts plain keys; or OPG_PASSWORD_FILE names it; else it is asked for'],
  ],
  finding: 'the node runs and its journal is embedded, or the database does not answer',
  async run(args, terminal) {
    const [folder = ''] = args.positionals;
    const named = text(args, 'to');
    if (named === undefined) throw new UsageError('give --to DIRECTORY');
    const to = located(named);
    if (existsSync(to)) throw new UsageError(`${named} exists already: every backup has a folder of its own`);
    const config = configurationOf(folder);
    const place = placeOf(config.journal.url);
    await assertJournal(place);
    const files = [config.signer.keyFile, ...config.signer.retiredKeyFiles].filter((file) => file !== undefined);
    const password = files.some(isPlain) ? await newPassword(args, terminal) : '';
    const manifest = await waiting(terminal, 'copying', async () => {
      const facts = await factsOf(config);
      mkdirSync(path.join(to, KEYS), { recursive: true, mode: 0o700 });
      try {
        copyJournal(place, path.join(to, JOURNAL));
        await opens(place, path.join(to, JOURNAL), facts.block);
        writeConfiguration(to, writtenConfiguration(folder));
        copyFileSync(config.network.deployment, path.join(to, 'deployment.json'));
        const keys = await keepKeys(files, located(folder), path.join(to, KEYS), password);
        const signers = [...new Set([...facts.signers, ...files.map(addressIn)])].sort();
        const { kind, schema } = place;
        const made: Manifest = {
          format: 1,
          madeAt: new Date().toISOString(),
          kind,
          ...(kind === 'postgres' ? { schema } : {}),
          ...facts,
          signers,
          keys,
        };
        writeManifest(to, made);
        return made;
      } catch (error) {
        rmSync(to, { recursive: true, force: true });
        throw error;
      }
    });
    return answer(args, terminal, { folder: to, ...manifest }, [
      ['backup', to],
      [
        'journal',
        `up to block ${manifest.block ?? 'none'}, ${manifest.results} results, ${open(manifest)} requests under way`,
      ],
      ['keys', manifest.keys.map(({ kept }) => path.basename(kept, '.json')).join(', ') || 'none: a signer has them'],
      ['next', 'keep it apart from its password; a copy is worth less with every result that the node submits'],
    ]);
  },
};

const isPlain = (file: string): boolean => !readFileSync(file, 'utf8').trim().startsWith('{');

const open = ({ rows }: Manifest): number =>
  ['waiting', 'proving', 'accepting', 'admitted', 'executed', 'submitting'].reduce(
    (sum, stage) => sum + (rows[stage] ?? 0),
    0,
  );

/** Of a journal on a server beside the node that works on it; of an embedded one only if it is stopped. */
async function factsOf(config: Config<'node'>): Promise<Pick<Manifest, 'block' | 'rows' | 'results' | 'signers'>> {
  const { url } = config.journal;
  const areas = [journalMigrations, outboxMigrations, restoredMigrations];
  const database = await openDatabase(url, areas, { guest: !url.startsWith('pglite:') });
  try {
    const journal = sqlJournal(database.sql);
    const [counted] = await database.sql.query<{ n: string }>('select count(*) as n from journal_result');
    const remote = config.signer.remoteAddress?.toLowerCase() as Hex | undefined;
    const signers = [...(await sqlRestoreMarks(database.sql).nonces()).keys(), ...(remote ? [remote] : [])];
    return {
      block: (await journal.cursor()).recent.at(-1)?.number ?? null,
      rows: await journal.count('serve'),
      results: Number(counted?.n),
      signers,
    };
  } finally {
    await database.close();
  }
}

/** A copy that does not open is none. */
async function opens({ kind }: Place, copy: string, block: number | null): Promise<void> {
  if (kind === 'postgres') return;
  const trial = `${copy}.trial`;
  cpSync(copy, path.join(trial, 'pg'), { recursive: true });
  const database = await openDatabase(`pglite:${trial}`, []);
  try {
    const found = (await sqlJournal(database.sql).cursor()).recent.at(-1)?.number ?? null;
    if (found !== block) throw new UsageError(`the copy ends at block ${found}, the journal at ${block}: try again`);
  } finally {
    await database.close();
    rmSync(trial, { recursive: true, force: true });
  }
}

async function keepKeys(
  files: readonly string[],
  folder: string,
  to: string,
  password: string,
): Promise<Manifest['keys']> {
  const keys: Manifest['keys'] = [];
  for (const file of files) {
    const plain = isPlain(file);
    const kept = `${addressIn(file)}.json`;
    const content = plain ? await sealKey(new Wallet(secretLine(file)), password) : readFileSync(file, 'utf8');
    writeFileSync(path.join(to, kept), content, { mode: 0o600 });
    const inside = path.relative(folder, file);
    keys.push({ file: inside.startsWith('..') ? file : inside, kept, plain });
  }
  return keys;
}
