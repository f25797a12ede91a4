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
export function answerTo(trace: ReferenceTrace, salt: TraceSalt, position: Position): Hex {
  const { kind, level, operator, index } = position;
  if (kind === 'list') return words(trace.slots(salt), level, index);
  const [open] = trace.open(operator) as [OpenTensor];
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
