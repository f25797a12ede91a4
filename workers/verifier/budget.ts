import type { Hex } from '#ports/chain.ts';
import type { Row } from '#ports/journal.ts';
import { CHECK, DISPUTE, type VerifierParts } from './parts.ts';

/** More results than anybody accuses at a time. */
const MOST = 100_000;

/**
 * What bonds of one's own challenges hold, or will once what was decided is sent: a bond counts from before its challenge is sent until the
 * challenge is over, by what the journal has of check and dispute, so that neither a restart nor the loss of a journal lets more be locked than
 * allowed.
 */
export async function lockedBonds({ journal }: Pick<VerifierParts, 'journal'>, except?: Hex): Promise<bigint> {
  const bonds = new Map<Hex, bigint>();
  const note = ({ id, facts }: Row) => bonds.set(id, BigInt(String(facts['bond'] ?? 0)));
  for (const row of await journal.ready(CHECK, 'accused', { limit: MOST })) note(row);
  // The chain's word, once it has one.
  for (const row of await journal.ready(DISPUTE, 'open', { limit: MOST })) if (row.facts['posted'] === true) note(row);
  if (except !== undefined) bonds.delete(except);
  return [...bonds.values()].reduce((sum, bond) => sum + bond, 0n);
}

/** Why another bond cannot be locked now; undefined: it can. `id`: the request it is for. */
export async function whyUnaffordable(
  parts: Pick<VerifierParts, 'journal' | 'policy' | 'views' | 'mover'>,
  id: Hex,
  bond: bigint,
): Promise<string | undefined> {
  const { policy, views, mover } = parts;
  const locked = await lockedBonds(parts, id);
  if (locked + bond > policy.maxBonds)
    return `bonds of ${locked} wei are out, another ${bond} would exceed the budget of ${policy.maxBonds}`;
  const free = await views.freeBalance(mover.me);
  return free < bond ? `the account has ${free} wei free, the bond is ${bond}` : undefined;
}
