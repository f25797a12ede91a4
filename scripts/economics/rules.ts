/** Where parameters come from: the files of deploy/parameters, or a deployment. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { JsonRpcProvider, parseEther } from 'ethers';
import type { Rules } from '#core/challenges/economics.ts';
import { parametersField } from '#core/protocol/parameters.ts';
import { IChallengeGame__factory, IInferenceRequests__factory } from '#types';
import { type Deployment, readAddresses } from '../../deploy/addresses.ts';
import { CHAINS, type Chain, type ChainName, chainById } from '../../deploy/chains.ts';
import { parameterSet } from '../../deploy/parameters/parameterSet.ts';
import { readProfile } from '../../deploy/parameters/schema.ts';

export interface Named {
  readonly name: string;
  readonly rules: Rules;
  readonly chain: Chain | undefined;
}

const PROFILES = path.join(import.meta.dirname, '../../deploy/parameters');

export const shipped = (): Named[] =>
  Object.values(CHAINS).map(({ profile }) => fromProfile(path.join(PROFILES, `${profile}.json`)));

export function fromProfile(file: string): Named {
  const profile = readProfile(file);
  const rules = { ...parameterSet(profile), gasPrice: parseEther(profile.opgPerGas) };
  return { name: path.basename(file, '.json'), rules, chain: chainById(profile.chainId) };
}

/** The current set of a deployment. `addresses`: its file; absent: that of the chain in deploy/addresses. */
export async function fromChain(options: { chain?: string; addresses?: string; rpc: string }): Promise<Named> {
  const { chainId, addresses } = deploymentOf(options);
  const provider = new JsonRpcProvider(options.rpc, undefined, { staticNetwork: true });
  try {
    const answering = (await provider.getNetwork()).chainId;
    if (answering !== BigInt(chainId))
      throw new Error(`${options.rpc} is chain ${answering}, the deployment is on ${chainId}.`);
    const requests = IInferenceRequests__factory.connect(addresses.requests, provider);
    const set = await requests.currentSet();
    const { arbiter, ...parameters } = parametersField(await requests.parametersOf(set));
    const gasPrice = await IChallengeGame__factory.connect(arbiter, provider).gasPrice();
    return { name: `set ${set} on chain ${chainId}`, rules: { ...parameters, gasPrice }, chain: chainById(chainId) };
  } finally {
    provider.destroy();
  }
}

function deploymentOf({
  chain,
  addresses,
}: {
  chain?: string;
  addresses?: string;
}): Pick<Deployment, 'chainId' | 'addresses'> {
  if (addresses !== undefined) return JSON.parse(readFileSync(addresses, 'utf8'));
  const known: Chain | undefined = CHAINS[chain as ChainName];
  if (known === undefined) throw new Error(`--chain is one of ${Object.keys(CHAINS).join(', ')}, not ${chain}.`);
  return readAddresses(known.id);
}
