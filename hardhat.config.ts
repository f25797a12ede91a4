import { createRequire } from 'node:module';
import toolbox from '@nomicfoundation/hardhat-toolbox-mocha-ethers';
import { configVariable, defineConfig } from 'hardhat/config';
import erasableTypes from './scripts/erasable-types.ts';
import { PATIENCE_MS } from './scripts/test/patience.ts';

// The compiler is the npm package, so that nothing is downloaded; `version` must equal its version in package.json.
const solc = { version: '0.8.37', path: createRequire(import.meta.url).resolve('solc/soljson.js') };

// Storage layouts are compared with test/snapshots by `npm run check`.
const outputSelection = { '*': { '*': ['storageLayout'] } };

const production = (runs: number) => ({
  evmVersion: 'cancun',
  viaIR: true,
  optimizer: { enabled: true, runs },
  outputSelection,
});

export default defineConfig({
  plugins: [toolbox, erasableTypes],
  solidity: {
    profiles: {
      default: {
        ...solc,
        settings: { evmVersion: 'cancun', optimizer: { enabled: true, runs: 200 }, outputSelection },
      },
      // Minutes instead of seconds: for releases only (`hardhat --build-profile production build`).
      production: {
        compilers: [{ ...solc, settings: production(100_000) }],
        // Near the size limit of a contract (EIP-170).
        overrides: {
          'contracts/challenges/ChallengeGame.sol': { ...solc, settings: production(1) },
          'contracts/periphery/opengradient/OpenGradientFacade.sol': { ...solc, settings: production(1) },
        },
      },
    },
  },
  networks: {
    // The most gas a transaction may have (EIP-7825), for those of tests that name none: to estimate each would execute it twice.
    local: { type: 'edr-simulated', chainType: 'l1', hardfork: 'osaka', gas: 16_777_216 },
    localhost: { type: 'http', chainType: 'l1', url: 'http://127.0.0.1:8545' },
    baseSepolia: {
      type: 'http',
      chainType: 'op',
      chainId: 84532,
      url: configVariable('BASE_SEPOLIA_RPC_URL', { default: 'https://sepolia.base.org' }),
      accounts: [configVariable('BASE_SEPOLIA_DEPLOYER_KEY')],
    },
    ogDevnet: {
      type: 'http',
      chainType: 'generic',
      chainId: 10740,
      url: configVariable('OG_DEVNET_RPC_URL', { default: 'https://ogevmdevnet.opengradient.ai' }),
      accounts: [configVariable('OG_DEVNET_DEPLOYER_KEY')],
    },
  },
  paths: {
    tests: { mocha: 'test', solidity: 'test' },
    ignition: 'deploy',
  },
  typechain: { outDir: 'types/ethers-contracts' },
  test: {
    mocha: { timeout: PATIENCE_MS },
    solidity: { fuzz: { runs: 256 }, invariant: { runs: 64, depth: 64 } },
  },
});
