import type { Dispatcher } from '#ports/dispatch.ts';
import type { GameCalls } from '#ports/game.ts';
import { Mover, type Moves } from './moves.ts';
import type { VerifierParts } from './parts.ts';
import { Verifier } from './verifier.ts';

/**
 * A verifier that acts with the dispatcher's key. Bonds and fees are locked by the game, which may do so only for accounts that allow it: that
 * is seen to first.
 */
export async function openVerifier(
  parts: Omit<VerifierParts, 'mover'> & {
    readonly calls: GameCalls;
    readonly dispatcher: Dispatcher;
    /** Another way of playing than to make every move. */
    readonly playing?: ((moves: Moves) => Moves) | undefined;
  },
  signal: AbortSignal,
): Promise<Verifier> {
  const { calls, dispatcher, views, log, metrics } = parts;
  const account = dispatcher.address;
  const consent = await views.consent(account);
  if (consent) await dispatcher.send({ purpose: `consent:${calls.to}`, ...consent, expiresAt: undefined });
  if ((await views.freeBalance(account)) === 0n)
    log.warn('the key has no OPG in Escrow: it can make no demand and post no challenge', { account });
  const mover = new Mover({ calls, views, dispatcher, log, metrics });
  return new Verifier({ ...parts, mover: parts.playing?.(mover) ?? mover }, signal);
}
