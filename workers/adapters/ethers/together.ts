import { getAddress } from 'ethers';
import { ProtocolError } from '#core/errors.ts';
import { toAddress } from '#core/hex.ts';
import type { ChainReader, Hex } from '#ports/chain.ts';
import { IEscrow__factory, IInferenceRequests__factory } from '#types';
import type { Contracts } from './decodeEvents.ts';

const escrow = IEscrow__factory.createInterface();
const requests = IInferenceRequests__factory.createInterface();

/**
 * Throws unless these addresses are one deployment: `deployment.invalid` if there is no such contract at all, `chain.wrong_contract` if
 * one is of another deployment. A worker that watched it would wait for events that never come.
 */
export async function assertTogether(
  reader: Pick<ChainReader, 'call'>,
  contracts: Contracts & { readonly token: Hex },
): Promise<void> {
  const told = {
    escrow: await addressFrom(reader, 'requests', contracts.requests, requests.encodeFunctionData('escrow')),
    models: await addressFrom(reader, 'requests', contracts.requests, requests.encodeFunctionData('models')),
    nodes: await addressFrom(reader, 'requests', contracts.requests, requests.encodeFunctionData('nodes')),
    token: await addressFrom(reader, 'escrow', contracts.escrow, escrow.encodeFunctionData('token')),
  };
  for (const name of ['escrow', 'models', 'nodes', 'token'] as const) {
    const [address, expected] = [contracts[name], told[name]];
    if (address !== expected)
      throw new ProtocolError('chain.wrong_contract', {
        name,
        address: getAddress(address),
        expected: getAddress(expected),
      });
  }
}

async function addressFrom(reader: Pick<ChainReader, 'call'>, name: string, at: Hex, data: string): Promise<Hex> {
  const word = await reader.call(at, data as Hex);
  if (!/^0x0{24}[0-9a-f]{40}$/i.test(word))
    throw new ProtocolError('deployment.invalid', {
      reason: `the contract "${name}" is not at ${getAddress(at)} on this chain`,
    });
  return toAddress(`0x${word.slice(-40)}`);
}
