import type { WrittenReply } from '#core/search/routes.ts';
import type { Transaction } from '../store.ts';
import { asOf } from './asOf.ts';

const MOST_ROYALTIES = 100;

/** An account nobody has heard of has nothing: zeros, as the contracts say. */
export async function balances(tx: Transaction, account: string): Promise<WrittenReply<'balances'>> {
  const when = await asOf(tx);
  const [row] = await tx.query<Readonly<Record<string, string>>>(BALANCE, [account]);
  const royalties = await tx.query<{ model: string; name: string; amount: string }>(ROYALTIES, [account]);
  const { available = '0', stake = '0', unbonding = '0', ready_at = '0', nonce = '0' } = row ?? {};
  return {
    ...{ asOf: when, account, available, stake, unbonding, readyAt: Number(ready_at), nonce },
    locked: { fees: row?.['fees'] ?? '0', slices: row?.['slices'] ?? '0', disputes: row?.['disputes'] ?? '0' },
    claimable: {
      royalties: royalties.map(({ model, ...rest }) => ({ model: Number(model), ...rest })),
      unbonded: Number(ready_at) <= when.time ? unbonding : '0',
    },
  };
}

const BALANCE = `
select available::text, stake::text, unbonding::text, ready_at::text, nonce::text, locked_fees::text as fees,
       locked_slices::text as slices, locked_disputes::text as disputes
  from index_account where account = $1`;

/** The purse of a model is the account 0xa0de1 and the model's id (core/protocol/ids.ts). */
const ROYALTIES = `
select m.model, m.name, p.available::text as amount
  from index_model m
  join index_account p on p.account = '0x' || lpad('a0de1' || lpad(to_hex(m.model), 12, '0'), 40, '0')
 where m.owner = $1 and p.available > 0
 order by p.available desc, m.model limit ${MOST_ROYALTIES}`;
