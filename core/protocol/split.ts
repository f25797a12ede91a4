/** Who gets what when a lock closes, rounded exactly as the contracts round. All amounts in wei of OPG. */
const BASIS = 10_000n;

const partDown = (amount: bigint, bps: number) => (amount * BigInt(bps)) / BASIS;
const least = (a: bigint, b: bigint) => (a < b ? a : b);

export interface FeeSplit {
  readonly royalty: bigint;
  readonly protocol: bigint;
  readonly tip: bigint;
  /** The remainder, so that the parts sum to the fee. */
  readonly toNode: bigint;
}

interface Shares {
  readonly fee: bigint;
  /** For all items. */
  readonly royalty: bigint;
  readonly protocolBps: number;
  readonly tipBps: number;
}

/** A finalised request's fee. Without `takeTip` the tip stays with the node. */
export function feeSplit({ fee, royalty, protocolBps, tipBps }: Shares, takeTip: boolean): FeeSplit {
  const protocol = partDown(fee, protocolBps);
  const tip = takeTip ? partDown(fee, tipBps) : 0n;
  return { royalty, protocol, tip, toNode: fee - royalty - protocol - tip };
}

/** The least fee that leaves the node something: royalty, protocol share and tip, and one wei more (attack 25). */
export function leavesNode({ fee, royalty, protocolBps, tipBps }: Shares): boolean {
  return fee >= royalty + partDown(fee, protocolBps) + partDown(fee, tipBps) + 1n;
}

export interface SlashSplit {
  /** Part of the slice on top of the returned fee; never above the fee: nobody earns by soliciting faults. */
  readonly toRequester: bigint;
  readonly toPot: bigint;
  readonly burned: bigint;
}

/** A condemned request's slice. The fee returns to the requester beside it; the event Condemned reports both in one sum. */
export function slashSplit(
  { fee, slice }: { readonly fee: bigint; readonly slice: bigint },
  { psiBps, rhoBps }: { readonly psiBps: number; readonly rhoBps: number },
): SlashSplit {
  const toRequester = least(partDown(slice, psiBps), fee);
  const toPot = partDown(slice, rhoBps);
  return { toRequester, toPot, burned: slice - toRequester - toPot };
}

/** What an accepted request that was not delivered costs the node: part of the slice, never above the fee. */
export function penaltyOf(terms: {
  readonly fee: bigint;
  readonly slice: bigint;
  readonly penaltyBps: number;
}): bigint {
  return least(partDown(terms.slice, terms.penaltyBps), terms.fee);
}

/**
 * The fee at which an offer is met: ceil(items * (max(price, 1) + royalty) * 10,000 / (10,000 - protocolBps - tipBps)).
 * `price` and `royalty` are per item; price is what the node wants to keep, of which a fee leaves it a wei at least.
 */
export function quote(
  items: number,
  price: bigint,
  royalty: bigint,
  { protocolBps, tipBps }: { readonly protocolBps: number; readonly tipBps: number },
): bigint {
  const net = BigInt(items) * ((price > 0n ? price : 1n) + royalty) * BASIS;
  const divisor = BASIS - BigInt(protocolBps) - BigInt(tipBps);
  return (net + divisor - 1n) / divisor;
}
