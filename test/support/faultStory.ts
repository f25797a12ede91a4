/** Tests that are rows of docs/faults.md: run by name and seed, and able to say what they saw. */
import { appendFileSync } from 'node:fs';
import type { Context } from 'mocha';
import { alone } from '../faults/scenarios/alone.ts';
import { scenarios } from '../faults/scenarios/index.ts';

/** What a scenario is given: its seed, and a way to say in numbers what was seen ("41 requests, 9 restarts"). */
export interface FaultRun {
  readonly seed: number;
  readonly saw: (text: string) => void;
}

const SEED = Number(process.env['FAULT_SEED'] ?? 37);

/** A test of that name, skipped but by `npm run faults` if it is one of those that run alone; every random choice in it must follow from the seed. */
export function faultStory(name: string, story: (this: Context, run: FaultRun) => Promise<void>): void {
  if (!scenarios.some((one) => one.name === name)) throw new Error(`No row in test/faults/scenarios is named ${name}.`);
  const record = process.env['FAULT_RECORD'];
  const saw = (text: string) => {
    if (record) appendFileSync(record, `${JSON.stringify({ name, saw: text })}\n`);
  };
  const test = record === undefined && alone.has(name) ? it.skip : it;
  test(`fault ${name}`, async function () {
    await story.call(this, { seed: SEED, saw });
  });
}
