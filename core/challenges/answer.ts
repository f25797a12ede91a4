/** What a demand asks for, out of a trace that one holds. */

import { DTYPES } from '../commitment/dtype.ts';
import { encodeTensor } from '../commitment/elements.ts';
import { LEAF_ELEMENTS } from '../commitment/leaf.ts';
import { childrenOf, type Tree } from '../commitment/opening.ts';
import type { Hex } from '../hex.ts';
import { toHex } from '../hex.ts';
import type { OpenTensor } from '../semantics/opening.ts';
import type { TraceSalt } from '../semantics/trace.ts';
import { padded } from './openings.ts';
import { leafCount, type Position, WHOLE_LEAVES } from './position.ts';
import type { ReferenceTrace } from './reference.ts';

/** Real children as words, or whole leaves: what `answer` takes. */
export const answerTo = (trace: ReferenceTrace, salt: TraceSalt, position: Position): Hex =>
  answersTo(trace, salt, [position])[0] as Hex;

/** The same of several positions, in their order: however many, they cost one run, for anybody may demand many at a time. */
export function answersTo(trace: ReferenceTrace, salt: TraceSalt, positions: readonly Position[]): Hex[] {
  const answers = new Array<Hex>(positions.length);
  const places = Map.groupBy(positions.keys(), (at) => (positions[at] as Position).kind === 'list');
  const lists = places.get(true) ?? [];
  const slots = lists.length > 0 ? trace.slots(salt) : undefined;
  for (const at of lists) {
    const { level, index } = positions[at] as Position;
    answers[at] = words(slots as Tree, level, index);
  }
  const byOperator = Map.groupBy(places.get(false) ?? [], (at) => (positions[at] as Position).operator);
  trace.visit(new Set(byOperator.keys()), (operator, open) => {
    for (const at of byOperator.get(operator) ?? []) answers[at] = within(open, positions[at] as Position);
  });
  return answers;
}

function within(open: OpenTensor, { kind, level, index }: Position): Hex {
  const leaves = leafCount(open.tensor.shape);
  if (kind === 'leaf') return elements(open, index, index);
  if (kind === 'tree') return words(open.tree, level, index);
  return leaves > WHOLE_LEAVES ? words(open.tree, open.tree.levels.length - 1, 0) : elements(open, 0, leaves - 1);
}

function words(tree: Tree, level: number, index: number): Hex {
  return toHex(concat(childrenOf(tree, level, index)));
}

function elements({ tensor }: OpenTensor, first: number, last: number): Hex {
  const leafBytes = LEAF_ELEMENTS * DTYPES[tensor.dtype].bytes;
  const bytes = encodeTensor(tensor).subarray(first * leafBytes, (last + 1) * leafBytes);
  return toHex(padded(bytes, (last - first + 1) * leafBytes));
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
