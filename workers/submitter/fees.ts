import { ProtocolError } from '#core/errors.ts';
import type { FeeMarket, FeeQuote } from '#ports/chain.ts';

export interface FeePolicy {
  /** No attempt offers more, in wei per gas. */
  readonly maxFeePerGas: bigint;
  /** A transaction not mined after so many blocks is replaced. */
  readonly replaceAfterBlocks: number;
  /** Seconds before its deadline from which on a transaction is replaced at every block, with twice the bump. */
  readonly urgentSeconds: number;
  /** Wei of OPG that a native coin (10^18 wei) is worth; undefined = gains are not held against costs. */
  readonly opgPerCoin?: bigint | undefined;
}

const COIN = 10n ** 18n;

/** Nodes take a replacement only if both fees rise by a tenth; an eighth leaves room for their rounding. */
const BUMP_DIVISOR = 8n;

/**
 * Throws unless a transaction may be begun at today's price. One that cannot be mined within the cap, or costs more than it
 * brings, waits without a nonce: signed, it would hold up all that come after it.
 */
export function assertWorth(gas: bigint, { price }: FeeMarket, gain: bigint | undefined, policy: FeePolicy): void {
  const { opgPerCoin } = policy;
  const { maxFeePerGas: cap } = forCalls(policy);
  if (price > cap) throw new ProtocolError('fees.above_cap', { price, cap });
  if (gain === undefined || opgPerCoin === undefined) return;
  const cost = (gas * price * opgPerCoin) / COIN;
  if (cost > gain) throw new ProtocolError('fees.not_worth', { cost, gain });
}

/** The cap of calls is lower by an eleventh, so that an empty transfer can still replace one that has reached it. */
export function forCalls(policy: FeePolicy): FeePolicy {
  return { ...policy, maxFeePerGas: (policy.maxFeePerGas * 10n) / 11n };
}

/** Fees of a first attempt: what is asked for now, within the cap. */
export function firstFees(quote: FeeQuote, policy: FeePolicy): FeeQuote {
  return capped(quote, policy);
}

/**
 * Fees of the attempt after `last`: the larger of a bump and what is asked for now. undefined = the cap leaves no room for a
 * valid replacement, so the last attempt must do.
 */
export function nextFees(last: FeeQuote, quote: FeeQuote, urgent: boolean, policy: FeePolicy): FeeQuote | undefined {
  const bumped = (fee: bigint) => {
    const once = fee + fee / BUMP_DIVISOR + 1n;
    return urgent ? once + once / BUMP_DIVISOR + 1n : once;
  };
  const wanted = {
    maxFeePerGas: larger(bumped(last.maxFeePerGas), quote.maxFeePerGas),
    maxPriorityFeePerGas: larger(bumped(last.maxPriorityFeePerGas), quote.maxPriorityFeePerGas),
  };
  const next = capped(wanted, policy);
  const valid = next.maxFeePerGas * 10n >= last.maxFeePerGas * 11n;
  return valid && next.maxPriorityFeePerGas * 10n >= last.maxPriorityFeePerGas * 11n ? next : undefined;
}

function capped(fees: FeeQuote, { maxFeePerGas }: FeePolicy): FeeQuote {
  const fee = smaller(fees.maxFeePerGas, maxFeePerGas);
  return { maxFeePerGas: fee, maxPriorityFeePerGas: smaller(fees.maxPriorityFeePerGas, fee) };
}

const larger = (a: bigint, b: bigint) => (a > b ? a : b);
const smaller = (a: bigint, b: bigint) => (a < b ? a : b);
