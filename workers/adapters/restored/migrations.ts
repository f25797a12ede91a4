import { readFileSync } from 'node:fs';
import type { Migrations } from '#ports/sql.ts';

const text = (name: string) => readFileSync(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8');

/** What is kept about a journal that is a copy. Released steps are never edited: a change is a new file. */
export const restoredMigrations: Migrations = {
  area: 'restored',
  steps: ['0001-restored'].map((name) => ({ name, text: text(name) })),
};
