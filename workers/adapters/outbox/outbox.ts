import type { Hex } from '#ports/chain.ts';
import type { Attempt, Intent, IntentStatus, Outbox, TrackedIntent } from '#ports/outbox.ts';
import type { Sql } from '#ports/sql.ts';

/** The outbox in a database whose `outboxMigrations` are applied; whoever opened the database closes it. */
export const sqlOutbox = (sql: Sql): Outbox => ({
  async plan(intent: Intent): Promise<boolean> {
    const inserted = await sql.query(
      `insert into outbox_intent (purpose, sender, target, calldata, expires_at, urgent_at, gain)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning purpose`,
      valuesOf(intent),
    );
    return inserted.length > 0;
  },

  async get(purpose: string): Promise<TrackedIntent | undefined> {
    const [row] = await sql.query<IntentRow>(`${SELECT} where i.purpose = $1`, [purpose]);
    return row && intentOf(row);
  },

  async open(from: Hex): Promise<readonly TrackedIntent[]> {
    const rows = await sql.query<IntentRow>(
      `${SELECT} where i.sender = $1 and i.status in ('planned', 'signed', 'mined') order by i.seq`,
      [from],
    );
    return rows.map(intentOf);
  },

  async openBySender(): Promise<ReadonlyMap<Hex, number>> {
    const rows = await sql.query<{ sender: Hex; open: string }>(
      `select sender, count(*) as open from outbox_intent
        where status in ('planned', 'signed', 'mined') group by sender order by sender`,
    );
    return new Map(rows.map(({ sender, open }) => [sender, Number(open)]));
  },

  /** The row of the key is the lock: two allocations for one key wait for each other. */
  async allocateNonce(purpose: string, minedNonce: number): Promise<number> {
    return sql.transaction(async (tx) => {
      const [intent] = await tx.query<{ sender: string; nonce: string | null }>(
        'select sender, nonce from outbox_intent where purpose = $1',
        [purpose],
      );
      if (!intent) throw new Error(`There is no intent "${purpose}" in the outbox to allocate a nonce for.`);
      if (intent.nonce !== null) return Number(intent.nonce);
      const [taken] = await tx.query<{ nonce: string }>(TAKE_NONCE, [intent.sender, minedNonce]);
      const nonce = Number(taken?.nonce);
      await tx.query('update outbox_intent set nonce = $2 where purpose = $1', [purpose, nonce]);
      return nonce;
    });
  },

  async holdNonce(purpose: string, nonce: number): Promise<void> {
    await sql.query('update outbox_intent set nonce = $2 where purpose = $1 and nonce is null', [purpose, nonce]);
  },

  async recordAttempt(purpose: string, attempt: Attempt): Promise<void> {
    await sql.query(RECORD_ATTEMPT, [
      purpose,
      attempt.kind,
      attempt.raw,
      attempt.hash,
      attempt.gasLimit.toString(),
      attempt.maxFeePerGas.toString(),
      attempt.maxPriorityFeePerGas.toString(),
      attempt.signedAt,
    ]);
  },

  async setStatus(purpose: string, status: IntentStatus, reason?: string): Promise<void> {
    await sql.query('update outbox_intent set status = $2, reason = $3 where purpose = $1', [
      purpose,
      status,
      reason ?? null,
    ]);
  },

  async reopen(purpose: string, intent: Intent): Promise<void> {
    await sql.transaction(async (tx) => {
      await tx.query('delete from outbox_attempt where purpose = $1', [purpose]);
      await tx.query(
        `update outbox_intent
            set sender = $2, target = $3, calldata = $4, expires_at = $5, urgent_at = $6, gain = $7,
                status = 'planned', nonce = null, reason = null
          where purpose = $1`,
        valuesOf({ ...intent, purpose }),
      );
    });
  },

  async forget(before: number): Promise<number> {
    const gone = await sql.query(
      `delete from outbox_intent i
        where i.status in ('settled', 'reverted', 'abandoned')
          and not exists (select from outbox_attempt a where a.purpose = i.purpose and a.signed_at >= $1)
       returning i.purpose`,
      [before],
    );
    return gone.length;
  },
});

const valuesOf = ({ purpose, from, to, data, expiresAt, urgentAt, gain }: Intent) => [
  purpose,
  from,
  to,
  data,
  expiresAt ?? null,
  urgentAt ?? null,
  gain?.toString() ?? null,
];

interface IntentRow {
  readonly purpose: string;
  readonly sender: Hex;
  readonly target: Hex;
  readonly calldata: Hex;
  readonly expires_at: string | null;
  readonly urgent_at: string | null;
  readonly gain: string | null;
  readonly status: IntentStatus;
  readonly nonce: string | null;
  readonly reason: string | null;
  readonly attempts: readonly AttemptRow[];
}

/** Amounts as text: JSON numbers would lose digits. */
interface AttemptRow {
  readonly kind: 'call' | 'cancel';
  readonly raw: Hex;
  readonly hash: Hex;
  readonly gasLimit: string;
  readonly maxFee: string;
  readonly maxPriority: string;
  readonly signedAt: number;
}

const SELECT = `
select i.purpose, i.sender, i.target, i.calldata, i.expires_at, i.urgent_at, i.gain, i.status, i.nonce, i.reason,
       coalesce((select jsonb_agg(jsonb_build_object(
                   'kind', a.kind, 'raw', a.raw, 'hash', a.hash, 'gasLimit', a.gas_limit::text,
                   'maxFee', a.max_fee::text, 'maxPriority', a.max_priority::text, 'signedAt', a.signed_at)
                 order by a.ordinal)
                   from outbox_attempt a where a.purpose = i.purpose), '[]'::jsonb) as attempts
  from outbox_intent i`;

const TAKE_NONCE = `
insert into outbox_nonce (sender, next) values ($1, $2::bigint + 1)
    on conflict (sender) do update set next = greatest(outbox_nonce.next, $2::bigint) + 1
returning next - 1 as nonce`;

/** Also moves the intent to signed, in the same statement. The same signature again changes nothing. */
const RECORD_ATTEMPT = `
with attempt as (
  insert into outbox_attempt (purpose, ordinal, kind, raw, hash, gas_limit, max_fee, max_priority, signed_at)
  select $1::text, (select count(*) from outbox_attempt where purpose = $1), $2, $3, $4, $5, $6, $7, $8
   where not exists (select from outbox_attempt where purpose = $1 and hash = $4))
update outbox_intent set status = 'signed' where purpose = $1 and status in ('planned', 'signed')`;

function intentOf(row: IntentRow): TrackedIntent {
  return {
    purpose: row.purpose,
    from: row.sender,
    to: row.target,
    data: row.calldata,
    expiresAt: row.expires_at === null ? undefined : Number(row.expires_at),
    ...(row.urgent_at === null ? {} : { urgentAt: Number(row.urgent_at) }),
    ...(row.gain === null ? {} : { gain: BigInt(row.gain) }),
    status: row.status,
    nonce: row.nonce === null ? undefined : Number(row.nonce),
    attempts: row.attempts.map(attemptOf),
    reason: row.reason ?? undefined,
  };
}

function attemptOf(row: AttemptRow): Attempt {
  return {
    kind: row.kind,
    raw: row.raw,
    hash: row.hash,
    gasLimit: BigInt(row.gasLimit),
    maxFeePerGas: BigInt(row.maxFee),
    maxPriorityFeePerGas: BigInt(row.maxPriority),
    signedAt: row.signedAt,
  };
}
