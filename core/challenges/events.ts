/** The challenge game's events as plain data; types and decoder come from one table (contracts/challenges/IChallengeGame.sol). */
import { ProtocolError } from '../errors.ts';
import type { Address, Bytes32 } from '../hex.ts';
import {
  type Arguments,
  addressField,
  bytesField,
  flagField,
  hashField,
  requestIdField,
  smallField,
  wideField,
} from '../protocol/fields.ts';
import type { ChallengeId, DemandId } from './claim.ts';
import type { Demand } from './follow.ts';
import { POSITION_KINDS, type Position, type PositionKind } from './position.ts';

/** Bonds are whole numbers of it: a thousandth of an OPG (contracts/challenges/ChallengeWord.sol). */
const BOND_UNIT = 10n ** 15n;

const challengeField = (value: unknown) => hashField(value) as ChallengeId;
const demandIdField = (value: unknown) => hashField(value) as DemandId;
const hashesField = (value: unknown): readonly Bytes32[] => [...(value as Iterable<unknown>)].map(hashField);

function positionField(value: unknown): Position {
  const { kind, level, operator, index } = value as Arguments;
  const name = Object.entries(POSITION_KINDS).find(([, code]) => code === Number(kind))?.[0];
  if (name === undefined)
    throw new ProtocolError('number.range', { name: 'position kind', value: String(kind), bits: 3 });
  return {
    kind: name as PositionKind,
    level: smallField(level),
    operator: smallField(operator),
    index: smallField(index),
  };
}

function demandField(value: unknown): Demand {
  const demand = value as { [K in keyof Demand]: unknown };
  return {
    position: positionField(demand.position),
    node: hashField(demand.node),
    header: hashField(demand.header),
    count: smallField(demand.count),
    levels: smallField(demand.levels),
    childLevel: smallField(demand.childLevel),
    slotLevels: smallField(demand.slotLevels),
    demander: addressField(demand.demander),
    fee: wideField(demand.fee),
    due: smallField(demand.due),
    late: smallField(demand.late),
    lane: smallField(demand.lane),
    nonce: wideField(demand.nonce),
  };
}

/** A demand for a leaf of an output that was submitted as a hash (contracts/challenges/ChallengeTypes.sol). */
export interface OutputDemand {
  readonly position: { readonly item: number; readonly output: number; readonly leaf: number };
  readonly header: Bytes32;
  /** Of an item. */
  readonly outputs: number;
  readonly demander: Address;
  /** Wei of OPG. */
  readonly fee: bigint;
  /** Unix seconds: the last one for an answer. */
  readonly due: number;
  /** Unix seconds: the last one in which the fee is the node's. */
  readonly late: number;
  readonly lane: number;
  readonly nonce: bigint;
}

function outputDemandField(value: unknown): OutputDemand {
  const demand = value as { [K in keyof OutputDemand]: unknown };
  const { item, output, leaf } = demand.position as Arguments;
  return {
    position: { item: smallField(item), output: smallField(output), leaf: smallField(leaf) },
    header: hashField(demand.header),
    outputs: smallField(demand.outputs),
    demander: addressField(demand.demander),
    fee: wideField(demand.fee),
    due: smallField(demand.due),
    late: smallField(demand.late),
    lane: smallField(demand.lane),
    nonce: wideField(demand.nonce),
  };
}

/** A leaf of a submitted output, and its way to the submitted hash. */
function outputProofField(value: unknown) {
  const { leaf, submitted, itemPath } = value as Arguments;
  const { data, path } = leaf as Arguments;
  return {
    leaf: { data: bytesField(data), path: hashesField(path) },
    submitted: hashesField(submitted),
    itemPath: hashesField(itemPath),
  };
}

/** What a challenge is posted with. */
function postedField(value: unknown) {
  const { item, postedAt, end, rank, bondUnits } = value as Arguments;
  return {
    item: smallField(item),
    postedAt: smallField(postedAt),
    end: smallField(end),
    rank: smallField(rank),
    bond: wideField(bondUnits) * BOND_UNIT,
  };
}

/** Each carries the id of its request. */
export const gameEvents = {
  Challenged: {
    id: requestIdField,
    challenge: challengeField,
    challenger: addressField,
    trace: hashField,
    state: postedField,
    children: hashesField,
  },
  Demanded: {
    id: requestIdField,
    challenge: challengeField,
    demandId: demandIdField,
    demand: demandField,
    end: smallField,
  },
  Answered: {
    id: requestIdField,
    challenge: challengeField,
    demandId: demandIdField,
    paid: addressField,
    data: bytesField,
  },
  Refuted: {
    id: requestIdField,
    challenge: challengeField,
    prover: addressField,
    operator: smallField,
    element: smallField,
    onPath: hashesField,
  },
  Lapsed: {
    id: requestIdField,
    challenge: challengeField,
    demandId: demandIdField,
    demander: addressField,
    onPath: hashesField,
  },
  Upheld: { id: requestIdField, challenge: challengeField, challenger: addressField, condemned: flagField },
  PotClaimed: { id: requestIdField, challenger: addressField, amount: wideField },
  Reclaimed: { id: requestIdField, challenge: challengeField, demandId: demandIdField, demander: addressField },
  OutputDemanded: { id: requestIdField, demandId: demandIdField, demand: outputDemandField, newEnd: smallField },
  OutputAnswered: { id: requestIdField, demandId: demandIdField, paid: addressField, proof: outputProofField },
  OutputLapsed: { id: requestIdField, demandId: demandIdField, demander: addressField, pot: wideField },
} as const;

type Table = typeof gameEvents;
/** What a dispute consists of. */
export type GameEvent = {
  [N in keyof Table]: { readonly type: N } & {
    readonly [F in keyof Table[N]]: Table[N][F] extends (value: unknown) => infer V ? V : never;
  };
}[keyof Table];
