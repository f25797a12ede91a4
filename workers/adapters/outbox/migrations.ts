import { readFileSync } from 'node:fs';
import type { Migrations } from '#ports/sql.ts';

const text = (name: string) => readFileSync(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8');

/** The tables of the outbox. Released steps are never edited: a change is a new file. */
export const outboxMigrations: Migrations = {
  area: 'outbox',
  steps: ['0001-outbox', '0002-urgency', '0003-gain'].map((name) => ({ name, text: text(name) })),
};
