import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Scenario } from '../../test/faults/scenarios/index.ts';
import type { Outcome } from './outcomes.ts';

/** Runs one scenario in a process of its own, in full; its output goes to the terminal. `folder` is for what it says. */
export async function runScenario({ name, test, full }: Scenario, seed: number, folder: string): Promise<Outcome> {
  const record = path.join(folder, `${name}.jsonl`);
  const began = Date.now();
  const env = { ...process.env, ...full, FAULT_SEED: `${seed}`, FAULT_RECORD: record };
  const child = spawn('hardhat', ['test', 'mocha', test, '--grep', `fault ${name}$`], { env, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  const said = existsSync(record) ? readFileSync(record, 'utf8').trim().split('\n') : [];
  return {
    held: code === 0,
    seed,
    seconds: Math.round((Date.now() - began) / 1000),
    saw: said.map((line) => JSON.parse(line).saw).join('; '),
  };
}
