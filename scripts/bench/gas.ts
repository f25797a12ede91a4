// Gas of every path, in the production build. `npm run bench` prints it; `--check` compares it with test/snapshots/gas.json
// and `--update` writes that file. Run by Hardhat: see `gas` in scripts/bootstrap.mjs.
import { readFileSync, writeFileSync } from 'node:fs';
import { startBench } from './gas/bench.ts';
import { allPaths, type Path } from './gas/paths.ts';
import { facadePaths, passPaths } from './gas/periphery.ts';

const SNAPSHOT = 'test/snapshots/gas.json';
/** Times of the day are in calldata and logs, and a zero byte there costs 12 gas less: what a call may differ by from run to run, per item. */
const NOISE = 120;
const mode = process.env['OPG_GAS'] ?? 'print';

const profile = JSON.parse(readFileSync('deploy/parameters/local.json', 'utf8'));
const bench = await startBench(profile);
const paths = [...(await allPaths(bench)), ...(await passPaths(bench)), ...(await facadePaths(bench))];
const total = ({ calls }: Path) => Object.values(calls).reduce((sum, gas) => sum + gas, 0);
const rows = paths.map((path) => ({ ...path, total: total(path), perItem: Math.round(total(path) / path.items) }));

const fresh = `${JSON.stringify(rows, null, 2)}\n`;
if (mode === 'update') {
  writeFileSync(SNAPSHOT, fresh);
  console.log(`${SNAPSHOT} written`);
} else if (mode === 'check') {
  const stored = JSON.parse(readFileSync(SNAPSHOT, 'utf8')) as typeof rows;
  const drift = rows.flatMap((row) => {
    const before = stored.find(({ name }) => name === row.name);
    if (before === undefined) {
      console.error(`${row.name}: not in ${SNAPSHOT} yet; npm run gas -- update writes it.`);
      return [];
    }
    return Object.entries(row.calls)
      .filter(([call, gas]) => Math.abs((before.calls[call] ?? 0) - gas) > NOISE * row.items)
      .map(([call, gas]) => `${row.name}: ${call} ${before.calls[call] ?? 'new'} -> ${gas}`);
  });
  for (const { name } of stored)
    if (!rows.some((row) => row.name === name)) drift.push(`${name}: is in ${SNAPSHOT}, and is measured no more`);
  for (const line of drift) console.error(line);
  if (drift.length > 0) console.error(`\nGas changed. If it is meant: npm run gas -- update, and commit the diff.`);
  else console.log(`${stored.length} paths cost what ${SNAPSHOT} says`);
  process.exitCode = drift.length > 0 ? 1 : 0;
} else if (mode === 'json') {
  console.log(JSON.stringify(rows));
} else {
  const k = (gas: number) => gas.toLocaleString('en-US').padStart(10);
  console.log(`${'path'.padEnd(42)}${'calls, gas'.padEnd(38)}${'total'.padStart(10)}${'per answer'.padStart(12)}`);
  for (const row of rows) {
    const calls = Object.values(row.calls).map(k).join(' ');
    console.log(`${row.name.padEnd(42)}${calls.padEnd(38)}${k(row.total)}${k(row.perItem).padStart(12)}`);
  }
}
