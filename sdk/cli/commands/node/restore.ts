/** `opg node restore`: a backup as the folder of a node that does not contradict what it has forgotten. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Hex } from '#ports/chain.ts';
import { journalMigrations } from '../../../../workers/adapters/journal/migrations.ts';
import { outboxMigrations } from '../../../../workers/adapters/outbox/migrations.ts';
import { sqlRestoreMarks } from '../../../../workers/adapters/restored/marks.ts';
import { restoredMigrations } from '../../../../workers/adapters/restored/migrations.ts';
import { unsealKey } from '../../../../workers/adapters/signer/webStorage.ts';
import { openDatabase } from '../../../../workers/adapters/sql/open.ts';
import { answer } from '../../answer.ts';
import { putJournal } from '../../backup/journal.ts';
import { JOURNAL, KEYS, type Manifest, readManifest } from '../../backup/manifest.ts';
import { type Command, text, UsageError } from '../../command.ts';
import { located } from '../../files.ts';
import { PASSWORD, passwordFor } from '../../keystore.ts';
import { configurationOf, writeConfiguration, writtenConfiguration } from '../../nodeFolder.ts';
import { waiting } from '../../progress.ts';

export const restoreCommand: Command = {
  name: 'node restore',
  summary: 'Makes the folder of a node from a backup; results that it may have forgotten are held back.',
  positionals: ['BACKUP'],
  options: { to: { type: 'string' }, ...PASSWORD.option },
  explained: [
    ['--to FOLDER', 'the folder of the node; it must not exist', 'needed'],
    ['--password-file FILE', 'its first line opens the keys; or OPG_PASSWORD_FILE names it; else it is asked for'],
  ],
  finding: 'the place of the journal is taken, or the database does not answer',
  async run(args, terminal) {
    const backup = located(args.positionals[0] ?? '');
    const named = text(args, 'to');
    if (named === undefined) throw new UsageError('give --to FOLDER');
    const folder = located(named);
    if (existsSync(folder))
      throw new UsageError(`${named} exists already: a journal in it may be newer than the backup`);
    const manifest = readManifest(backup);
    const password = manifest.keys.some(({ plain }) => plain)
      ? await passwordFor('password of the backup: ', args, terminal)
      : '';
    // Nothing bears the name of the folder before all of it is there: half of it would be a node without memory.
    const half = `${folder}.restoring`;
    rmSync(half, { recursive: true, force: true });
    await waiting(terminal, 'restoring', async () => {
      try {
        mkdirSync(half, { recursive: true, mode: 0o700 });
        writeConfiguration(half, writtenConfiguration(backup));
        await placeKeys(backup, half, manifest, password);
        placeDeployment(backup, half);
        const { journal } = configurationOf(half);
        await putJournal(path.join(backup, JOURNAL), journal.url, (url) => mark(url, manifest));
        renameSync(half, folder);
      } catch (error) {
        rmSync(half, { recursive: true, force: true });
        throw error;
      }
    });
    return answer(
      args,
      terminal,
      { folder, madeAt: manifest.madeAt, block: manifest.block, signers: manifest.signers },
      [
        ['node', `${folder}, as it was at ${manifest.madeAt}, block ${manifest.block ?? 'none'}`],
        ['keys', manifest.signers.join(', ')],
        [
          'held back',
          'requests older than the next start without a result in this copy: their results may be signed and on their way, and a second run can differ',
        ],
        [
          'until',
          'the chain shows their results or their deadlines are over, or the node has another hot key and these are revoked:',
        ],
        ['', `opg node rotate ${named}, start, then opg node revoke ADDRESS of each`],
        ['never', 'start the node that this one replaces again: two nodes with one key contradict each other'],
      ],
    );
  },
};

async function placeKeys(backup: string, folder: string, { keys }: Manifest, password: string): Promise<void> {
  for (const { file, kept, plain } of keys) {
    const content = readFileSync(path.join(backup, KEYS, kept), 'utf8');
    const target = path.resolve(folder, file);
    if (existsSync(target)) continue;
    mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
    writeFileSync(target, plain ? `${await opened(content, password, kept)}\n` : content, { mode: 0o600, flag: 'wx' });
  }
}

async function opened(keystore: string, password: string, name: string): Promise<string> {
  try {
    return (await unsealKey(keystore, password)).privateKey;
  } catch (error) {
    throw new UsageError(`the password does not open ${name} of the backup`, { cause: error });
  }
}

/** Where the configuration names it. */
function placeDeployment(backup: string, folder: string): void {
  const { network } = JSON.parse(readFileSync(path.join(folder, 'config.json'), 'utf8')) as {
    readonly network?: { readonly deployment?: string };
  };
  const target = path.resolve(folder, network?.deployment ?? 'deployment.json');
  if (!existsSync(target)) copyFileSync(path.join(backup, 'deployment.json'), target);
}

async function mark(url: string, { signers }: Manifest): Promise<void> {
  const database = await openDatabase(url, [journalMigrations, outboxMigrations, restoredMigrations]);
  try {
    await sqlRestoreMarks(database.sql).write({
      restoredAt: Math.floor(Date.now() / 1000),
      sinceBlock: undefined,
      suspects: signers as Hex[],
      released: false,
    });
  } finally {
    await database.close();
  }
}
