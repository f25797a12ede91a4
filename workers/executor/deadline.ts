/** Time left for a request: refuses what cannot make it, and stops what did not. */
import { ProtocolError } from '#core/errors.ts';
import type { Hex } from '#ports/chain.ts';
import type { Clock } from '#ports/clock.ts';

export interface Pace {
  /** Keeps a running mean of how long runs of a model take. */
  learn(sha256: string, seconds: number): void;
  /**
   * Throws `executor.late` if a run of usual length would end too late. The signal aborts with the same error when the time is up,
   * or when `outer` aborts; `end` releases the timer.
   */
  limit(id: Hex, sha256: string, deadline: number, outer: AbortSignal): { signal: AbortSignal; end: () => void };
}

export function createPace(clock: Clock, marginSeconds: number): Pace {
  const usual = new Map<string, number>();
  return {
    learn(sha256, seconds) {
      const before = usual.get(sha256) ?? seconds;
      usual.set(sha256, before + (seconds - before) / 8);
    },
    limit(id, sha256, deadline, outer) {
      const late = () => {
        const left = Math.floor(deadline - clock.now() / 1000);
        return new ProtocolError('executor.late', { id, deadline, left });
      };
      const leftMs = (deadline - marginSeconds) * 1000 - clock.now();
      if (leftMs < (usual.get(sha256) ?? 0) * 1000 || leftMs <= 0) throw late();
      const time = new AbortController();
      const over = new AbortController();
      void clock.sleep(Math.min(leftMs, 2 ** 31 - 1), over.signal).then(() => {
        if (!over.signal.aborted) time.abort(late());
      });
      return { signal: AbortSignal.any([outer, time.signal]), end: () => over.abort() };
    },
  };
}
