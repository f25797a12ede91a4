/** Sets whose arbiter is another game than the one this process follows: of their disputes it sees nothing, and it can play none. */
import { type Address, ZERO_ADDRESS } from '#core/hex.ts';
import { isRequestEvent } from '#core/protocol/events.ts';
import { historyOf } from '#core/protocol/history.ts';
import type { ContractViews } from '#ports/calls.ts';
import type { Hex } from '#ports/chain.ts';
import type { Observer } from '#ports/observer.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';

export interface ArbiterParts {
  readonly views: Pick<ContractViews, 'arbiterOf'>;
  /** The game of the deployment file. */
  readonly game: Hex | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Nobody decides about requests of a set without an arbiter, so there is nothing to follow. */
export const isFollowed = (arbiter: Address, game: Hex | undefined): boolean =>
  arbiter === ZERO_ADDRESS || arbiter === game?.toLowerCase();

/** Says it once of each such set: when it is appended, or of a request that can still be disputed. */
export function arbiterWatch({ views, game, log, metrics }: ArbiterParts): Observer {
  const looked = new Set<number>();
  let others = 0;

  function look(set: number, arbiter: Address): void {
    looked.add(set);
    if (isFollowed(arbiter, game)) return;
    metrics.gauge('worker_watch_other_sets', ++others);
    log.error('a set has another game than this process follows: it sees none of its disputes', {
      set,
      arbiter,
      follows: game ?? 'none',
      remedy: 'docs/operate.md, "A new game"',
    });
  }

  return {
    async noticed(events) {
      for (const { event } of events)
        if (event.type === 'SetAppended' && !looked.has(event.set)) look(event.set, event.parameters.arbiter);
    },
    async touched(_id, events, { now }) {
      const terms = historyOf(events.map(({ event }) => event).filter(isRequestEvent))?.row.terms;
      if (terms === undefined || looked.has(terms.set) || now > terms.deadline + terms.tc) return;
      look(terms.set, await views.arbiterOf(terms.set));
    },
  };
}
