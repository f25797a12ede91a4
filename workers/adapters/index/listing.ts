import type { BlockRef } from '#ports/chain.ts';
import type { Transaction } from './store.ts';

/** What changed, as far as listings say it: models, versions, and offers that ended (or are open again) between two times. */
export interface Touched {
  readonly models: readonly number[];
  readonly versions: readonly string[];
  /** Unix seconds: offers whose last second is in [from, to). */
  readonly from: number;
  readonly to: number;
}

/** Of `net` when nobody offers a model: more than any price. */
export const NO_PRICE = 10n ** 40n;

/** Makes the listings of these models anew, as of `now` (Unix seconds). Each is a function of the other tables, so nothing can be left over. */
export async function refresh(tx: Transaction, { models, versions, from, to }: Touched, now: number): Promise<void> {
  const found = await tx.query<{ model: string }>(TOUCHED, [[...new Set(models)], [...new Set(versions)], from, to]);
  if (found.length === 0) return;
  const ids = found.map(({ model }) => model);
  await tx.query('delete from index_listing where model = any ($1::bigint[])', [ids]);
  await tx.query(LIST, [ids, now]);
}

/** What a block that is about to be taken back changed. */
export async function touchedBy(tx: Transaction, block: BlockRef): Promise<Pick<Touched, 'models' | 'versions'>> {
  const rows = await tx.query<{ model: string | null; version: string | null }>(CHANGED_BY, [block.number]);
  return {
    models: rows.flatMap(({ model }) => (model === null ? [] : Number(model))),
    versions: rows.flatMap(({ version }) => (version === null ? [] : version)),
  };
}

const CHANGED_BY = `
select distinct
       case when place in ('index_model', 'index_version') then row->>'model'
            when place = 'index_activity' and row->>'kind' = 'model' then row->>'subject' end as model,
       case when place = 'index_offer' then row->>'version' end as version
  from (select place, coalesce(became, was) as row from index_undo where block = $1) changed`;

const TOUCHED = `
select unnest($1::bigint[]) as model
union select model from index_version where version = any ($2::text[])
union select v.model from index_offer o join index_version v on v.version = o.version where o.until >= $3 and o.until < $4`;

/** What search finds a model by is in its names and the card of its newest version in service. */
const LIST = `
insert into index_listing (model, name, namespace, owner, version, tags, words, task_words, net, offers, requests)
select m.model, m.name, split_part(m.name, '/', 1), m.owner, v.version, coalesce(c.tags, '{}'),
       array_to_tsvector(array_remove(regexp_split_to_array(m.name, '[-/]'), '') || coalesce(c.words, '{}')),
       array_to_tsvector(coalesce(c.task_words, '{}')),
       coalesce(o.price + v.royalty, ${NO_PRICE}), coalesce(o.offers, 0), coalesce(a.requests, 0)
  from index_model m
  left join lateral (
       select version, royalty, card from index_version
        where model = m.model and not retired order by ordinal desc limit 1) v on true
  left join index_card c on c.id = v.card
  left join lateral (
       select min(greatest(price, 1)) as price, count(*) as offers from index_offer
        where version = v.version and until >= $2) o on true
  left join index_activity a on a.kind = 'model' and a.subject = m.model::text
 where m.model = any ($1::bigint[])`;
