/** What the events of disputes do to accounts, and what disputes hold: bonds of open challenges, fees of open demands. Wei of OPG. */
import type { Address } from '../hex.ts';
import { BURN, type Posting } from '../protocol/postings.ts';
import type { DemandId } from './claim.ts';
import type { GameEvent, OutputDemand } from './events.ts';
import { type Challenge, type Challenges, type DemandRecord, follow, openDemands } from './follow.ts';

/** Everything that was posted and demanded. */
export interface Disputes {
  readonly challenges: Challenges;
  /** Open demands for outputs. */
  readonly outputs: ReadonlyMap<DemandId, OutputDemand>;
}

export const NO_DISPUTES: Disputes = { challenges: new Map(), outputs: new Map() };

export function followDisputes({ challenges, outputs }: Disputes, event: GameEvent): Disputes {
  const next = new Map(outputs);
  if (event.type === 'OutputDemanded') next.set(event.demandId, event.demand);
  if (event.type === 'OutputAnswered' || event.type === 'OutputLapsed') next.delete(event.demandId);
  return { challenges: follow(challenges, event), outputs: next };
}

/** What all locks of the game hold. */
export function heldBy({ challenges, outputs }: Disputes): bigint {
  let sum = 0n;
  for (const challenge of challenges.values()) {
    if (challenge.state === 'open') sum += challenge.bond;
    for (const { demand } of openDemands(challenge)) sum += demand.fee;
  }
  for (const { fee } of outputs.values()) sum += fee;
  return sum;
}

/** Whose lock the event opens. */
export function lockedBy(event: GameEvent, game: Address): Address | undefined {
  switch (event.type) {
    case 'Challenged':
      return event.challenger;
    case 'Demanded':
    case 'OutputDemanded':
      return event.demand.demander;
    case 'PotClaimed':
      return game;
    case 'OutputLapsed':
      return event.pot === 0n ? undefined : game;
    default:
      return undefined;
  }
}

/** `before`: the disputes without the event. `node`: of the request's submission. */
export function postingsOfGame(event: GameEvent, before: Disputes, node: Address, game: Address): readonly Posting[] {
  const free = (account: Address, change: bigint): Posting => [account, 'available', change];
  switch (event.type) {
    case 'Challenged':
      return [free(event.challenger, -event.state.bond)];
    case 'Demanded':
    case 'OutputDemanded':
      return [free(event.demand.demander, -event.demand.fee)];
    case 'Answered':
      return [free(event.paid, demandOf(before, event.challenge, event.demandId).demand.fee)];
    case 'Reclaimed':
      return [free(event.demander, demandOf(before, event.challenge, event.demandId).demand.fee)];
    case 'Refuted':
      return forfeited(before, event, event.prover, node);
    case 'Lapsed': {
      const { fee } = demandOf(before, event.challenge, event.demandId).demand;
      return [free(event.demander, fee), ...forfeited(before, event, event.demander, node)];
    }
    case 'Upheld':
      return [free(event.challenger, challengeOf(before, event.challenge).bond)];
    case 'PotClaimed':
      return [free(game, -event.amount), free(event.challenger, event.amount)];
    case 'OutputAnswered':
      return [free(event.paid, before.outputs.get(event.demandId)?.fee ?? 0n)];
    case 'OutputLapsed': {
      const fee = before.outputs.get(event.demandId)?.fee ?? 0n;
      return [free(game, -event.pot), free(event.demander, fee + event.pot)];
    }
  }
}

/** GameFunds._forfeitBond: half to the refuters, a quarter to the node, the rest burned. */
function forfeited(
  before: Disputes,
  { challenge, onPath }: GameEvent & { type: 'Refuted' | 'Lapsed' },
  actor: Address,
  node: Address,
): Posting[] {
  const { bond } = challengeOf(before, challenge);
  const [pool, toNode] = [bond / 2n, bond / 4n];
  const owners = onPath.map((id) => demandOf(before, challenge, id as DemandId).demand);
  const twice = owners.map(({ demander, fee }): Posting => [demander, 'available', 2n * fee]);
  const rest = owners.reduce((sum, { fee }) => sum - 2n * fee, pool);
  return [...twice, [actor, 'available', rest], [node, 'available', toNode], [BURN, 'available', bond - pool - toNode]];
}

function challengeOf({ challenges }: Disputes, id: Challenge['id']): Challenge {
  const found = challenges.get(id);
  if (found === undefined) throw new Error(`the challenge ${id} was never posted`);
  return found;
}

function demandOf(disputes: Disputes, challenge: Challenge['id'], id: DemandId): DemandRecord {
  const found = [...challengeOf(disputes, challenge).demands.values()].find((record) => record.id === id);
  if (found === undefined) throw new Error(`the demand ${id} was never made`);
  return found;
}
