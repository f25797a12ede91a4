import { decode } from '#core/lossless.ts';
import type { ParameterSet } from '#core/protocol/parameters.ts';
import { quote } from '#core/protocol/split.ts';
import { NO_PRICE } from '../listing.ts';
import type { Transaction } from '../store.ts';

type Shares = Pick<ParameterSet, 'protocolBps' | 'tipBps'>;
const BASIS = 10_000n;

/** Of the current parameter set; none before there is one, when nothing can be requested. */
export async function currentShares(tx: Transaction): Promise<Shares> {
  const [row] = await tx.query<{ parameters: unknown }>('select parameters from index_set order by set desc limit 1');
  return row ? (decode(row.parameters) as ParameterSet) : { protocolBps: 0, tipBps: 0 };
}

/** What one item costs the requester, from what node and owner want for it. */
export const feeOf = (net: bigint, shares: Shares) => quote(1, net, 0n, shares);

/** The same as text; null = nobody offers it. */
export const writtenFee = (net: string, shares: Shares) =>
  BigInt(net) === NO_PRICE ? null : feeOf(BigInt(net), shares).toString();

/** The most that node and owner may want, so that an item costs at most `fee`: the inverse of `feeOf`. */
export const mostNet = (fee: bigint, { protocolBps, tipBps }: Shares) =>
  (fee * (BASIS - BigInt(protocolBps) - BigInt(tipBps))) / BASIS;
