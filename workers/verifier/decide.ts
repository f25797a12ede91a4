import type { Demand } from '#core/challenges/follow.ts';
import { type Challenge, type DemandRecord, openDemands } from '#core/challenges/follow.ts';
import type { OutputDemandRecord } from '#core/challenges/outputDemands.ts';
import { demandsAbove, demandsTo } from '#core/challenges/path.ts';
import type { Position } from '#core/challenges/position.ts';
import type { DemandProof, RefuterMove } from '#core/challenges/refute.ts';
import type { StepProof } from '#core/challenges/stepProof.ts';
import type { Subject } from '#core/challenges/subject.ts';
import type { Address } from '#core/hex.ts';

/** One challenge as one party sees it. */
export interface DisputeView {
  readonly challenge: Challenge;
  /** Who moves. */
  readonly me: Address;
  /** Against a challenge that is open: `true`, or what refutes it. undefined: this party cannot tell, for want of input or model. */
  readonly refuter: RefuterMove | undefined;
  /** Challenges of others are answered for and upheld too, when their owners are late. */
  readonly helps: boolean;
}

/** A move of the game, as data. Which of them are still possible is the contract's to say. */
export type GameMove =
  | { readonly kind: 'demand'; readonly position: Position; readonly proof: DemandProof }
  | AnswerMove
  | { readonly kind: 'prove'; readonly proof: StepProof; readonly onPath: readonly Demand[] }
  | { readonly kind: 'lapse'; readonly record: DemandRecord; readonly onPath: readonly Demand[] }
  | { readonly kind: 'uphold' }
  | { readonly kind: 'reclaim'; readonly record: DemandRecord };

export interface AnswerMove {
  readonly kind: 'answer';
  readonly record: DemandRecord;
}

export type OutputMove =
  | { readonly kind: 'answerOutput'; readonly record: OutputDemandRecord }
  | { readonly kind: 'lapseOutput'; readonly record: OutputDemandRecord };

/** Seconds that others are left to end what is theirs, before somebody does it for them. */
const HELP_AFTER = 30;

/**
 * What to do now about a challenge (docs/spec/challenge-game.md, section 12). Pure, and from chain state alone: asked again after a move, a
 * reorganisation or a restart, it says what is still to be done.
 */
export function decideDispute({ challenge, me, refuter, helps }: DisputeView, now: number): GameMove[] {
  if (challenge.state === 'fallen') return reclaims(challenge, me);
  if (challenge.state !== 'open') return [];
  const own = challenge.challenger === me;
  // One's own was true when it was posted; its bond must not depend on whether the model can be had again.
  if (refuter === undefined) return own ? upholds(challenge, 0, now) : [];
  if (refuter.kind === 'true') return own || helps ? support(challenge, own, now) : [];
  return oppose(challenge, refuter, now);
}

/** A true challenge: its demands are answered, its window is waited out. */
function support(challenge: Challenge, own: boolean, now: number): GameMove[] {
  const open = openDemands(challenge);
  const answers = open.filter(({ demand }) => now <= demand.due && (own || now > demand.late));
  if (answers.length > 0) return answers.map((record) => ({ kind: 'answer', record }));
  return upholds(challenge, own ? 0 : HELP_AFTER, now);
}

const upholds = (challenge: Challenge, after: number, now: number): GameMove[] =>
  openDemands(challenge).length === 0 && now > challenge.end + after ? [{ kind: 'uphold' }] : [];

/** A false one: into the first difference, and out by proof or by silence. */
function oppose(challenge: Challenge, refuter: RefuterMove, now: number): GameMove[] {
  const silent = openDemands(challenge).find(({ demand }) => now > demand.due);
  if (silent) return [{ kind: 'lapse', record: silent, onPath: demandsAbove(challenge, silent.demand.position) }];
  if (now > challenge.end) return [];
  if (refuter.kind === 'demand') return [refuter];
  if (refuter.kind !== 'prove') return [];
  const { proof, leaf } = refuter;
  return [{ kind: 'prove', proof, onPath: demandsTo(challenge, proof.operator, leaf) }];
}

/** Fees of demands that the end of the challenge left open. */
function reclaims(challenge: Challenge, me: Address): GameMove[] {
  return openDemands(challenge)
    .filter(({ demand }) => demand.demander === me)
    .map((record) => ({ kind: 'reclaim', record }));
}

/** A demand for an output that was submitted as a hash, as one party sees it. */
export interface OutputView {
  readonly record: OutputDemandRecord;
  readonly me: Address;
  /** The result is this party's own. */
  readonly own: boolean;
  /** It has the output that the hash was made from. */
  readonly holds: boolean;
  readonly helps: boolean;
}

/** What to do now about a demand for an output. Pure, like the above. */
export function decideOutput({ record, me, own, holds, helps }: OutputView, now: number): OutputMove | undefined {
  const { state, demand } = record;
  if (state !== 'open') return undefined;
  if (now <= demand.due) {
    const called = own || (helps && now > demand.late);
    return holds && called ? { kind: 'answerOutput', record } : undefined;
  }
  // Who has the output does not condemn a node for being slow: only the owner of the demand has to.
  const forOthers = helps && !holds && now > demand.due + HELP_AFTER;
  return demand.demander === me || (forOthers && !own) ? { kind: 'lapseOutput', record } : undefined;
}

/** The seconds after which a demand calls for something else. */
export const outputLooks = ({ demand: { late, due } }: OutputDemandRecord): readonly number[] => [
  late + 1,
  due + 1,
  due + HELP_AFTER + 1,
];

/** What others could have done about whatever is open is past, so it is theirs alone to end. */
export const isPastHelp = ({ challenges, outputDemands }: Pick<Subject, 'challenges' | 'outputDemands'>, now: number) =>
  [...challenges.values()].every(({ state, end }) => state !== 'open' || now > end + HELP_AFTER + 1) &&
  [...outputDemands.values()].every(({ state, demand }) => state !== 'open' || now > demand.due + HELP_AFTER + 1);

/** When the next thing can be due without anybody moving; undefined: not before somebody does. */
export function nextLook({ state, end, ...challenge }: Challenge, now: number): number | undefined {
  if (state !== 'open') return undefined;
  const times = openDemands({ state, end, ...challenge }).flatMap(({ demand }) => [demand.late + 1, demand.due + 1]);
  const later = [...times, end + 1, end + HELP_AFTER + 1].filter((time) => time > now);
  return later.length > 0 ? Math.min(...later) : undefined;
}
