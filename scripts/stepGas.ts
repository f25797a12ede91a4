// node scripts/stepGas.ts [PROGRAMS]: proves elements of random operators of every kind on the production build of the contracts, and
// prints how near core's bound on their gas comes (docs/spec/step-gas.md). Half a minute for a program; the first build takes minutes.
import { spawnSync } from 'node:child_process';

const [programs = '5', ...rest] = process.argv.slice(2);
if (!/^[1-9]\d*$/.test(programs) || rest.length > 0) {
  console.error(`node scripts/stepGas.ts ${[programs, ...rest].join(' ')}: say how many programs, or nothing for 5.`);
  process.exit(1);
}
const build = ['--config', 'hardhat.production.config.ts', '--build-profile', 'production'];
const { status } = spawnSync('hardhat', [...build, 'test', 'mocha', 'test/steps/stepGas.test.ts'], {
  env: { ...process.env, STEP_GAS_SEEDS: programs },
  stdio: 'inherit',
});
process.exit(status ?? 1);
