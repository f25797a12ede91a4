// npm run audit [-- --quick] [-- --only NAME ...]: everything an auditor runs, one after another, and a table of what came of it (docs/audit.md).
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

interface Step {
  readonly name: string;
  /** What it looks for. */
  readonly about: string;
  readonly command: readonly string[];
  /** Beside the caller's own environment: how long it looks. */
  readonly long?: Readonly<Record<string, string>>;
  readonly quick?: Readonly<Record<string, string>>;
}

const SOLIDITY = '{contracts,test}/**/*.sol';
const mocha = (...files: string[]) => ['hardhat', 'test', 'mocha', ...files];

const STEPS: readonly Step[] = [
  {
    name: 'lint',
    about: 'solhint, no warning',
    command: ['solhint', '--noPoster', '--disc', '--max-warnings', '0', SOLIDITY],
  },
  {
    name: 'snapshots',
    about: 'ABI, storage layout and size of every contract',
    command: ['node', 'scripts/checks/snapshots.ts'],
  },
  {
    name: 'cases',
    about: 'every numbered attack and scenario has its test or its reason',
    command: ['node', 'scripts/checks/coverage-of-cases.ts'],
  },
  { name: 'economics', about: 'the shipped parameter sets', command: ['node', 'scripts/economics.ts', 'check'] },
  { name: 'gas', about: 'the gas ledger of the production build', command: ['node', 'scripts/gas.ts', 'check'] },
  {
    name: 'invariants',
    about: 'the money invariants: random runs against a model',
    command: ['node', 'scripts/fuzz.ts'],
    // Shorter runs do not see every state, and fail for it.
    quick: { FUZZ_CALLS: '700', FUZZ_SEEDS: '7', FUZZ_ROUNDS: '6', FUZZ_POINTS: '6', FUZZ_FOREIGN: '2000' },
  },
  {
    name: 'forge',
    about: 'Escrow’s invariants by a second engine',
    command: ['node', 'scripts/audit/forge.ts'],
    quick: { FORGE_RUNS: '8', FORGE_DEPTH: '16' },
  },
  {
    name: 'steps',
    about: 'step contracts against the reference, bit for bit: sums',
    command: mocha('test/steps/dot.test.ts', 'test/steps/integerDot.test.ts'),
    long: { STEP_FUZZ: '100000' },
  },
  {
    name: 'elements',
    about: 'the same: one element at a time',
    command: mocha('test/steps/elements.test.ts', 'test/steps/functions.test.ts'),
    // A multiple of the usual number, which is 500 of each operator and 1,000 of each function.
    long: { STEP_FUZZ: '100' },
  },
  {
    name: 'disputes',
    about: 'every lie and every silence on small programs',
    command: mocha(
      'test/challenges/exhaustive.test.ts',
      'test/challenges/lies.test.ts',
      'test/challenges/everyMove.test.ts',
    ),
    long: { DISPUTE_EXHAUSTIVE: '1' },
  },
  {
    name: 'coverage',
    about: 'lines and branches of the contracts, every exception named',
    command: ['node', 'scripts/audit/coverage.ts'],
  },
  {
    name: 'proofs',
    about: 'arithmetic for every value: SMTChecker, answered by Z3',
    command: ['node', 'scripts/audit/smt.ts'],
    long: { SMT_SECONDS: '600' },
  },
  {
    name: 'production',
    about: 'the contracts’ tests on the build for public chains',
    command: ['node', 'scripts/audit/production.ts'],
  },
  {
    name: 'slither',
    about: 'Slither, where it is installed',
    command: ['slither', '.', '--filter-paths', 'node_modules|test|mocks'],
  },
];

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, only: { type: 'string', multiple: true }, json: { type: 'boolean' } },
});
const unknown = values.only?.filter((name) => !STEPS.some((step) => step.name === name)) ?? [];
if (unknown.length > 0) {
  console.error(`There is no step ${unknown.join(', ')}; there are ${STEPS.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

const outcomes = STEPS.filter(({ name }) => values.only?.includes(name) ?? true).map((step) => {
  const [command = '', ...args] = step.command;
  const began = Date.now();
  if (!values.json) console.log(`\n== ${step.name}: ${step.about}`);
  const env = { ...(values.quick ? step.quick : step.long), ...process.env };
  const { status, error } = spawnSync(command, args, { env, stdio: values.json ? 'ignore' : 'inherit' });
  const missing = (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
  const outcome = missing ? 'not installed' : status === 0 ? 'ok' : 'FAILED';
  return { name: step.name, about: step.about, outcome, seconds: Math.round((Date.now() - began) / 1_000) };
});

if (values.json)
  console.log(JSON.stringify({ ok: outcomes.every(({ outcome }) => outcome !== 'FAILED'), steps: outcomes }));
else {
  console.log('');
  for (const { name, about, outcome, seconds } of outcomes)
    console.log(`${name.padEnd(11)} ${outcome.padEnd(13)} ${String(seconds).padStart(6)} s  ${about}`);
}
process.exit(outcomes.some(({ outcome }) => outcome === 'FAILED') ? 1 : 0);
