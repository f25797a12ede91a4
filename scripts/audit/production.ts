// The tests of the contracts on the build that public chains get (via IR, hardhat.production.config.ts), which `npm test` does not compile.
import { spawnSync } from 'node:child_process';
import { contractTests } from './contractTests.ts';

const hardhat = ['--config', 'hardhat.production.config.ts', '--build-profile', 'production'];
const named = process.argv.slice(2);
const { status } = spawnSync(
  'hardhat',
  [...hardhat, 'test', 'mocha', ...(named.length > 0 ? named : contractTests())],
  {
    stdio: 'inherit',
  },
);
process.exit(status ?? 1);
