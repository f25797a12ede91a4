/** How a requester, or anyone, ends a request. */
import { ProtocolError } from '#core/errors.ts';
import type { Bytes32, Hex } from '#core/hex.ts';
import { ZERO_ADDRESS } from '#core/hex.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { submissionOf } from '#core/protocol/request.ts';
import { StateNumbers } from '#core/protocol/states.ts';
import { AskFlags, hasFlag, packTerms } from '#core/protocol/terms.ts';
import { findRequest } from './findRequest.ts';
import type { Account } from './network.ts';
import type { Transacted } from './transact.ts';
import { transact } from './transact.ts';
import { describeVersion } from './version.ts';

type Asked = { readonly id: RequestId; readonly block?: number };

/** Takes the fee back: when the named node declined, or nobody has a reserved claim to the request any more. */
export async function cancel(account: Account, asked: Asked): Promise<Transacted> {
  const { row } = await findRequest(account, asked);
  if (row.state !== 'Requested' && row.state !== 'Declined')
    throw new ProtocolError('Requests_NotCurrent', { id: row.id });
  const declined = row.state === 'Declined';
  return await transact(
    account,
    await account.requests.cancel.populateTransaction(packTerms(row.terms), row.nonce, declined),
  );
}

/** After the deadline: the fee returns to the requester, with a penalty from a node that had accepted. Anyone may call. */
export async function expire(account: Account, asked: Asked): Promise<Transacted> {
  const { id, state, terms, nonce, node = ZERO_ADDRESS } = (await findRequest(account, asked)).row;
  if (state !== 'Requested' && state !== 'Declined' && state !== 'Accepted')
    throw new ProtocolError('Requests_NotCurrent', { id });
  const call = await account.requests.expire.populateTransaction(packTerms(terms), nonce, StateNumbers[state], node);
  return await transact(account, call);
}

/**
 * After the challenge window: pays everybody and then calls the requester back, if it asked for it. Anyone may call;
 * `takeTip` (default false) claims the keeper's tip, once the node's own head start is over.
 */
export async function finalise(account: Account, asked: Asked, { takeTip = false } = {}): Promise<Transacted> {
  const { row, output } = await findRequest(account, asked);
  const submission = submissionOf(row);
  if (submission === undefined || output === undefined)
    throw new ProtocolError('request.not_submitted', { id: row.id, state: row.state });
  const { headers, bytes } = await suppliedFor(account, row, output);
  const call = await account.requests.finalise.populateTransaction(
    packTerms(row.terms),
    submission,
    takeTip,
    headers,
    bytes,
  );
  return await transact(account, call);
}

/**
 * Frees a request whose dispute has stood still for longer than the longest one can last (the rescue delay of its parameter set, after the end of
 * its challenge window): the fee returns to the requester, the slice to the node. Anyone may call.
 */
export async function rescue(account: Account, asked: Asked): Promise<Transacted> {
  const { row } = await findRequest(account, asked);
  const submission = submissionOf(row);
  if (row.state !== 'Frozen' || submission === undefined)
    throw new ProtocolError('Requests_NotCurrent', { id: row.id });
  return await transact(account, await account.requests.rescue.populateTransaction(packTerms(row.terms), submission));
}

/** What the callback needs: the submitted output again, or the commitment alone for exactOutput. */
async function suppliedFor(
  account: Account,
  { terms }: RequestRow,
  output: Hex,
): Promise<{ headers: Bytes32[]; bytes: Hex }> {
  if (terms.callbackGas === 0) return { headers: [], bytes: '0x' };
  if (hasFlag(terms.flags, AskFlags.EXACT_OUTPUT)) return { headers: [], bytes: output };
  const { hashes } = await describeVersion(account, terms.version);
  return { headers: [...hashes.outputHeaders], bytes: output };
}
