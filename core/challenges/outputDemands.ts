/** What the chain's events tell of demands for outputs that were submitted as a hash. Pure. */
import type { DemandId } from './claim.ts';
import type { GameEvent, OutputDemand } from './events.ts';

export interface OutputDemandRecord {
  readonly id: DemandId;
  readonly demand: OutputDemand;
  readonly state: 'open' | 'answered' | 'lapsed';
}

export type OutputDemands = ReadonlyMap<DemandId, OutputDemandRecord>;

/** One event further. Events of challenges change nothing, nor does an end whose beginning is not known. */
export function followOutputs(demands: OutputDemands, event: GameEvent): OutputDemands {
  switch (event.type) {
    case 'OutputDemanded': {
      const { demandId: id, demand } = event;
      return new Map(demands).set(id, { id, demand, state: 'open' });
    }
    case 'OutputAnswered':
      return ended(demands, event.demandId, 'answered');
    case 'OutputLapsed':
      return ended(demands, event.demandId, 'lapsed');
    default:
      return demands;
  }
}

function ended(demands: OutputDemands, id: DemandId, state: 'answered' | 'lapsed'): OutputDemands {
  const known = demands.get(id);
  return known ? new Map(demands).set(id, { ...known, state }) : demands;
}
