/** What a challenger has shown, against the reference. */
import { DTYPES } from '../commitment/dtype.ts';
import { decodeHeader } from '../commitment/header.ts';
import { LEAF_ELEMENTS } from '../commitment/leaf.ts';
import { hashAt } from '../commitment/opening.ts';
import type { Bytes32 } from '../hex.ts';
import { fromHex, toHex } from '../hex.ts';
import type { OpenTensor } from '../semantics/opening.ts';
import type { TraceSalt } from '../semantics/trace.ts';
import { answerTo } from './answer.ts';
import type { Demand } from './follow.ts';
import { scalarOf } from './openedTensor.ts';
import type { Position } from './position.ts';
import type { ReferenceTrace } from './reference.ts';
import type { Difference } from './replayTypes.ts';

/** The reference's hash at a position. */
export function nodeAt(trace: ReferenceTrace, salt: TraceSalt, { kind, level, index, operator }: Position): Uint8Array {
  if (kind === 'list') return hashAt(trace.slots(salt), level, index);
  if (kind === 'operator') return hashAt(trace.slots(salt), 0, operator);
  const [open] = trace.open(operator) as [OpenTensor];
  return hashAt(open.tree, level, index);
}

/** The first difference of an answer; undefined if it is the reference's. */
export function differenceOf(
  trace: ReferenceTrace,
  salt: TraceSalt,
  demand: Demand,
  data: Uint8Array,
): Difference | undefined {
  const { position, levels, childLevel, header } = demand;
  const own = fromHex(answerTo(trace, salt, position));
  const width = levels > 0 ? 32 : DTYPES[decodeHeader(header).dtype].bytes;
  const at = Math.floor(data.findIndex((byte, i) => byte !== own[i]) / width);
  if (at < 0) return undefined;
  const [shown, reference] = [data, own].map((bytes) => bytes.subarray(at * width, (at + 1) * width)) as [
    Uint8Array,
    Uint8Array,
  ];
  if (levels > 0) {
    const from = position.index * 2 ** levels;
    return {
      level: childLevel,
      index: from + at,
      shown: toHex(shown) as Bytes32,
      reference: toHex(reference) as Bytes32,
    };
  }
  const { dtype } = decodeHeader(header);
  const first = position.kind === 'leaf' ? position.index * LEAF_ELEMENTS : 0;
  return { element: first + at, shown: scalarOf(dtype, shown), reference: scalarOf(dtype, reference) };
}
