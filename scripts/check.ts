// Everything that must hold before a commit, except the tests. Each step is one line; all of them run, then a table tells.
import { spawnSync } from 'node:child_process';

const SOLIDITY = '{contracts,test}/**/*.sol';

const STEPS: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['build', 'hardhat', 'build'],
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
  ['gas (production build: minutes the first time)', 'node', 'scripts/gas.ts', 'check'],
];

const rows = STEPS.map(([name, command, ...args]) => {
  const began = Date.now();
  process.stdout.write(`${name} ...`);
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const passed = status === 0;
  const time = `${((Date.now() - began) / 1000).toFixed(1)} s`;
  console.log(` ${passed ? 'ok' : 'FAILED'}, ${time}`);
  if (!passed)
    console.log(`\n$ ${[command, ...args].join(' ')}\n${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}\n`);
  return { name, passed, time };
});

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
