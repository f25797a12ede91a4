// npm run verify -- --network baseSepolia [--explorer etherscan|blockscout|sourcify] [--parameters FILE]
// Publishes the sources of a deployment, the Escrow that InferenceRequests created included.
// Never run against a live explorer yet: the services need the network (docs/deploy.md says what was tested instead).
import path from 'node:path';
import { parseArgs } from 'node:util';
import { verifyContract } from '@nomicfoundation/hardhat-verify/verify';
import { configVariable } from 'hardhat/config';
import { createHardhatRuntimeEnvironment } from 'hardhat/hre';
import config from '../hardhat.config.ts';
import { hashOf, readAddresses } from './addresses.ts';
import { CHAINS } from './chains.ts';
import { constructed } from './constructorArguments.ts';
import { readProfile } from './parameters/schema.ts';

const EXPLORERS = ['etherscan', 'blockscout', 'sourcify'] as const;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { network: { type: 'string' }, parameters: { type: 'string' }, explorer: { type: 'string' } },
  });
  const chain = Object.entries(CHAINS).find(([name, { ephemeral }]) => name === values.network && !ephemeral)?.[1];
  if (chain === undefined) throw new Error('--network must be baseSepolia or ogDevnet: nobody explores a local chain.');
  const explorer = EXPLORERS.find((name) => name === (values.explorer ?? 'sourcify'));
  if (explorer === undefined) throw new Error(`--explorer must be one of ${EXPLORERS.join(', ')}.`);

  const file = values.parameters ?? path.join(import.meta.dirname, 'parameters', `${chain.profile}.json`);
  const parameters = readProfile(file);
  const deployment = readAddresses(chain.id);
  if (hashOf(parameters) !== deployment.parametersHash)
    throw new Error(`${file} is not what chain ${chain.id} was deployed with: check out the commit of the deployment.`);

  const verify = explorer === 'etherscan' ? { etherscan: { apiKey: configVariable('ETHERSCAN_API_KEY') } } : {};
  const hre = await createHardhatRuntimeEnvironment(
    { ...config, verify },
    { network: chain.network, buildProfile: 'production' },
  );
  await hre.tasks.getTask('build').run({ quiet: true, noTests: true });

  const failed: string[] = [];
  for (const { contract, address, constructorArgs } of constructed(deployment, parameters)) {
    try {
      await verifyContract({ contract, address, constructorArgs, provider: explorer }, hre);
    } catch (error) {
      failed.push(`${contract} at ${address}: ${error instanceof Error ? error.message : error}`);
    }
  }
  if (failed.length > 0) throw new Error(`Not verified, the others were:\n${failed.join('\n')}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
