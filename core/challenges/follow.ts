/** What the chain's events tell of disputes, folded: one record per challenge, with everything that was demanded and answered. Pure. */
import type { Address, Bytes32 } from '../hex.ts';
import { fromHex } from '../hex.ts';
import type { RequestId } from '../protocol/ids.ts';
import type { ChallengeId, DemandId } from './claim.ts';
import type { GameEvent } from './events.ts';
import { type Position, packPosition } from './position.ts';

/** contracts/challenges/ChallengeTypes.sol. */
export interface Demand {
  readonly position: Position;
  readonly node: Bytes32;
  readonly header: Bytes32;
  readonly count: number;
  readonly levels: number;
  readonly childLevel: number;
  /** Of the slot tree. */
  readonly slotLevels: number;
  readonly demander: Address;
  /** Wei of OPG. */
  readonly fee: bigint;
  /** Unix seconds: the last one for an answer. */
  readonly due: number;
  /** Unix seconds: the last one in which the fee is the challenger's. */
  readonly late: number;
  readonly lane: number;
  readonly nonce: bigint;
}

export type ChallengeState = 'open' | 'upheld' | 'fallen';

export interface Challenge {
  readonly id: ChallengeId;
  readonly request: RequestId;
  readonly challenger: Address;
  /** T. */
  readonly trace: Bytes32;
  readonly item: number;
  readonly children: readonly Bytes32[];
  /** Unix seconds. */
  readonly postedAt: number;
  /** Unix seconds: the last one for a proof. */
  readonly end: number;
  readonly rank: number;
  /** Wei of OPG. */
  readonly bond: bigint;
  readonly state: ChallengeState;
  /** The element that killed it, if one did. */
  readonly refuted?: { readonly operator: number; readonly element: number };
  /** By packed position. */
  readonly demands: ReadonlyMap<bigint, DemandRecord>;
}

export interface DemandRecord {
  readonly id: DemandId;
  readonly demand: Demand;
  readonly data?: Uint8Array;
  /** Its fee went back to the demander. */
  readonly over?: true;
}

export type Challenges = ReadonlyMap<ChallengeId, Challenge>;

/** One event further. An event of a challenge that is not known is left out: its Challenged was before the first block read. */
export function follow(challenges: Challenges, event: GameEvent): Challenges {
  if (!('challenge' in event)) return challenges;
  const next = new Map(challenges);
  if (event.type === 'Challenged') {
    const { id: request, challenge: id, challenger, trace, children, state } = event;
    return next.set(id, { id, request, challenger, trace, children, ...state, state: 'open', demands: new Map() });
  }
  const known = challenges.get(event.challenge);
  if (known === undefined) return challenges;
  return next.set(event.challenge, changed(known, event));
}

function changed(
  known: Challenge,
  event: Exclude<Extract<GameEvent, { challenge: unknown }>, { type: 'Challenged' }>,
): Challenge {
  switch (event.type) {
    case 'Demanded': {
      const { demandId: id, demand, end } = event;
      return { ...known, end, demands: new Map(known.demands).set(packPosition(demand.position), { id, demand }) };
    }
    case 'Answered':
      return { ...known, demands: noted(known, event.demandId, { data: fromHex(event.data) }) };
    case 'Reclaimed':
      return { ...known, demands: noted(known, event.demandId, { over: true }) };
    case 'Lapsed':
      return { ...known, state: 'fallen', demands: noted(known, event.demandId, { over: true }) };
    case 'Refuted':
      return { ...known, state: 'fallen', refuted: { operator: event.operator, element: event.element } };
    case 'Upheld':
      return { ...known, state: 'upheld' };
  }
}

function noted({ demands }: Challenge, id: DemandId, facts: Partial<DemandRecord>) {
  return new Map([...demands].map(([at, record]) => [at, record.id === id ? { ...record, ...facts } : record]));
}

/** Demands that nobody has answered, in the order they are due. */
export function openDemands({ demands }: Challenge): DemandRecord[] {
  return [...demands.values()]
    .filter(({ data, over }) => data === undefined && !over)
    .sort((a, b) => a.demand.due - b.demand.due);
}

/** The answered demand at a position. */
export const demandAt = ({ demands }: Challenge, position: Position): DemandRecord | undefined =>
  demands.get(packPosition(position));
