import { states } from '#core/search/fields.ts';
import type { QueryOf, WrittenReply } from '#core/search/routes.ts';
import type { Transaction } from '../store.ts';
import { asOf } from './asOf.ts';

export async function totals(tx: Transaction): Promise<WrittenReply<'totals'>> {
  const rows = await tx.query<{ name: string; value: string }>('select name, value::text from index_total');
  const values = new Map(rows.map(({ name, value }) => [name, value]));
  const sum = (name: string) => values.get(name) ?? '0';
  const count = (name: string) => Number(sum(name));
  const parts = ['available', 'stake', 'unbonding', 'locked', 'disputes'] as const;
  return {
    asOf: await asOf(tx),
    ...{ accounts: count('accounts'), models: count('models'), versions: count('versions'), nodes: count('nodes') },
    requests: Object.fromEntries(states.map((state) => [state, count(`state:${state}`)])) as Record<
      (typeof states)[number],
      number
    >,
    ...(Object.fromEntries(parts.map((name) => [name, sum(name)])) as Record<(typeof parts)[number], string>),
    held: parts.reduce((held, name) => held + BigInt(sum(name)), 0n).toString(),
    paid: {
      nodes: sum('paid:nodes'),
      royalties: sum('paid:royalties'),
      protocol: sum('paid:protocol'),
      tips: sum('paid:tips'),
    },
    burned: sum('burned'),
  };
}

export async function days(tx: Transaction, { days: most }: QueryOf<'days'>): Promise<WrittenReply<'days'>> {
  const rows = await tx.query<Readonly<Record<'day' | 'requests' | 'submitted' | 'final' | 'faulty' | 'fees', string>>>(
    'select day, requests, submitted, final, faulty, fees::text from index_day order by day desc limit $1',
    [most],
  );
  return {
    asOf: await asOf(tx),
    days: rows.map(({ day, requests, submitted, final, faulty, fees }) => ({
      ...{ day: Number(day), requests: Number(requests), submitted: Number(submitted) },
      ...{ final: Number(final), faulty: Number(faulty), fees },
    })),
  };
}
