import type { ChainSender } from '#ports/chain.ts';
import type { Dispatcher } from '#ports/dispatch.ts';
import type { GameCalls } from '#ports/game.ts';
import { Mover, type Moves } from './moves.ts';
import type { VerifierParts } from './parts.ts';
import { Purse } from './purse.ts';
import { hasFailed } from './sending.ts';
import { Verifier } from './verifier.ts';

/**
 * A verifier that acts with the dispatcher's key. Bonds and fees are locked by the game, which may do so only for accounts that allow it: that
 * is seen to first, and only the key itself can say so.
 */
export async function openVerifier(
  parts: Omit<VerifierParts, 'mover' | 'purse'> & {
    readonly calls: GameCalls;
    readonly dispatcher: Dispatcher;
    readonly sender: Pick<ChainSender, 'balance' | 'fees'>;
    /** Another way of playing than to make every move. */
    readonly playing?: ((moves: Moves) => Moves) | undefined;
  },
  signal: AbortSignal,
): Promise<Verifier> {
  const { calls, dispatcher, sender, views, policy, log, metrics } = parts;
  const account = dispatcher.address;
  const consent = await views.consent(account);
  if (consent) {
    // Of this key: one that follows it on the same journal has to consent itself.
    const intent = { purpose: `consent:${calls.to}:${account}`, ...consent, expiresAt: undefined };
    const known = await dispatcher.get(intent.purpose);
    await (known && hasFailed(known) ? dispatcher.resend(intent) : dispatcher.send(intent));
  }
  const mover = new Mover({ calls, views, dispatcher, log, metrics });
  const purse = new Purse({ views, sender, account, maxBonds: policy.maxBonds, log, metrics });
  return new Verifier({ ...parts, mover: parts.playing?.(mover) ?? mover, purse }, signal);
}
