// Row `request` of the table "Transitions", in the order in which the contracts check it.

import { headersHash } from '#core/commitment/schema.ts';
import type { Address, Bytes32, Hex } from '#core/hex.ts';
import { toBytes32 } from '#core/hex.ts';
import { unpackCost } from '#core/protocol/cost.ts';
import type { ProtocolEvent } from '#core/protocol/events.ts';
import { requestId, toModelId, toVersionId } from '#core/protocol/ids.ts';
import { leavesNode, quote } from '#core/protocol/split.ts';
import type { Terms } from '#core/protocol/terms.ts';
import { AskFlags, hasFlag, termsHash } from '#core/protocol/terms.ts';
import { commit } from '../../../support/contracts/model.ts';
import type { Version, World } from '../world.ts';
import { refuse } from '../world.ts';

const MAX_ITEMS = 32;
const MAX_FLAGS = 15;
/** What every version of the test's model costs (support/contracts/model.ts). */
const COST = (20 << 8) | 27;

export interface Ask {
  readonly version: string;
  readonly node: Address;
  readonly fee: bigint;
  readonly maxRoyalty: bigint;
  readonly deadline: number;
  readonly openAt: number;
  readonly callbackGas: number;
  readonly set: number;
  readonly lane: number;
  readonly mode: number;
  readonly items: number;
  readonly flags: number;
  readonly outputSchema: Bytes32;
}

/** requestMany, and request as its case of one input. All or nothing. */
export function ask(w: World, sender: Address, isContract: boolean, a: Ask, inputs: readonly Hex[]): ProtocolEvent[] {
  if (inputs.length === 0 || inputs.length > MAX_ITEMS) refuse('Requests_ItemsInvalid');
  const version = checked(w, isContract, a);
  const terms = inputs.map((input, i) => termsOf(w, sender, a, version, input, i));

  const total = a.fee * BigInt(inputs.length);
  const pulls = hasFlag(a.flags, AskFlags.PULL);
  if (!pulls && w.ledger.accountOf(sender).available < total) refuse('Escrow_Overdraw');
  for (let i = 0; i < inputs.length; i++) {
    if (a.lane + i > 65_535 || w.openIn(sender, a.lane + i) !== undefined) refuse('Escrow_LaneBusy');
  }
  const events: ProtocolEvent[] = [];
  if (pulls) {
    if (w.tokensOf(sender) < total) refuse('ERC20InsufficientBalance');
    w.pay(sender, w.facts.escrow, total);
    events.push(w.commit({ type: 'Deposited', account: sender, amount: total }));
  }
  terms.forEach((t, i) => {
    const { nonce } = w.ledger.accountOf(sender);
    const id = requestId(w.facts, sender, nonce, termsHash(t));
    const input = inputs[i] as Hex;
    events.push(w.commit({ type: 'Requested', id, requester: sender, node: a.node, terms: t, nonce, input }));
  });
  return events;
}

function checked(w: World, isContract: boolean, a: Ask): Version {
  const p = w.parameters();
  if (w.isPaused()) refuse('Requests_Paused');
  if (a.set !== 0 && a.set !== w.set) refuse('Requests_SetChanged');
  if (a.mode !== 0) refuse('Requests_ModeUnsupported');
  if (a.items === 0 || a.items > MAX_ITEMS) refuse('Requests_ItemsInvalid');
  if (a.flags > MAX_FLAGS) refuse('Requests_BadParameter');
  if (a.deadline <= w.now || a.deadline > w.now + p.maxLifeDays * 86_400) refuse('Requests_DeadlineInvalid');
  if (a.openAt > a.deadline) refuse('Requests_OpenAtInvalid');
  if (a.callbackGas > p.callbackCap) refuse('Requests_CallbackGas');
  if (a.callbackGas > 0 && !isContract) refuse('Requests_NotAContract');
  const version = w.facts.versions.find(({ id }) => id === a.version) ?? refuse('Models_Unknown');
  if (version.retired) refuse('Models_Retired');
  if (!version.allowed) refuse('Models_AccessDenied');
  if (a.outputSchema !== headersHash(version.shape.outputHeaders)) refuse('Requests_SchemaMismatch');
  const royalty = version.royalty * BigInt(a.items);
  if (royalty > a.maxRoyalty) refuse('Requests_RoyaltyAbove');
  if (!leavesNode({ fee: a.fee, royalty, ...p })) refuse('Requests_FeeBelowShares');
  if (hasFlag(a.flags, AskFlags.QUOTE)) {
    const offer = w.facts.offers.get(`${a.node} ${a.version}`);
    if (offer === undefined || offer.until < w.now) return refuse('Nodes_NoOffer');
    if (a.fee < quote(a.items, offer.price, version.royalty, p)) refuse('Requests_FeeBelowQuote');
    if (a.openAt < w.now + offer.minReserved) refuse('Requests_OpenAtInvalid');
  }
  if (hasFlag(a.flags, AskFlags.EXACT_OUTPUT) && !version.exact) refuse('Requests_NotExact');
  return version;
}

function termsOf(w: World, sender: Address, a: Ask, version: Version, input: Hex, i: number): Terms {
  const p = w.parameters();
  const rooted = hasFlag(a.flags, AskFlags.ROOT_INPUT);
  const bytes = (input.length - 2) / 2;
  if (rooted && bytes !== 32) refuse('Requests_InputLength');
  if (!rooted && bytes > p.maxInput) refuse('Requests_InputTooLarge');
  if (!rooted && bytes !== 32 * a.items) refuse('Requests_InputLength');
  const floorOfFee = (a.fee * BigInt(p.thetaPct)) / 100n;
  return {
    version: toVersionId(a.version),
    input: rooted ? toBytes32(input) : commit(version.shape.inputHeaders, a.items, input),
    requester: sender,
    fee: a.fee,
    node: a.node,
    slice: floorOfFee > p.sliceFloor ? floorOfFee : p.sliceFloor,
    royalty: version.royalty * BigInt(a.items),
    deadline: a.deadline,
    tc: p.tcBase + Number((unpackCost(COST) * BigInt(a.items)) >> BigInt(p.tcRateLog2)),
    openAt: a.openAt,
    protocolBps: p.protocolBps,
    model: toModelId(1),
    callbackGas: a.callbackGas,
    set: w.set,
    mode: a.mode,
    outputBytes: version.shape.outputBytes * a.items,
    flags: a.flags & (AskFlags.ROOT_INPUT | AskFlags.EXACT_OUTPUT),
    tipBps: p.tipBps,
    items: a.items,
    lane: a.lane + i,
    penaltyBps: p.penaltyBps,
    outputSchema: a.outputSchema,
  };
}
