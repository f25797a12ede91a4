import { AbiCoder, type ErrorDescription, type Interface } from 'ethers';
import { contractError } from '#core/errors/contract.ts';
import { ProtocolError } from '#core/errors.ts';
import { IEscrow__factory, IInferenceRequests__factory, IModelRegistry__factory, INodeRegistry__factory } from '#types';
import { Reverted } from './failure.ts';

const INTERFACES: readonly Interface[] = [
  IInferenceRequests__factory.createInterface(),
  IEscrow__factory.createInterface(),
  IModelRegistry__factory.createInterface(),
  INodeRegistry__factory.createInterface(),
];

/** A Reverted as the contract's own error, by name and with its arguments; any other error as it is. */
export function explained(error: unknown): unknown {
  if (!(error instanceof Reverted)) return error;
  const custom = parsed(error.data);
  const ours = custom && contractError(custom.name, [...custom.args], { cause: error });
  if (ours) return ours;
  const reason = custom ? `${custom.name}(${custom.args.map(String).join(', ')})` : plainReason(error);
  return new ProtocolError('chain.reverted', { reason }, { cause: error });
}

function parsed(data: string): ErrorDescription | undefined {
  for (const contract of INTERFACES) {
    const found = data.length >= 10 ? contract.parseError(data) : null;
    // Error(string) and Panic(uint256) are known to every interface and are not the contracts' own.
    if (found && found.name !== 'Error' && found.name !== 'Panic') return found;
  }
  return undefined;
}

function plainReason(error: Reverted): string {
  if (error.data.startsWith('0x08c379a0'))
    return String(AbiCoder.defaultAbiCoder().decode(['string'], `0x${error.data.slice(10)}`)[0]);
  return error.data === '0x' ? error.message : `${error.message} (data ${error.data.slice(0, 74)})`;
}
