import { unpackOffer } from '#core/protocol/offer.ts';
import type { ContractViews } from '#ports/calls.ts';
import type { ChainReader, Hex } from '#ports/chain.ts';
import { IEscrow__factory, IInferenceRequests__factory, INodeRegistry__factory } from '#types';
import type { Contracts } from './decodeEvents.ts';

const escrow = IEscrow__factory.createInterface();
const nodes = INodeRegistry__factory.createInterface();
const requests = IInferenceRequests__factory.createInterface();

export function contractViews(reader: Pick<ChainReader, 'call'>, contracts: Contracts): ContractViews {
  /** Sets are appended and never edited, so one answer serves for good. */
  const delays = new Map<number, { readonly tipDelay: number; readonly rescueDelay: number }>();
  return {
    async freeStake(node: Hex) {
      const returned = await reader.call(contracts.escrow, escrow.encodeFunctionData('accountOf', [node]) as Hex);
      return escrow.decodeFunctionResult('accountOf', returned)['stake'] as bigint;
    },
    async offerOf(node: Hex, version: Hex) {
      const data = nodes.encodeFunctionData('offerOf', [node, version]) as Hex;
      return unpackOffer(nodes.decodeFunctionResult('offerOf', await reader.call(contracts.nodes, data))[0] as bigint);
    },
    async delaysOf(set: number) {
      const known = delays.get(set);
      if (known) return known;
      const returned = await reader.call(contracts.requests, requests.encodeFunctionData('parametersOf', [set]) as Hex);
      const [parameters] = requests.decodeFunctionResult('parametersOf', returned);
      const found = { tipDelay: Number(parameters.tipDelay), rescueDelay: Number(parameters.rescueDelay) };
      delays.set(set, found);
      return found;
    },
  };
}
