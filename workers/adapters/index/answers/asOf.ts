import { ProtocolError } from '#core/errors.ts';
import type { WrittenReply } from '#core/search/routes.ts';
import type { Transaction } from '../store.ts';

export type AsOf = WrittenReply<'totals'>['asOf'];

interface Newest {
  readonly number: string;
  readonly hash: string;
  readonly timestamp: string;
  readonly final: string | null;
}

/** The newest block recorded: what every answer of this transaction is about. Throws `search.starting` before there is one. */
export async function asOf(tx: Transaction): Promise<AsOf> {
  const [newest] = await tx.query<Newest>(
    `select number, hash, timestamp, (select number from journal_final) as final
       from journal_block order by number desc limit 1`,
  );
  if (!newest) throw new ProtocolError('search.starting', {});
  return {
    block: Number(newest.number),
    hash: newest.hash,
    time: Number(newest.timestamp),
    final: newest.final === null ? null : Number(newest.final),
  };
}
