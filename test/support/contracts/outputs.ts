// Demands for outputs that were submitted as a hash.
import type { OutputDemand } from '#core/challenges/events.ts';
import { openLeaf } from '#core/challenges/openings.ts';
import { treeOfHashes } from '#core/challenges/reference.ts';
import { LEAF_ELEMENTS } from '#core/commitment/leaf.ts';
import { commitList } from '#core/commitment/list.ts';
import { pathOf } from '#core/commitment/opening.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import type { Bytes32 } from '#core/hex.ts';
import { toHex } from '#core/hex.ts';
import { eventFrom } from '#core/protocol/events.ts';
import { OpenTensor } from '#core/semantics/opening.ts';
import type { Tensor } from '#core/tensor.ts';
import { asArgument } from '../../../sdk/mutable.ts';
import type { Account } from './chain.ts';
import type { Dispute } from './disputes.ts';

type Place = OutputDemand['position'];

export const placed = (output = 0, leaf = 0, item = 0): Place => ({ item, output, leaf });

export async function demandOutput(d: Dispute, by: Account, place: Place, lane = 200): Promise<OutputDemand> {
  const { packed, described, shape } = d.story;
  const { game } = d.s;
  const sent = game.connect(by).demandOutput(packed, described, place, [...shape.outputHeaders], lane);
  const receipt = await d.move('demandOutput', sent);
  for (const log of receipt.logs) {
    const parsed = game.interface.parseLog(log);
    const event = parsed && eventFrom(parsed.name, parsed.args.toObject());
    if (event?.type === 'OutputDemanded') return event.demand;
  }
  throw new Error('no OutputDemanded');
}

/** What answers for tensors that hash to the submission. `tensors`: by item; those that were submitted, if nothing else is said. */
export function outputProof(d: Dispute, { item, output, leaf }: Place, tensors = d.submitted) {
  const submitted = (tensors[item] as readonly Tensor[]).map(commitTensor);
  const lists = treeOfHashes(tensors.map((list) => commitList(list.map(commitTensor))));
  const open = new OpenTensor(tensors[item]?.[output] as Tensor);
  const itemPath = tensors.length === 1 ? [] : pathOf(lists, item, item).map((hash) => toHex(hash) as Bytes32);
  return { leaf: openLeaf(open, leaf * LEAF_ELEMENTS), submitted, itemPath };
}

export async function answerOutput(
  d: Dispute,
  by: Account,
  demand: OutputDemand,
  proof = outputProof(d, demand.position),
): Promise<void> {
  const { packed, described } = d.story;
  const sent = d.s.game.connect(by).answerOutput(packed, described, demand, asArgument(proof));
  const receipt = await d.move('answerOutput', sent);
  thawed(d, receipt.logs);
}

export async function lapseOutput(d: Dispute, by: Account, demand: OutputDemand): Promise<void> {
  const { packed, described } = d.story;
  await d.move('lapseOutput', d.s.game.connect(by).lapseOutput(packed, described, demand));
}

/** The story's end is what the request was given back with, if it was. */
export function thawed(d: Dispute, logs: readonly { readonly topics: readonly string[]; readonly data: string }[]) {
  for (const log of logs) {
    const parsed = d.s.requests.interface.parseLog(log);
    if (parsed?.name === 'Thawed') d.story.submission = { ...d.story.described, end: Number(parsed.args['end']) };
  }
}
