/** What the chain's events tell of demands for outputs that were submitted as a hash. Pure. */
import type { DemandId } from './claim.ts';
import type { GameEvent, OutputDemand } from './events.ts';
import type { ShownItem } from './hiddenOutputs.ts';

export interface OutputDemandRecord {
  readonly id: DemandId;
  readonly demand: OutputDemand;
  /** Unix seconds: what the end of the challenge window moves to, at least, once nothing is open. */
  readonly newEnd: number;
  readonly state: 'open' | 'answered' | 'lapsed';
  /** What its answer showed of the item, besides the leaf. */
  readonly shown?: ShownItem;
}

export type OutputDemands = ReadonlyMap<DemandId, OutputDemandRecord>;

/** One event further. Events of challenges change nothing, nor does an end whose beginning is not known. */
export function followOutputs(demands: OutputDemands, event: GameEvent): OutputDemands {
  switch (event.type) {
    case 'OutputDemanded': {
      const { demandId: id, demand, newEnd } = event;
      return new Map(demands).set(id, { id, demand, newEnd, state: 'open' });
    }
    case 'OutputAnswered': {
      const { submitted, itemPath } = event.proof;
      return ended(demands, event.demandId, (item) => ({
        state: 'answered',
        shown: { item, submitted, itemPath },
      }));
    }
    case 'OutputLapsed':
      return ended(demands, event.demandId, () => ({ state: 'lapsed' }));
    default:
      return demands;
  }
}

function ended(
  demands: OutputDemands,
  id: DemandId,
  change: (item: number) => Pick<OutputDemandRecord, 'state' | 'shown'>,
): OutputDemands {
  const known = demands.get(id);
  return known ? new Map(demands).set(id, { ...known, ...change(known.demand.position.item) }) : demands;
}
