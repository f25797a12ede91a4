// Runs the faults of docs/faults.md by name.
//   npm run faults                              their names
//   npm run faults -- NAME... [--seed N]        these, in full
//   npm run faults -- NAME... --record          and writes what was seen into docs/faults.md
//   npm run faults -- all                       every one, and writes it
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { areas, type Scenario, scenarios } from '../test/faults/scenarios/index.ts';
import { type Outcome, outcomes, writeOutcomes } from './faults/outcomes.ts';
import { runScenario } from './faults/runScenario.ts';
import { writeFaultsDoc } from './generate/faultsDoc.ts';

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string', default: '37' }, record: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed) || seed < 0) stop(`--seed takes a whole number, not ${values.seed}.`);

if (positionals.length === 0) list();
else if (positionals.includes('all')) await run(scenarios, true);
else await run(positionals.map(named), values.record);

function list(): void {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  for (const [title, rows] of areas) {
    console.log(`\n${title}`);
    for (const { name, fault } of rows) console.log(`  ${name.padEnd(width)}  ${fault}`);
  }
  console.log('\nRun some with `npm run faults -- NAME...`, again with the same choices with `--seed N`.');
}

function named(name: string): Scenario {
  return (
    scenarios.find((one) => one.name === name) ?? stop(`No fault is named ${name}; \`npm run faults\` lists them.`)
  );
}

async function run(chosen: readonly Scenario[], record: boolean): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'opg-faults-'));
  const seen: Record<string, Outcome> = {};
  try {
    for (const [at, scenario] of chosen.entries()) {
      console.log(`\n${at + 1}/${chosen.length} ${scenario.name}: ${scenario.fault}. Must hold: ${scenario.holds}.`);
      const outcome = await runScenario(scenario, seed, folder);
      seen[scenario.name] = outcome;
      // After each one, for hours of them may be broken off.
      if (record) {
        writeOutcomes({ ...outcomes(), [scenario.name]: outcome });
        writeFaultsDoc();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log('');
  for (const [name, { held, seconds, saw }] of Object.entries(seen))
    console.log(`${held ? 'holds' : 'FAILS'}  ${name}  ${seconds} s  ${saw}`);
  const failed = Object.values(seen).filter(({ held }) => !held).length;
  if (failed) stop(`${failed} of ${chosen.length} did not hold.`);
}

function stop(text: string): never {
  console.error(text);
  process.exit(1);
}
