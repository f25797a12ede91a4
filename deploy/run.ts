// npm run deploy -- --network local|baseSepolia|ogDevnet [--parameters FILE] [--rpc-url URL] [--json]
// Deploys the contracts, or goes on where a deployment broke off; holds the wiring against the parameters, writes the addresses (docs/deploy.md).
//   --parameters   instead of the network's own in deploy/parameters/
//   --rpc-url      instead of the one in BASE_SEPOLIA_RPC_URL or OG_DEVNET_RPC_URL
//   --json         the file with the addresses on stdout, everything else on stderr
// The key is BASE_SEPOLIA_DEPLOYER_KEY or OG_DEVNET_DEPLOYER_KEY, from the environment or Hardhat's keystore.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { network, tasks } from 'hardhat';
import { writeAddresses } from './addresses.ts';
import type { ChainName } from './chains.ts';
import { CHAINS } from './chains.ts';
import { journalOf } from './journal.ts';
import { readProfile } from './parameters/schema.ts';
import { deployerOf, deploySystem } from './system.ts';

const NAMES = Object.keys(CHAINS).join(', ');
const isChainName = (name: string): name is ChainName => Object.hasOwn(CHAINS, name);
const { values } = parseArgs({
  options: {
    network: { type: 'string' },
    parameters: { type: 'string' },
    'rpc-url': { type: 'string' },
    json: { type: 'boolean' },
  },
});
const say = (line: string) => (values.json ? console.error : console.log)(`[deploy] ${line}`);

async function main(): Promise<void> {
  const name = values.network ?? '';
  if (!isChainName(name))
    throw new Error(`--network is ${name ? `"${name}"` : 'missing'}; it must be one of ${NAMES}.`);
  const chain = CHAINS[name];

  // Before anything slow: a mistake in the parameters should cost a second.
  const file = values.parameters ?? path.join(import.meta.dirname, 'parameters', `${chain.profile}.json`);
  const parameters = readProfile(file);

  const connection = await network.create({
    network: chain.network,
    ...(values['rpc-url'] === undefined ? {} : { override: { url: values['rpc-url'] } }),
  });
  // Asked now for the same reason: is there a node, on the right chain, and a key to pay with?
  await deployerOf(connection, parameters);
  const profile = chain.ephemeral ? 'default' : 'production';
  say(`compiling with the ${profile} profile${chain.ephemeral ? '' : ', minutes if nothing is cached'}`);
  await tasks.getTask('build').run({ quiet: true, noTests: true, defaultBuildProfile: profile });

  const deployment = await deploySystem({ connection, parameters, journal: journalOf(chain.id), say });
  const { addresses, steps } = deployment;
  for (const [contract, address] of Object.entries({ ...addresses, ...steps }))
    say(`${contract.padEnd(18)} ${address}`);
  const written = writeAddresses(deployment);
  say(`written to ${path.relative(process.cwd(), written)}`);
  if (values.json) process.stdout.write(readFileSync(written, 'utf8'));
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
