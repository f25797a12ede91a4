/** Holding a result against the reference before it is signed (docs/workers/executor.md, "The check"). */
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import { type CheckBudget, referenceSeconds } from '#core/protocol/checkBudget.ts';
import { acceptable } from '#core/semantics/tolerance/accept.ts';
import type { Hex } from '#ports/chain.ts';
import type { Clock } from '#ports/clock.ts';
import type { Reference } from '#ports/reference.ts';
import type { LoadableModel } from '#ports/runtime.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import type { ExecutionFacts } from '#ports/work.ts';
import type { Item } from './batch.ts';
import { Meter } from './meter.ts';
import type { Proof } from './proof.ts';
import { nameTensors } from './rows.ts';

interface CheckParts {
  readonly reference: Reference;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

export interface Task {
  readonly id: Hex;
  readonly facts: ExecutionFacts;
  readonly model: LoadableModel;
  readonly items: readonly Item[];
  readonly signal: AbortSignal;
  /** Seconds until the result must be there. */
  readonly left: () => number;
}

/**
 * The items to submit. `run` computes them the fast way. Throws what `run`, the reference and the proof throw, and `executor.unchecked`
 * (all final or retryable by their codes); never lets through what it could not check and was not told to.
 */
export type Check = (task: Task, run: () => Promise<readonly Item[]>) => Promise<readonly Item[]>;

export function createCheck(parts: CheckParts, budget: CheckBudget, proof: Proof): Check {
  const { reference, log, metrics, clock } = parts;
  /** Seconds of one item, measured: the slowest so far. What others took of the threads meanwhile is not in it. */
  const measured = new Map<string, number>();
  const meter = new Meter(clock);
  const counted = (outcome: string) => metrics.count('worker_execute_checks_total', { outcome });

  async function referenceOf({ facts, model, items, signal }: Task): Promise<Item[]> {
    const { inputs, outputs } = facts.version.schema;
    let seconds = 0;
    const share = meter.begin();
    const found = await Promise.all(
      items.map(async (item) => {
        const tensors = await reference.run(model, nameTensors(inputs, item), signal);
        return outputs.flatMap(({ name }) => tensors[name as string] ?? []);
      }),
    ).finally(() => {
      seconds = share();
    });
    measured.set(model.sha256, Math.max(measured.get(model.sha256) ?? 0, seconds / items.length));
    metrics.observe('worker_execute_reference_seconds', seconds);
    return found;
  }

  /** Whether there is time for the reference. Final if there is none and the operator did not admit the version unchecked. */
  function affordable({ id, facts, model, items, left }: Task, multiplyAdds: number): boolean {
    const stated = referenceSeconds(budget, multiplyAdds, items.length);
    const needed = Math.max(stated, (measured.get(model.sha256) ?? 0) * items.length);
    const seconds = left();
    const admitted = budget.unchecked.has(facts.terms.version?.toLowerCase() ?? '');
    if (admitted && !facts.version.exact) return needed <= budget.share * seconds;
    // The share was asked when the request was taken; what is taken is checked as long as it can be.
    if (needed > seconds)
      throw new ProtocolError('executor.unchecked', { id, needed: Math.ceil(needed), left: Math.floor(seconds) });
    return true;
  }

  return async (task, run) => {
    const { id, facts, model } = task;
    const { program, exact } = facts.version;
    if (program === undefined) return run();
    const { sha256 } = model;
    const compiled = await proof(facts, model, task.signal);
    if (!affordable(task, compiled.multiplyAdds)) {
      counted('skipped');
      return run();
    }
    if (exact) {
      counted('exact');
      return referenceOf(task);
    }
    const [fast, safe] = await Promise.allSettled([run(), referenceOf(task)]);
    if (safe.status === 'rejected') throw safe.reason;
    if (fast.status === 'rejected') {
      // Every input has a reference output, also one that ONNX Runtime refuses.
      if (!isProtocolError(fast.reason, 'runtime.input_rejected')) throw fast.reason;
      counted('rejected');
      log.warn('reference submitted for an input that the runtime refused', {
        requestId: id,
        sha256,
        reason: fast.reason.message,
      });
      return safe.value;
    }
    const within = safe.value.every((item, i) => acceptable(fast.value[i] ?? [], item, program));
    counted(within ? 'within' : 'outside');
    if (within) return fast.value;
    log.warn('reference submitted instead of a result outside the tolerance', { requestId: id, sha256 });
    return safe.value;
  };
}
