// A build with probes beside the others, for `npm run audit -- --only coverage`: scripts/audit/coverage.ts.
import base from './hardhat.config.ts';
import coverage from './scripts/audit/probes/plugin.ts';

export default {
  ...base,
  plugins: [...(base.plugins ?? []), coverage],
  paths: { ...base.paths, artifacts: '.data/coverage/artifacts', cache: '.data/coverage/cache' },
  // Probes make tests slower.
  test: { ...base.test, mocha: { timeout: 900_000 } },
  typechain: { outDir: '.data/coverage/types' },
};
