import type { WrittenReply } from '#core/search/routes.ts';
import type { Transaction } from '../store.ts';
import { currentShares, feeOf } from './prices.ts';

type Offer = WrittenReply<'model'>['offers'][number];
const MOST = 100;

/** Open ones of a version, cheapest first; or of a node, newest first. */
export async function offersOf(
  tx: Transaction,
  by: 'version' | 'node',
  subject: string,
  now: number,
): Promise<Offer[]> {
  const shares = await currentShares(tx);
  const rows = await tx.query<Readonly<Record<string, string>>>(
    `select o.node, o.version, o.price::text, (greatest(o.price, 1) + coalesce(v.royalty, 0))::text as net, o.min_reserved, o.until,
            coalesce(a.stake, 0)::text as stake
       from index_offer o
       left join index_version v on v.version = o.version
       left join index_account a on a.account = o.node
      where o.${by} = $1 and o.until >= $2
      order by ${by === 'version' ? 'o.price, o.node' : 'o.ordinal desc'} limit ${MOST}`,
    [subject, now],
  );
  return rows.map(({ node = '', version = '', price = '', net = '0', min_reserved, until, stake = '' }) => ({
    ...{ node, version, price, fee: feeOf(BigInt(net), shares).toString() },
    ...{ minReserved: Number(min_reserved), until: Number(until), freeStake: stake },
  }));
}
