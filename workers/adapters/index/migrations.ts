import { readFileSync } from 'node:fs';
import type { Migrations } from '#ports/sql.ts';

const text = (name: string) => readFileSync(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8');

/** The tables of the index; they need those of the journal. Released steps are never edited: a change is a new file. */
export const indexMigrations: Migrations = {
  area: 'index',
  steps: ['0001-index'].map((name) => ({ name, text: text(name) })),
};
