import { ProtocolError } from '#core/errors.ts';
import { unpackOffer } from '#core/protocol/offer.ts';
import { type ParameterSet, parametersField } from '#core/protocol/parameters.ts';
import type { ContractViews } from '#ports/calls.ts';
import type { ChainReader, Hex } from '#ports/chain.ts';
import { IEscrow__factory, IInferenceRequests__factory, INodeRegistry__factory } from '#types';
import type { Contracts } from './decodeEvents.ts';

const escrow = IEscrow__factory.createInterface();
const nodes = INodeRegistry__factory.createInterface();
const requests = IInferenceRequests__factory.createInterface();

export function contractViews(reader: Pick<ChainReader, 'call'>, contracts: Contracts): ContractViews {
  /** Sets are appended and never edited, so one answer serves for good. */
  const sets = new Map<number, ParameterSet>();
  async function parametersOf(set: number): Promise<ParameterSet> {
    const known = sets.get(set);
    if (known) return known;
    const returned = await reader.call(contracts.requests, requests.encodeFunctionData('parametersOf', [set]) as Hex);
    const found = parametersField(requests.decodeFunctionResult('parametersOf', returned)[0]);
    // Of a set that is not there the contract gives zeros, which would say that nobody decides; every set has a tcBase.
    if (found.tcBase === 0) throw new ProtocolError('chain.set_unknown', { set });
    sets.set(set, found);
    return found;
  }
  return {
    async freeStake(node: Hex) {
      const returned = await reader.call(contracts.escrow, escrow.encodeFunctionData('accountOf', [node]) as Hex);
      return escrow.decodeFunctionResult('accountOf', returned)['stake'] as bigint;
    },
    async offerOf(node: Hex, version: Hex) {
      const data = nodes.encodeFunctionData('offerOf', [node, version]) as Hex;
      return unpackOffer(nodes.decodeFunctionResult('offerOf', await reader.call(contracts.nodes, data))[0] as bigint);
    },
    delaysOf: parametersOf,
    async arbiterOf(set: number) {
      return (await parametersOf(set)).arbiter;
    },
  };
}
