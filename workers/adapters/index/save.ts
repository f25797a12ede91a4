import { ProtocolError } from '#core/errors.ts';
import { encode } from '#core/lossless.ts';
import type { BlockRef, Hex } from '#ports/chain.ts';
import { ACTIVITY_FIELDS, type Changes, DAY_FIELDS, type IndexedRequest } from '#ports/indexing.ts';
import type { Touched } from './listing.ts';
import { saveRegistered } from './saveRegistered.ts';
import type { Transaction } from './store.ts';

/** Writes what a block changes; tells which models something changed about. */
export async function save(
  tx: Transaction,
  block: BlockRef,
  changes: Changes,
): Promise<Pick<Touched, 'models' | 'versions'>> {
  const newNodes = await saveRegistered(tx, block, changes);
  await saveRequests(tx, changes.requests);
  const newAccounts = await saveAccounts(tx, block, changes);
  await saveActivity(tx, block, changes);
  const totals = new Map(changes.totals);
  if (newNodes > 0) totals.set('nodes', BigInt(newNodes));
  if (newAccounts > 0) totals.set('accounts', BigInt(newAccounts));
  await put(
    tx,
    TOTALS,
    [...totals].map(([name, value]) => ({ name, value })),
  );
  if (changes.day) await put(tx, DAY, [{ day: block.timestamp - (block.timestamp % 86_400), ...changes.day }]);
  const activeModels = [...changes.activity.keys()].map(split).flatMap(([kind, id]) => (kind === 'model' ? id : []));
  return {
    models: [
      ...changes.models.map(({ model }) => model),
      ...changes.owners.keys(),
      ...changes.versions.map(({ model }) => model),
      ...activeModels.map(Number),
    ],
    versions: [...changes.versionChanges.keys(), ...changes.offers.map(({ version }) => version)],
  };
}

/** Runs a statement over rows given as JSON; none = nothing. Integers of any size travel as text. */
export async function put<R extends object>(
  tx: Transaction,
  statement: string,
  rows: readonly object[],
): Promise<readonly R[]> {
  if (rows.length === 0) return [];
  const json = JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
  return tx.query<R>(statement, [json]);
}

async function saveRequests(tx: Transaction, requests: ReadonlyMap<Hex, IndexedRequest>): Promise<void> {
  const rows = [...requests].map(([id, { row, disputed, ...times }]) => {
    const { requester, model, version, node } = row.terms;
    const taken = row.node ?? (BigInt(node) === 0n ? null : node);
    return {
      ...{ id, ordinal: times.ordinal, state: row.state, requester, node: taken, model, version },
      ...{ requested_block: times.requestedBlock, requested_at: times.requestedAt },
      ...{ submitted_block: times.submittedBlock, submitted_at: times.submittedAt, ended_at: times.endedAt },
      ...{ disputed, row: JSON.parse(encode(row)) },
    };
  });
  await put(tx, REQUESTS, rows);
}

interface Balance {
  readonly account: Hex;
  readonly available: string;
  readonly stake: string;
  readonly unbonding: string;
  readonly fresh: boolean;
}

/** Gives the number of accounts that were not known before. */
async function saveAccounts(tx: Transaction, block: BlockRef, { accounts, readyAt }: Changes): Promise<number> {
  const rows = [...accounts].map(([account, change]) => {
    const { lockedFees: locked_fees, lockedSlices: locked_slices, lockedDisputes: locked_disputes, ...rest } = change;
    return { account, ...rest, locked_fees, locked_slices, locked_disputes };
  });
  const balances = await put<Balance>(tx, ACCOUNTS, rows);
  for (const balance of balances) {
    for (const field of ['available', 'stake', 'unbonding'] as const) {
      if (!balance[field].startsWith('-')) continue;
      const asked = -(accounts.get(balance.account)?.[field] ?? 0n);
      const available = BigInt(balance[field]) + asked;
      throw new ProtocolError('ledger.mismatch', {
        event: `one of block ${block.number}`,
        account: balance.account,
        field,
        asked,
        available,
      });
    }
  }
  await put(
    tx,
    READY_AT,
    [...readyAt].map(([account, ready_at]) => ({ account, ready_at })),
  );
  return balances.filter(({ fresh }) => fresh).length;
}

