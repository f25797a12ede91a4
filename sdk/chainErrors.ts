/** What a provider throws, as a ProtocolError: the contracts' own names where a contract refused. */
import type { ErrorDescription } from 'ethers';
import { Interface, isError } from 'ethers';
import { contractError } from '#core/errors/contract.ts';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import {
  IEscrow__factory,
  IInferenceRequests__factory,
  IModelRegistry__factory,
  INodeRegistry__factory,
  OPG__factory,
} from '#types';

const ABIS = [
  IEscrow__factory,
  IModelRegistry__factory,
  INodeRegistry__factory,
  IInferenceRequests__factory,
  OPG__factory,
];
const errors = new Interface(
  ABIS.flatMap(({ createInterface }) => createInterface().fragments.filter(({ type }) => type === 'error')),
);

/** Runs a call and gives whatever it throws the name it has in docs/errors.md. */
export async function named<T>(account: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toProtocolError(error, account);
  }
}

export function toProtocolError(error: unknown, account = 'the account'): ProtocolError {
  if (isProtocolError(error)) return error;
  const revert = revertDataIn(error);
  if (revert !== undefined) return fromRevert(revert, error);
  if (isError(error, 'INSUFFICIENT_FUNDS'))
    return new ProtocolError('chain.gas_unfunded', { account }, { cause: error });
  if (isError(error, 'CALL_EXCEPTION'))
    return new ProtocolError('chain.reverted', { reason: error.shortMessage }, { cause: error });
  const reason = error instanceof Error ? error.message : String(error);
  if (/does(n't| not) have enough funds|insufficient funds/i.test(reason))
    return new ProtocolError('chain.gas_unfunded', { account }, { cause: error });
  return new ProtocolError('chain.unavailable', { reason }, { cause: error });
}

function fromRevert(data: string, cause: unknown): ProtocolError {
  const described = parse(data);
  if (described === null) {
    const reason = cause instanceof Error ? cause.message : `revert data ${data}`;
    return new ProtocolError('chain.reverted', { reason }, { cause });
  }
  const ours = contractError(described.name, [...described.args], { cause });
  if (ours !== undefined) return ours;
  const reason = `${described.name}(${described.args.map(String).join(', ')})`;
  return new ProtocolError('chain.reverted', { reason }, { cause });
}

function parse(data: string): ErrorDescription | null {
  try {
    return errors.parseError(data);
  } catch {
    return null;
  }
}

/** Providers wrap one another, and each puts the revert data somewhere else. */
function revertDataIn(error: unknown, depth = 6): string | undefined {
  if (typeof error !== 'object' || error === null || depth === 0) return undefined;
  const record = error as Readonly<Record<string, unknown>>;
  const { data } = record;
  if (typeof data === 'string' && /^0x([0-9a-f]{2}){4,}$/i.test(data)) return data;
  for (const key of ['data', 'error', 'info', 'cause']) {
    const found = revertDataIn(record[key], depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
