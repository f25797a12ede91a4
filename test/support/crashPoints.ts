/** Places by name at which a process kills itself: before and after everything about a transaction that outlives it. */
import type { Hex } from '#ports/chain.ts';
import type { Durable } from '#ports/durable.ts';
import type { IntentStatus } from '#ports/outbox.ts';

/** The life of a transaction: planned, given a nonce, signed, handed over, seen in a block, seen in a final one. */
const STEPS = ['plan', 'nonce', 'attempt', 'broadcast', 'mined', 'settled'] as const;

/** `demand:nonce:after`: a nonce is kept for a demand, and nothing has come of it. */
export const pointsOf = (kind: string): readonly string[] =>
  STEPS.flatMap((step) => ['before', 'after'].map((side) => `${kind}:${step}:${side}`));

/** The rows of a verifier's journal that are moved around a challenge. */
export const rowPoints: readonly string[] = ['accused', 'over'].flatMap((stage) =>
  ['before', 'after'].map((side) => `check/${stage}:row:${side}`),
);

/** The same ports; the process is dead as soon as it comes to `point`. */
export function crashing(ports: Durable, point: string, die: () => void = killed): Durable {
  const { journal, outbox, sender } = ports;
  const kindOf = (purpose: string) => purpose.slice(0, purpose.indexOf(':'));
  async function at<T>(name: string, step: string, work: () => Promise<T>): Promise<T> {
    if (point === `${name}:${step}:before`) die();
    const done = await work();
    if (point === `${name}:${step}:after`) die();
    return done;
  }
  /** Signed transactions do not tell what they are for. */
  const purposes = new Map<Hex, string>();
  return {
    journal: {
      ...journal,
      advance: (track, id, from, to, change) =>
        at(from === to ? '' : `${track}/${to}`, 'row', () => journal.advance(track, id, from, to, change)),
    },
    outbox: {
      ...outbox,
      plan: (intent) => at(kindOf(intent.purpose), 'plan', () => outbox.plan(intent)),
      allocateNonce: (purpose, mined) => at(kindOf(purpose), 'nonce', () => outbox.allocateNonce(purpose, mined)),
      recordAttempt: (purpose, attempt) => {
        purposes.set(attempt.raw, purpose);
        return at(kindOf(purpose), 'attempt', () => outbox.recordAttempt(purpose, attempt));
      },
      setStatus: (purpose, status, reason) =>
        at(kindOf(purpose), stepOf(status), () => outbox.setStatus(purpose, status, reason)),
      open: async (from) => {
        const found = await outbox.open(from);
        for (const { purpose, attempts } of found) for (const { raw } of attempts) purposes.set(raw, purpose);
        return found;
      },
    },
    sender: {
      minedNonce: (address) => sender.minedNonce(address),
      fees: () => sender.fees(),
      estimateGas: (from, to, data) => sender.estimateGas(from, to, data),
      receipt: (hash) => sender.receipt(hash),
      balance: (address) => sender.balance(address),
      broadcast: (raw) => at(kindOf(purposes.get(raw) ?? ''), 'broadcast', () => sender.broadcast(raw)),
    },
  };
}

const stepOf = (status: IntentStatus): string => (status === 'mined' || status === 'settled' ? status : '');

/** Nothing of the process runs any more, whatever it has begun. */
function killed(): void {
  process.kill(process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