async function saveActivity(tx: Transaction, block: BlockRef, { activity, asked, patrons }: Changes): Promise<void> {
  const counts = [...activity].map(([key, change]) => {
    const [kind, subject] = split(key);
    return { kind, subject, ...change, last_request_at: asked.has(key) ? block.timestamp : null };
  });
  await put(tx, ACTIVITY, counts);
  const requesters = [...patrons].map(([key, requests]) => {
    const [kind, subject, requester] = split(key);
    return { kind, subject, requester, requests };
  });
  await put(tx, PATRONS, requesters);
}

/** `kind subject` or `kind subject requester`. */
const split = (key: string) => key.split(' ') as [string, string, string | undefined];

const REQUESTS = `
insert into index_request
select id, ordinal, state, requester, node, model, version, requested_block, requested_at, submitted_block, submitted_at,
       ended_at, disputed, row
  from jsonb_populate_recordset(null::index_request, $1::jsonb)
on conflict (id) do update
   set state = excluded.state, node = excluded.node, submitted_block = excluded.submitted_block,
       submitted_at = excluded.submitted_at, ended_at = excluded.ended_at, disputed = excluded.disputed, row = excluded.row`;

const ADDED = ['available', 'stake', 'unbonding', 'nonce', 'locked_fees', 'locked_slices', 'locked_disputes'];
const added = (table: string, columns: readonly string[]) =>
  columns.map((column) => `${column} = ${table}.${column} + excluded.${column}`).join(', ');

/** A row that was inserted has no xmax. */
const ACCOUNTS = `
insert into index_account (account, ${ADDED.join(', ')})
select account, ${ADDED.join(', ')} from jsonb_populate_recordset(null::index_account, $1::jsonb)
on conflict (account) do update set ${added('index_account', ADDED)}
returning account, available::text, stake::text, unbonding::text, (xmax = 0) as fresh`;

const READY_AT = `
update index_account a set ready_at = c.ready_at
  from jsonb_to_recordset($1::jsonb) as c (account text, ready_at bigint)
 where a.account = c.account`;

const ACTIVITY = `
insert into index_activity (kind, subject, ${ACTIVITY_FIELDS.join(', ')}, last_request_at)
select kind, subject, ${ACTIVITY_FIELDS.join(', ')}, last_request_at
  from jsonb_populate_recordset(null::index_activity, $1::jsonb)
on conflict (kind, subject) do update
   set ${added('index_activity', ACTIVITY_FIELDS)},
       last_request_at = coalesce(excluded.last_request_at, index_activity.last_request_at)`;

/** A requester is one from its first request on, and a repeated one from its second. */
const PATRONS = `
with change as (
  select c.kind, c.subject, c.requester, coalesce(p.requests, 0) as was, coalesce(p.requests, 0) + c.requests as becomes
    from jsonb_populate_recordset(null::index_patron, $1::jsonb) c
    left join index_patron p on p.kind = c.kind and p.subject = c.subject and p.requester = c.requester),
kept as (
  insert into index_patron (kind, subject, requester, requests)
  select kind, subject, requester, becomes from change
  on conflict (kind, subject, requester) do update set requests = excluded.requests)
update index_activity a
   set requesters = a.requesters + c.requesters, repeat_requesters = a.repeat_requesters + c.repeat_requesters
  from (select kind, subject,
               sum((becomes > 0)::integer - (was > 0)::integer) as requesters,
               sum((becomes > 1)::integer - (was > 1)::integer) as repeat_requesters
          from change group by kind, subject) c
 where a.kind = c.kind and a.subject = c.subject and (c.requesters <> 0 or c.repeat_requesters <> 0)`;

const TOTALS = `
insert into index_total select name, value from jsonb_populate_recordset(null::index_total, $1::jsonb)
on conflict (name) do update set value = index_total.value + excluded.value`;

const DAY = `
insert into index_day (day, ${DAY_FIELDS.join(', ')})
select day, ${DAY_FIELDS.join(', ')} from jsonb_populate_recordset(null::index_day, $1::jsonb)
on conflict (day) do update set ${added('index_day', DAY_FIELDS)}`;
