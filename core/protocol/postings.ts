/** What each event does to the accounts, as data: which field of which account changes by how much. Wei of OPG. */
import type { Address } from '../hex.ts';
import { toAddress } from '../hex.ts';
import type { EscrowEvent, RequestEvent } from './events.ts';
import { purseOf } from './ids.ts';
import type { RequestRow } from './request.ts';

/** Where burned parts wait for `flushBurn`. */
export const BURN: Address = toAddress('0x000000000000000000000000000000000000dead');

export type AccountField = 'available' | 'stake' | 'unbonding';
export type Posting = readonly [account: Address, field: AccountField, change: bigint];

/** Takes come before credits, so that a missing event shows as an account that goes below zero. */
export function postingsOfEscrow(event: EscrowEvent): readonly Posting[] {
  switch (event.type) {
    case 'Deposited':
      return [[event.account, 'available', event.amount]];
    case 'Withdrawn':
      return [[event.account, 'available', -event.amount]];
    case 'Staked':
      return move(event.account, 'available', event.account, 'stake', event.amount);
    case 'Unstaked':
      return move(event.account, 'stake', event.account, 'unbonding', event.amount);
    case 'Restaked':
      return move(event.account, 'unbonding', event.account, 'stake', event.amount);
    case 'Released':
      return move(event.account, 'unbonding', event.account, 'available', event.amount);
    case 'RoyaltyClaimed':
      return move(purseOf(event.model), 'available', event.owner, 'available', event.amount);
    case 'ProtocolSwept':
      return move(purseOf(event.model), 'stake', event.treasury, 'available', event.amount);
    case 'BurnFlushed':
      return [[BURN, 'available', -event.amount]];
    default:
      return [];
  }
}

/**
 * What the events of requests do besides the lock itself. `row` is the request after the event, `before` the state it was in,
 * `arbiter` that of the request's parameter set. Sums to minus what the lock gained.
 */
export function postingsOfRequest(
  event: RequestEvent,
  row: RequestRow,
  before: RequestRow | undefined,
  arbiter: Address,
): readonly Posting[] {
  const { requester, fee, slice, model } = row.terms;
  const node = row.node ?? row.terms.node;
  switch (event.type) {
    case 'Requested':
      // A pulled fee is a Deposited event before this one, so it leaves the free balance either way.
      return [[requester, 'available', -fee]];
    case 'Accepted':
      return [[node, 'stake', -slice]];
    case 'Submitted':
      return before?.state === 'Accepted' ? [] : [[node, 'stake', -slice]];
    case 'Finalised': {
      const purse = purseOf(model);
      const tip: Posting[] = event.tip === 0n ? [] : [[event.keeper, 'available', event.tip]];
      return [
        [node, 'available', event.toNode],
        [node, 'stake', slice],
        [purse, 'available', event.royalty],
        [purse, 'stake', event.protocol],
        ...tip,
      ];
    }
    case 'Undelivered':
      return [
        [requester, 'available', fee + event.penalty],
        [node, 'stake', slice - event.penalty],
      ];
    case 'Condemned':
      return [
        [requester, 'available', event.toRequester], // the fee is in it
        [arbiter, 'available', event.toPot],
        [BURN, 'available', event.burned],
      ];
    case 'Rescued':
      return [
        [requester, 'available', fee],
        [node, 'stake', slice],
      ];
    case 'Cancelled':
    case 'Expired':
      return [[requester, 'available', fee]];
    default:
      return [];
  }
}

function move(from: Address, out: AccountField, to: Address, into: AccountField, amount: bigint): readonly Posting[] {
  return [
    [from, out, -amount],
    [to, into, amount],
  ];
}
