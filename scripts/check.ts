// npm run check: everything that must hold before a commit, except the tests. Each step is one line; all of them run, then a table tells.
import { spawn } from 'node:child_process';

const SOLIDITY = '{contracts,test}/**/*.sol';

type Step = readonly [name: string, command: string, ...args: string[]];

/** The others read what it makes. */
const BUILD: Step = ['build', 'hardhat', 'build'];
/** Runs beside the others, on a build of its own. */
const GAS: Step = ['gas (production build: minutes the first time)', 'node', 'scripts/gas.ts', 'check'];
const STEPS: readonly Step[] = [
  ['format: TypeScript, JSON', 'biome', 'format'],
  ['format: Solidity', 'prettier', '--check', SOLIDITY],
  ['lint: TypeScript', 'biome', 'lint', '--error-on-warnings'],
  ['lint: Solidity', 'solhint', '--noPoster', '--disc', '--max-warnings', '0', SOLIDITY],
  ['types', 'tsc', '--noEmit'],
  ['unused exports', 'knip', '--no-progress'],
  ['layers', 'node', 'scripts/checks/layers.ts'],
  ['sizes', 'node', 'scripts/checks/sizes.ts'],
  ['names', 'node', 'scripts/checks/names.ts'],
  ['numbered cases', 'node', 'scripts/checks/coverage-of-cases.ts'],
  ['snapshots', 'node', 'scripts/checks/snapshots.ts'],
  ['economics of the shipped parameter sets', 'node', 'scripts/economics.ts', 'check'],
  ['every float32 of Exp, Tanh, Erf and Log', 'node', 'scripts/exhaustive.ts'],
];

interface Row {
  readonly name: string;
  readonly passed: boolean;
  readonly time: string;
}

async function run([name, command, ...args]: Step): Promise<Row> {
  const began = Date.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  for (const output of [child.stdout, child.stderr]) output.on('data', (bytes: Buffer) => said.push(bytes));
  const passed = await new Promise<boolean>((resolve) => {
    child.on('error', (error) => said.push(Buffer.from(error.message)));
    child.on('close', (code) => resolve(code === 0));
  });
  const time = `${((Date.now() - began) / 1000).toFixed(1)} s`;
  console.log(`${name} ... ${passed ? 'ok' : 'FAILED'}, ${time}`);
  if (!passed) console.log(`\n$ ${[command, ...args].join(' ')}\n${Buffer.concat(said)}\n`);
  return { name, passed, time };
}

const rows = [await run(BUILD)];
const gas = run(GAS);
for (const step of STEPS) rows.push(await run(step));
const beat = setInterval(() => console.log(`${GAS[0]} ...`), 20_000);
rows.push(await gas);
clearInterval(beat);

const width = Math.max(...rows.map(({ name }) => name.length));
console.log('');
for (const { name, passed, time } of rows)
  console.log(`${name.padEnd(width)}  ${passed ? 'ok    ' : 'FAILED'}  ${time.padStart(7)}`);

const failed = rows.filter(({ passed }) => !passed);
if (failed.length > 0) {
  console.log(
    `\n${failed.length} of ${rows.length} steps failed; the reasons are above. Formatting and simple lint: npm run fix`,
  );
  process.exitCode = 1;
}
