import { isProtocolError } from '#core/errors.ts';
import type { ModelStore } from '#ports/blobs.ts';
import type { Hex } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import type { Reference } from '#ports/reference.ts';
import type { Runtime } from '#ports/runtime.ts';
import type { Log } from '#ports/telemetry.ts';
import { type ServedVersion, VERSION_ROWS } from '#ports/work.ts';

export interface WarmUpParts {
  readonly journal: Journal;
  readonly models: ModelStore;
  readonly runtime: Pick<Runtime, 'warm'>;
  readonly reference: Pick<Reference, 'describe'>;
  readonly log: Log;
}

/** Milliseconds from one call to the next. */
export const WARM_MS = 2_000;

/**
 * Fetches and loads the models of versions before anybody asks for them. Each call tries those that are left, one after another: a version
 * may not be known yet, its sources may be down. One that cannot ever be loaded is told of and left to its requests.
 */
export function createWarmUp({ journal, models, runtime, reference, log }: WarmUpParts, versions: readonly string[]) {
  const left = new Set(versions.map((version) => version.toLowerCase() as Hex));
  const told = new Set<Hex>();

  async function load(version: Hex, signal: AbortSignal): Promise<void> {
    const known = (await journal.row(VERSION_ROWS.track, version))?.facts as ServedVersion | undefined;
    if (!known) return;
    const { sha256, size } = known;
    const { path } = await models.fetch(known, signal);
    const model = { sha256, path, size };
    // Starting the reference's thread and compiling takes longer than the session.
    await Promise.all([runtime.warm(model), known.program ? reference.describe(model, signal) : undefined]);
    left.delete(version);
    log.info('a model was loaded ahead of its requests', { version, sha256 });
  }

  return async (signal: AbortSignal): Promise<void> => {
    for (const version of left) {
      if (signal.aborted) return;
      try {
        await load(version, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!isProtocolError(error)) throw error;
        if (!error.retryable) left.delete(version);
        log[told.has(version) ? 'debug' : 'warn']('a model could not be loaded ahead of its requests', {
          version,
          reason: error.message,
        });
        told.add(version);
      }
    }
  };
}
