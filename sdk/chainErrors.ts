/** What a provider throws, as a ProtocolError: the contracts' own names where a contract refused. */
import type { ErrorDescription } from 'ethers';
import { Interface, isError } from 'ethers';
import { contractError } from '#core/errors/contract.ts';
import { failedInExecution, type NodeError } from '#core/errors/execution.ts';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import {
  IChallengeGame__factory,
  IEscrow__factory,
  IInferenceRequests__factory,
  IModelDirectory__factory,
  IModelRegistry__factory,
  IModelSale__factory,
  INodeRegistry__factory,
  IOpenGradientFacade__factory,
  IPassPolicy__factory,
  IRoyaltySplitter__factory,
  IVersionOwned__factory,
  OPG__factory,
} from '#types';

const ABIS = [
  IEscrow__factory,
  IModelRegistry__factory,
  INodeRegistry__factory,
  IInferenceRequests__factory,
  IChallengeGame__factory,
  IVersionOwned__factory,
  IPassPolicy__factory,
  IRoyaltySplitter__factory,
  IModelSale__factory,
  IModelDirectory__factory,
  IOpenGradientFacade__factory,
  OPG__factory,
];
const errors = new Interface(
  ABIS.flatMap(({ createInterface }) => createInterface().fragments.filter(({ type }) => type === 'error')),
);

/** Runs a call and gives what it throws the name it has in docs/errors.md. */
export async function named<T>(account: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toProtocolError(error, account);
  }
}

/** Errors that are neither the chain's nor the way to it (a bug, a wrong argument) come back as they are. */
export function toProtocolError(error: unknown, account = 'the account'): unknown {
  if (isProtocolError(error)) return error;
  const revert = revertDataIn(error);
  if (revert !== undefined) return fromRevert(revert, error);
  if (!(error instanceof Error)) return error;
  const { message } = error;
  if (isError(error, 'INSUFFICIENT_FUNDS') || /insufficient funds|does(n't| not) have enough funds/i.test(message))
    return new ProtocolError('chain.gas_unfunded', { account }, { cause: error });
  if (isError(error, 'CALL_EXCEPTION')) {
    const said = error.info?.['error'] as NodeError | undefined;
    if (said !== undefined && !failedInExecution(said))
      return new ProtocolError('chain.unavailable', { reason: said.message ?? message }, { cause: error });
    return new ProtocolError('chain.reverted', { reason: error.shortMessage }, { cause: error });
  }
  if (ON_THE_WAY.some((code) => isError(error, code)) || isRpcOrSocket(error))
    return new ProtocolError('chain.unavailable', { reason: message }, { cause: error });
  return error;
}

/** What ethers calls trouble between us and the chain. */
const ON_THE_WAY = [
  'NETWORK_ERROR',
  'SERVER_ERROR',
  'TIMEOUT',
  'BAD_DATA',
  'UNKNOWN_ERROR',
  'NONCE_EXPIRED',
  'REPLACEMENT_UNDERPRICED',
] as const;

/** JSON-RPC errors carry a negative number, sockets a name such as ECONNREFUSED. */
function isRpcOrSocket(error: Error): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'number' || (typeof code === 'string' && /^E[A-Z]+$/.test(code));
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
