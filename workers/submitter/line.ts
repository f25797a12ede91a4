/** The transactions of one key that are on their way, in the order of their nonces: each waits for those before it. */
import type { TrackedIntent } from '#ports/outbox.ts';
import type { FeePolicy } from './fees.ts';
import { urgentFrom } from './nextStep.ts';

/** Gaps filled at a time. */
const AT_ONCE = 16;

/** Unix seconds from which something behind this one is urgent. */
export function urgentBehind(intent: TrackedIntent, open: readonly TrackedIntent[], policy: FeePolicy): number {
  const { nonce } = intent;
  if (nonce === undefined) return Number.POSITIVE_INFINITY;
  const behind = open.filter((other) => other.status === 'signed' && (other.nonce ?? -1) > nonce);
  return Math.min(Number.POSITIVE_INFINITY, ...behind.map((other) => urgentFrom(other, policy)));
}

/**
 * Nonces that have to be used up before ours can be, and that nothing of ours holds: what follows them would wait for ever. A
 * provider that counted transactions which were never sent leaves such a gap, or a database that was put back.
 */
export function gaps(open: readonly TrackedIntent[], minedNonce: number): readonly number[] {
  const held = open.flatMap(({ nonce }) => (nonce !== undefined && nonce >= minedNonce ? [nonce] : []));
  const taken = new Set(held);
  const found: number[] = [];
  const last = Math.max(-1, ...held);
  for (let nonce = minedNonce; nonce < last && found.length < AT_ONCE; nonce++)
    if (!taken.has(nonce)) found.push(nonce);
  return found;
}
