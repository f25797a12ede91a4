/** Moves that no whole dispute needs: demands for outputs that were submitted as a hash, and the returns after a dispute. */
import { openLeaf } from '#core/challenges/openings.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import { hashesOf } from '#core/protocol/schema.ts';
import { packTerms } from '#core/protocol/terms.ts';
import { OpenTensor } from '#core/semantics/opening.ts';
import type { Tensor } from '#core/tensor.ts';
import { eventsNamed } from '../../../sdk/events.ts';
import { asArgument } from '../../../sdk/mutable.ts';
import { type Contest, contest, type Publication } from './contest.ts';
import { play } from './outcomes.ts';
import { honest, liar, type Move, Play } from './play.ts';
import type { DisputeSystem } from './system.ts';

/** Lanes in which the node's demands of one dispute lock their fees, at most. */
const LANES = 12;

/** Every lane and account of a dispute has been used once, as those of a party that disputes more than once. */
export async function warmUp(s: DisputeSystem, publication: Publication): Promise<void> {
  for (const by of [s.parties.node, s.parties.helper])
    for (let lane = 0; lane < LANES; lane++) {
      const made = await contest(s, publication);
      const game = new Play(s, made);
      const challenge = await game.challenge(liar(made, [0, 0]));
      const move = game.next(challenge, honest());
      if (move.kind !== 'demand') throw new Error('The first move against a challenge is a demand.');
      await game.demand(by, challenge, move, lane);
      await game.lapse(challenge);
    }
  await play(s, publication, 'undisputed', [0, 0]);
}

/** A leaf of an output that was submitted as a hash is demanded and given; of another one it is not. */
export async function outputDemands(s: DisputeSystem, publication: Publication): Promise<Move[]> {
  const { parties } = s;
  const { interface: encoder, target } = s.game;
  const moves: Move[] = [];
  for (const ending of ['answered', 'withheld'] as const) {
    const made = await contest(s, publication);
    const game = new Play(s, made);
    const terms = packTerms(made.terms);
    const position = { item: 0, output: 0, leaf: 0 };
    const outputHeaders = [...hashesOf(publication.schema).outputHeaders];
    const asked = [terms, made.submission, position, outputHeaders, 0] as const;
    const demanding = encoder.encodeFunctionData('demandOutput', asked as never);
    const events = await game.other('demandOutput', parties.helper, String(target), demanding);
    const [event] = eventsNamed(events, 'OutputDemanded');
    if (event === undefined) throw new Error('The output was not demanded.');
    const given = [terms, made.submission, event.demand] as const;
    if (ending === 'answered') {
      const data = encoder.encodeFunctionData('answerOutput', [...given, outputProof(made)] as never);
      await game.other('answerOutput', parties.node, String(target), data);
    } else {
      await s.time.increaseTo(event.demand.due);
      const data = encoder.encodeFunctionData('lapseOutput', given as never);
      await game.other('lapseOutput', parties.helper, String(target), data);
    }
    moves.push(...game.moves);
  }
  return moves;
}

function outputProof({ submitted }: Contest) {
  const leaf = openLeaf(new OpenTensor(submitted[0] as Tensor), 0);
  return asArgument({ leaf, submitted: submitted.map(commitTensor), itemPath: [] });
}

/** A false challenge falls by silence while another demand is open: its fee is reclaimed, and the request is finalised. */
export async function afterDispute(s: DisputeSystem, publication: Publication): Promise<Move[]> {
  const { node, helper } = s.parties;
  const made = await contest(s, publication);
  const game = new Play(s, made);
  const challenge = await game.challenge(liar(made, [1, 0]));
  // The helper believes in another trace, and so asks somewhere else.
  for (const [by, believer] of [
    [node, honest()],
    [helper, liar(made, [0, 0])],
  ] as const) {
    const move = game.next(challenge, believer);
    if (move.kind !== 'demand') throw new Error('The first move against a challenge is a demand.');
    await game.demand(by, challenge, move);
  }
  const [thawed] = eventsNamed(await game.lapse(challenge), 'Thawed');
  if (thawed === undefined) throw new Error('The request did not go on after the dispute.');
  await game.reclaim(helper, challenge);
  const submission = { ...made.submission, end: thawed.end };
  await s.time.increaseTo(thawed.end);
  const call = { terms: made.terms, submission, outputHeaders: [], output: '0x' } as const;
  await game.other('finalise, after a dispute', node, s.requestCalls.to, s.requestCalls.finalise([call], false));
  return game.moves;
}
