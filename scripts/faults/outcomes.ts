/** What was seen when the faults were run in full: kept beside the table that shows it. */
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('../../test/faults/outcomes.json', import.meta.url);

export interface Outcome {
  readonly held: boolean;
  readonly seed: number;
  readonly seconds: number;
  /** In the scenario's own words. */
  readonly saw: string;
}

export const outcomes = (): Readonly<Record<string, Outcome>> => JSON.parse(readFileSync(FILE, 'utf8'));

export const writeOutcomes = (seen: Readonly<Record<string, Outcome>>): void =>
  writeFileSync(FILE, `${JSON.stringify(seen, null, 2)}\n`);
