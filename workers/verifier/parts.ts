import type { Meaning } from '#core/challenges/claim.ts';
import type { ModelStore } from '#ports/blobs.ts';
import { type DisputedVersion, meaningFor, whyRefused } from '#ports/disputes.ts';
import type { GameViews } from '#ports/game.ts';
import type { Journal } from '#ports/journal.ts';
import type { Reference } from '#ports/reference.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import type { TracedRequest, Traces } from '#ports/traces.ts';
import type { Delivery } from './delivery.ts';
import type { Moves } from './moves.ts';
import type { VerifierPolicy } from './policy.ts';
import type { Purse } from './purse.ts';
import type { QuickCheck } from './quick.ts';

export interface VerifierParts {
  readonly journal: Journal;
  readonly models: ModelStore;
  /** For checks, and disputes of others. */
  readonly traces: Traces & Pick<Reference, 'describe'>;
  /** For disputes of one's own, whose clocks run: it must not stand in line behind the above. */
  readonly ownTraces: Traces & Pick<Reference, 'describe'>;
  readonly mover: Moves;
  readonly views: GameViews;
  /** A first look, which may clear a result without its reference. */
  readonly quick: QuickCheck;
  /** How outputs are asked for whose hash alone is on chain. */
  readonly deliver: Delivery;
  readonly policy: VerifierPolicy;
  readonly purse: Pick<Purse, 'look'>;
  /** A number from 0 to below 1, unknown to nodes: which results are sampled. */
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Results to check: `due`, then an end. `accused` waits for the dispute that it began, `unaffordable` for money. */
export const CHECK = 'check';
/** Requests under dispute: `open` until everything about them is over. */
export const DISPUTE = 'dispute';

/** Seconds until something that could not be done is tried again. */
export const PAUSE_SECONDS = 10;

/** undefined: the published root or schema is not that of the model; nobody can judge results of such a version. */
export async function meaningOf(
  { traces, log }: Pick<VerifierParts, 'traces' | 'log'>,
  version: DisputedVersion,
  { model, request }: TracedRequest,
  signal: AbortSignal,
): Promise<Meaning | undefined> {
  const reason = whyRefused(version, await traces.describe(model, signal));
  if (reason !== undefined) {
    log.warn('a result of a refused version', { requestId: request, sha256: model.sha256, reason });
    return undefined;
  }
  return meaningFor(version, await traces.headerOf(model, signal));
}
