import { readFileSync } from 'node:fs';
import type { Migrations } from '#ports/sql.ts';

const text = (name: string) => readFileSync(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8');

/** The tables of the journal. Released steps are never edited: a change is a new file. */
export const journalMigrations: Migrations = {
  area: 'journal',
  steps: ['0001-journal'].map((name) => ({ name, text: text(name) })),
};
