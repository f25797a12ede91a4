// The long version of the money invariants (test/invariants/README.md): many seeds, long runs. Minutes to hours.
//   npm run fuzz                                 10,000 calls, three new seeds
//   FUZZ_SEEDS=7 FUZZ_CALLS=2000 npm run fuzz    the run that failed, again
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';

const LONG = {
  FUZZ_CALLS: '10000',
  FUZZ_SEEDS: Array.from({ length: 3 }, () => randomInt(2 ** 32)).join(),
  FUZZ_ROUNDS: '40',
  FUZZ_POINTS: '60',
  FUZZ_FOREIGN: '10000',
};

const env = { ...LONG, ...process.env };
for (const name of Object.keys(LONG) as (keyof typeof LONG)[]) console.log(`${name}=${env[name]}`);

const tests = ['randomRun', 'batches', 'exits', 'constantCost'].map((name) => `test/invariants/${name}.test.ts`);
const { status } = spawnSync('hardhat', ['test', 'mocha', ...tests], { env, stdio: 'inherit' });
process.exit(status ?? 1);
