/** Why a submission is wrong: one element of one output of one item, opened in the trace and in the submission. */
import { encodeHeader } from '../commitment/header.ts';
import { commitList } from '../commitment/list.ts';
import { pathOf } from '../commitment/opening.ts';
import { commitTensor } from '../commitment/tensor.ts';
import type { Bytes32 } from '../hex.ts';
import { toHex } from '../hex.ts';
import type { PublishedTolerance } from '../protocol/publishedTolerance.ts';
import { OpenTensor } from '../semantics/opening.ts';
import type { Program } from '../semantics/program.ts';
import { firstUnacceptable } from '../semantics/tolerance/accept.ts';
import type { TraceSalt } from '../semantics/trace.ts';
import type { Tensor } from '../tensor.ts';
import type { ShownItem } from './hiddenOutputs.ts';
import { type LeafOpening, openLeaf } from './openings.ts';
import { type ReferenceTrace, treeOfHashes } from './reference.ts';

export interface Evidence {
  readonly item: number;
  readonly output: number;
  readonly element: number;
  readonly outputs: readonly bigint[];
  readonly slotPath: readonly Bytes32[];
  readonly expected: Bytes32;
  readonly submitted: readonly Bytes32[];
  readonly itemPath: readonly Bytes32[];
  readonly right: LeafOpening;
  readonly wrong: LeafOpening;
}

/** What results of a version are judged by: its tolerance, or equality. */
export type Standard = PublishedTolerance | 'exact';

export interface Fault {
  readonly item: number;
  /** Position among the outputs that have elements. */
  readonly output: number;
  /** 0 in exact mode. */
  readonly element: number;
}

/** Outputs that have elements, as the program's root lists them: operator and header of each. */
export function outputsWord({ outputs }: Program): bigint[] {
  return outputs.flatMap(({ operator, dtype, shape }) =>
    operator === undefined ? [] : [BigInt(operator), BigInt(encodeHeader({ dtype, shape }))],
  );
}

const withElements = (tensors: readonly Tensor[]): Tensor[] => tensors.filter(({ data }) => data.length > 0);

/** The first unacceptable element of an item's submitted outputs, or undefined. */
export function findFault(
  item: number,
  submitted: readonly Tensor[],
  reference: readonly Tensor[],
  standard: Standard,
): Fault | undefined {
  const expected = withElements(reference);
  for (const [output, tensor] of withElements(submitted).entries()) {
    const right = expected[output] as Tensor;
    if (standard === 'exact') {
      if (commitTensor(tensor) !== commitTensor(right)) return { item, output, element: 0 };
      continue;
    }
    const element = firstUnacceptable(tensor, right, standard);
    if (element >= 0) return { item, output, element };
  }
  return undefined;
}

const NO_LEAF: LeafOpening = { data: '0x', path: [] };

/**
 * @param submitted outputs of every item as they were submitted
 * @param salt of the challenge: its item is the fault's
 */
export function evidenceOf(
  trace: ReferenceTrace,
  salt: TraceSalt,
  submitted: readonly (readonly Tensor[])[],
  fault: Fault,
  standard: Standard,
): Evidence {
  const { item, output, element } = fault;
  const shown = shownItems(submitted)(item);
  const byHash = exactEvidence(trace, salt, output, shown);
  if (standard === 'exact') return byHash;
  const [right] = trace.open(Number(byHash.outputs[2 * output])) as [OpenTensor];
  const wrong = withElements(submitted[item] as readonly Tensor[])[output] as Tensor;
  return { ...byHash, element, right: openLeaf(right, element), wrong: openLeaf(new OpenTensor(wrong), element) };
}

/** In exact mode the hashes of the submitted tensors are all there is to show. `salt` names the item as well. */
export function exactEvidence(trace: ReferenceTrace, salt: TraceSalt, output: number, shown: ShownItem): Evidence {
  const outputs = outputsWord(trace.program);
  const k = Number(outputs[2 * output]);
  const { item, submitted, itemPath } = shown;
  return {
    item,
    output,
    element: 0,
    outputs,
    slotPath: hexes(pathOf(trace.slots(salt), k, k)),
    expected: trace.tensors[k] as Bytes32,
    submitted,
    itemPath,
    right: NO_LEAF,
    wrong: NO_LEAF,
  };
}

/** What binds one item's outputs to a submission whose tensors are all known. */
export function shownItems(submitted: readonly (readonly Tensor[])[]): (item: number) => ShownItem {
  const hashes = submitted.map((tensors) => withElements(tensors).map(commitTensor));
  const lists = treeOfHashes(hashes.map(commitList));
  return (item) => ({
    item,
    submitted: hashes[item] as readonly Bytes32[],
    itemPath: hashes.length === 1 ? [] : hexes(pathOf(lists, item, item)),
  });
}

const hexes = (hashes: readonly Uint8Array[]): Bytes32[] => hashes.map((hash) => toHex(hash) as Bytes32);
