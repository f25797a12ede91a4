/** Comparing a version's program with its model before a request of it is accepted (docs/workers/executor.md, "Before an acceptance"). */
import { isProtocolError } from '#core/errors.ts';
import type { ModelStore } from '#ports/blobs.ts';
import type { Hex } from '#ports/chain.ts';
import type { Clock } from '#ports/clock.ts';
import type { Journal, Row } from '#ports/journal.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import { type ExecutionFacts, VERSION_ROWS } from '#ports/work.ts';
import type { Pace } from './deadline.ts';
import { executionFacts } from './facts.ts';
import type { Proof } from './proof.ts';
import { createRests } from './rests.ts';

interface ProverParts {
  readonly journal: Journal;
  readonly models: ModelStore;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

const TRACK = 'serve';

/**
 * Leaves what came out in the version's row, where admission reads it. The request's row moves only if it cannot be found out:
 * then it is `declined`, or `expired`. Throws retryable errors only.
 */
export function createProver(parts: ProverParts, pace: Pace, proof: Proof) {
  const { journal, models, log, metrics, clock } = parts;
  const rests = createRests(clock);
  const counted = (outcome: string) => metrics.count('worker_execute_proofs_total', { outcome });

  /** Another request of the version may have been first. */
  async function isKnown(id: string | undefined): Promise<boolean> {
    const facts = id === undefined ? undefined : (await journal.row(VERSION_ROWS.track, id as Hex))?.facts;
    return facts?.['proven'] === true || facts?.['refused'] !== undefined;
  }

  async function compare(id: Hex, { version, terms }: ExecutionFacts, outer: AbortSignal): Promise<void> {
    const { sha256, size } = version;
    const { signal, end } = pace.limit(id, sha256, terms.deadline, outer);
    try {
      const { path } = await models.fetch(version, signal);
      await proof({ version, terms }, { sha256, path, size }, signal);
    } catch (error) {
      if (isProtocolError(error, 'runtime.model_changed')) await models.discard(sha256);
      throw error;
    } finally {
      end();
    }
  }

  async function attempt(row: Row, signal: AbortSignal): Promise<void> {
    const facts = executionFacts(row);
    const { version, terms } = facts;
    const key = `${version.sha256} ${version.program?.root}`;
    if (rests.has(key) || (await isKnown(terms.version))) return;
    try {
      await compare(row.id, facts, signal);
    } catch (error) {
      const failed = isProtocolError(error) && error.retryable && error.code !== 'blobs.coming';
      if (failed && !signal.aborted) rests.failed(key);
      throw error;
    }
    rests.over(key);
    counted('proven');
    log.info('the program of a version is that of its model', { version: terms.version, sha256: version.sha256 });
  }

  return async (id: Hex, signal: AbortSignal): Promise<void> => {
    const row = await journal.row(TRACK, id);
    if (row?.stage !== 'proving') return;
    try {
      await attempt(row, signal);
    } catch (error) {
      if (isProtocolError(error)) counted(error.code);
      if (!isProtocolError(error) || error.retryable) throw error;
      log.warn('request not accepted', { requestId: id, code: error.code, reason: error.message });
      const to = error.code === 'executor.late' ? 'expired' : 'declined';
      await journal.advance(TRACK, id, 'proving', to, { facts: { reason: error.message } });
    }
  };
}
