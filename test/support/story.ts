/** Events of one request for tests without a chain. Amounts are small so that sums can be read. */
import type { Address } from '#core/hex.ts';
import { toAddress, toBytes32, ZERO_ADDRESS, ZERO_BYTES32 } from '#core/hex.ts';
import type { EventNamed, RequestEvent } from '#core/protocol/events.ts';
import { toModelId, toRequestId, toVersionId } from '#core/protocol/ids.ts';
import type { Terms } from '#core/protocol/terms.ts';

const account = (digit: string): Address => toAddress(`0x${digit.repeat(40)}`);
export const requester = account('1');
export const node = account('2');
export const other = account('3');
export const keeper = account('4');
export const game = account('5');
export const id = toRequestId(`0x${'ab'.repeat(32)}`);

export const terms: Terms = {
  version: toVersionId(`0x${'cd'.repeat(32)}`),
  input: ZERO_BYTES32,
  requester,
  fee: 1_000n,
  node,
  slice: 10_000n,
  royalty: 100n,
  deadline: 2_000,
  tc: 600,
  openAt: 1_500,
  protocolBps: 500,
  model: toModelId(7),
  callbackGas: 0,
  set: 1,
  mode: 0,
  outputBytes: 40,
  flags: 0,
  tipBps: 100,
  items: 1,
  lane: 3,
  penaltyBps: 500,
  outputSchema: ZERO_BYTES32,
};

export function requested(change: Partial<Terms> = {}): EventNamed<'Requested'> {
  const asked = { ...terms, ...change };
  return { type: 'Requested', id, requester: asked.requester, node: asked.node, terms: asked, nonce: 0n, input: '0x' };
}

export const anyNode = { node: ZERO_ADDRESS };
export const outputHash = toBytes32(`0x${'ef'.repeat(32)}`);
export const declined: RequestEvent = { type: 'Declined', id };
export const acceptedBy = (by: Address): RequestEvent => ({ type: 'Accepted', id, node: by });
export const submittedBy = (by: Address): RequestEvent => ({
  type: 'Submitted',
  id,
  node: by,
  challengeEnd: 2_600,
  outputHash,
  output: '0x00',
});
export const frozen: RequestEvent = { type: 'Frozen', id };
export const thawed = (end: number): RequestEvent => ({ type: 'Thawed', id, end });
export const finalisedFor = (by: Address, tip: bigint): RequestEvent => ({
  type: 'Finalised',
  id,
  node: by,
  toNode: 850n - tip,
  royalty: 100n,
  protocol: 50n,
  tip,
  keeper: tip === 0n ? ZERO_ADDRESS : keeper,
  callback: 0,
});
export const cancelled: RequestEvent = { type: 'Cancelled', id };
export const expired: RequestEvent = { type: 'Expired', id };
export const undeliveredBy = (by: Address): RequestEvent => ({ type: 'Undelivered', id, node: by, penalty: 500n });
export const condemned = (by: Address): RequestEvent => ({
  type: 'Condemned',
  id,
  node: by,
  toRequester: 2_000n, // fee and psi
  toPot: 4_000n,
  burned: 5_000n,
});
export const rescued: RequestEvent = { type: 'Rescued', id };
