/** The ways in which a dispute goes, each played once to its end on a result of its own. */
import type { Challenge } from '#core/challenges/follow.ts';
import { openDemands } from '#core/challenges/follow.ts';
import type { Tensor } from '#core/tensor.ts';
import type { Place } from '../../../workers/liar/lie.ts';
import { lieAt } from '../../../workers/liar/lie.ts';
import { type Contest, contest, type Publication } from './contest.ts';
import { type Believer, honest, liar, type Move, Play } from './play.ts';
import type { DisputeSystem } from './system.ts';

export const OUTCOMES = {
  led: 'false challenge, led to its lie by demands',
  published: 'false challenge, its trace published',
  silent: 'false challenge, no answer to the first demand',
  undisputed: 'wrong result, challenged',
  resisted: 'wrong result, the node demands whatever it can',
} as const;
export type Outcome = keyof typeof OUTCOMES;

export interface Played {
  readonly outcome: Outcome;
  readonly moves: readonly Move[];
}

/** `place`: where the liar's trace is another than the reference. */
export async function play(
  s: DisputeSystem,
  publication: Publication,
  outcome: Outcome,
  place: Place,
): Promise<Played> {
  const wrong = outcome === 'undisputed' || outcome === 'resisted';
  const made = await contest(s, publication, wrong ? falsified(publication) : publication.reference);
  const game = new Play(s, made);
  const [right, lie] = [honest(), liar(made, place)];
  if (wrong) {
    const challenge = await game.challenge(right);
    if (outcome === 'resisted') await demandAll(s, game, challenge, lie, right);
    await game.uphold(challenge);
    await game.claimPot(challenge, await potFrom(s, made, challenge));
  } else {
    const challenge = await game.challenge(lie);
    if (outcome === 'led') await demandAll(s, game, challenge, right, lie, true);
    if (outcome === 'published') await game.prove(challenge, game.foresee(challenge, right, lie));
    if (outcome === 'silent') {
      const move = game.next(challenge, right);
      if (move.kind !== 'demand') throw new Error('The first move against a challenge is a demand.');
      await game.demand(s.parties.node, challenge, move);
      await game.lapse(challenge);
    }
    if (game.now(challenge).state !== 'fallen') throw new Error(`A false challenge of ${publication.name} stands.`);
  }
  return { outcome, moves: game.moves };
}

/** The node leads to the first difference between its trace and the challenger's, which answers every demand. */
async function demandAll(
  s: DisputeSystem,
  game: Play,
  challenge: Challenge,
  mine: Believer,
  theirs: Believer,
  proves = false,
): Promise<void> {
  for (;;) {
    const move = game.next(challenge, mine);
    // A node that is wrong itself finds an element that differs too, and no contract believes it.
    if (move.kind === 'prove') return proves ? game.prove(challenge, move) : undefined;
    if (move.kind !== 'demand') throw new Error(`The node has to ${move.kind}.`);
    await game.demand(s.parties.node, challenge, move);
    const [open] = openDemands(game.now(challenge));
    if (open === undefined) throw new Error('No demand is open.');
    await game.answer(challenge, theirs, open.demand);
  }
}

/** The reference outputs with another value in the first element of the last one. */
function falsified({ program, reference }: Publication): readonly Tensor[] {
  const last = program.outputs.reduce((found, { operator = -1 }) => Math.max(found, operator), -1);
  const change = lieAt(program, [last, 0]);
  return reference.map((tensor, i) =>
    program.outputs[i]?.operator === last ? { ...tensor, data: change(last, tensor.data) } : tensor,
  );
}

/** Responses after the window before which the pot cannot be claimed: docs/spec/challenge-game.md, section 8. */
const POT_RESPONSES = 17;

async function potFrom(s: DisputeSystem, { terms }: Contest, { postedAt }: Challenge): Promise<number> {
  const { windowSeconds, responseSeconds, tcBase } = await s.net.requests.parametersOf(terms.set);
  return postedAt + Number(windowSeconds) + terms.tc - Number(tcBase) + POT_RESPONSES * Number(responseSeconds);
}
