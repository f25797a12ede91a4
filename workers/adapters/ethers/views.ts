import { ProtocolError } from '#core/errors.ts';
import { unpackOffer } from '#core/protocol/offer.ts';
import { type ParameterSet, parametersField } from '#core/protocol/parameters.ts';
import type { ContractViews } from '#ports/calls.ts';
import type { ChainReader, Hex } from '#ports/chain.ts';
import { IEscrow__factory, IInferenceRequests__factory, INodeRegistry__factory } from '#types';
import { ask } from './ask.ts';
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
    const found = parametersField((await ask(reader, contracts.requests, requests, 'parametersOf', set))[0]);
    // Of a set that is not there the contract gives zeros, which would say that nobody decides; every set has a tcBase.
    if (found.tcBase === 0) throw new ProtocolError('chain.set_unknown', { set });
    sets.set(set, found);
    return found;
  }
  return {
    async freeStake(node: Hex) {
      return (await ask(reader, contracts.escrow, escrow, 'accountOf', node))['stake'] as bigint;
    },
    async offerOf(node: Hex, version: Hex) {
      return unpackOffer((await ask(reader, contracts.nodes, nodes, 'offerOf', node, version))[0] as bigint);
    },
    delaysOf: parametersOf,
    async arbiterOf(set: number) {
      return (await parametersOf(set)).arbiter;
    },
  };
}
