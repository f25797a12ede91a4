// The production build beside the default one: `hardhat --config hardhat.production.config.ts --build-profile production ...`
// keeps its artifacts apart, so that measuring gas does not disturb the tests.
import base from './hardhat.config.ts';

export default {
  ...base,
  paths: { ...base.paths, artifacts: '.data/production/artifacts', cache: '.data/production/cache' },
  typechain: { outDir: '.data/production/types' },
};
