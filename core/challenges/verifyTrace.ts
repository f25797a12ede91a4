/** What the game checks of evidence, demands and answers (contracts/challenges/TraceVerifier.sol), from the chain's data alone. */
import { DTYPES } from '../commitment/dtype.ts';
import { decodeHeader } from '../commitment/header.ts';
import { LEAF_ELEMENTS, leafHashes } from '../commitment/leaf.ts';
import { commitList } from '../commitment/list.ts';
import { nodeOfChildren, rootFromPath } from '../commitment/opening.ts';
import { nodeHash } from '../commitment/tree.ts';
import { taggedHash } from '../hash.ts';
import type { Bytes32 } from '../hex.ts';
import { fromHex, toHex, wordOf } from '../hex.ts';
import { Tags } from '../protocol/tags.ts';
import type { Scalar } from '../semantics/primitives/arithmetic.ts';
import { acceptance } from '../semantics/tolerance/accept.ts';
import { elementCount } from '../tensor.ts';
import { Mismatch, same } from './checks.ts';
import type { Evidence, Standard } from './evidence.ts';
import type { Demand } from './follow.ts';
import { OpenedTensor, wordsOf } from './openedTensor.ts';
import { packRun } from './openings.ts';
import { childCount, childLevel, depthOf, leafCount, type Position, WHOLE_LEAVES } from './position.ts';
import type { DemandProof } from './refute.ts';
import { checkNode, checkRecord, checkSlot, inBundle, slotOf, type TraceRoots } from './verifyStep.ts';

export interface Disagreement {
  /** Of the output. */
  readonly operator: number;
  /** Commitments of the output's tensors. */
  readonly expected: Bytes32;
  readonly got: Bytes32;
  /** undefined in exact mode: the commitments differ. */
  readonly traced: Scalar | undefined;
  readonly submitted: Scalar | undefined;
  readonly float: boolean;
}

/** The first real nodes below T make T. */
export function checkChildren({ operators, trace }: TraceRoots, children: readonly Bytes32[]): void {
  const depth = depthOf(operators);
  const count = depth === 0 ? 1 : childCount(operators, depth, 0);
  same(children.length, count, 'the number of nodes below T');
  same(nodeAbove(children.map(fromHex), depth - childLevel(depth), childLevel(depth)), trace, 'what the nodes make');
}

/** `outputs`: hash of the program's output list. `outputHash`: what was submitted. */
export function checkEvidence(
  roots: TraceRoots,
  outputs: Bytes32,
  outputHash: Bytes32,
  standard: Standard,
  evidence: Evidence,
): Disagreement {
  same(taggedHash(Tags.PROGRAM_OUTPUTS, evidence.outputs.map(wordOf)), outputs, 'the hash of the outputs');
  same(evidence.item, roots.item, 'the item');
  const { output, element, expected, submitted } = evidence;
  const [k, header] = [evidence.outputs[2 * output], evidence.outputs[2 * output + 1]];
  const got = submitted[output];
  if (k === undefined || header === undefined || got === undefined) throw new Mismatch(`there is no output ${output}`);
  checkSlot(roots, Number(k), expected, evidence.slotPath);
  same(inBundle(commitList(submitted), roots, evidence.itemPath), outputHash, 'the submitted hash');
  const type = decodeHeader(wordOf(header));
  const found = { operator: Number(k), expected, got, float: type.dtype === 'float32' };
  if (standard === 'exact') {
    if (got === expected) throw new Mismatch('the submitted tensor is that of the trace');
    return { ...found, traced: undefined, submitted: undefined };
  }
  if (!(element < elementCount(type.shape))) throw new Mismatch(`there is no element ${element}`);
  const leaf = Math.floor(element / LEAF_ELEMENTS);
  const opened = (side: 'right' | 'wrong') => {
    const { data, path } = evidence[side];
    return new OpenedTensor({ runs: [packRun(leaf, 1)], data }, wordOf(header), path);
  };
  const [right, wrong] = [opened('right'), opened('wrong')];
  same(right.commitment, expected, 'the tensor of the trace');
  same(wrong.commitment, got, 'the submitted tensor');
  const [traced, claimed] = [right.value(element), wrong.value(element)];
  const fits = found.float ? acceptance(standard)(claimed as number, traced as number) : traced === claimed;
  if (fits) throw new Mismatch(`${claimed} is acceptable where the trace has ${traced}`);
  return { ...found, traced, submitted: claimed };
}

/** The position is one of the trace's, the hash stands there, and the demand says so. */
export function checkDemand(roots: TraceRoots, demand: Demand, proof: DemandProof): void {
  const { position } = demand;
  same(proof.node, demand.node, 'the demanded node');
  const shape = shapeOf(roots.operators, position, proof.record[1]);
  for (const name of ['header', 'count', 'levels', 'childLevel'] as const) same(demand[name], shape[name], name);
  same(demand.slotLevels, depthOf(roots.operators), 'slotLevels');
  if (position.kind === 'list') {
    const root = pathRoot(demand.node, position.level, position.index, proof.path);
    same(proof.path.length, depthOf(roots.operators) - position.level, 'the length of the path');
    same(root, roots.trace, 'what the path leads to');
    return;
  }
  checkRecord(roots, position.operator, proof.record, proof.recordPath);
  if (position.kind === 'operator') {
    checkNode(roots, demand.node, position.operator, proof.path);
    return;
  }
  const leaves = leafCount(decodeHeader(demand.header).shape);
  same(proof.path.length, depthOf(leaves) - position.level, 'the length of the path');
  const root = pathRoot(demand.node, position.level, position.index, proof.path);
  checkSlot(roots, position.operator, taggedHash(Tags.TENSOR, [demand.header, root]), proof.slotPath);
}

type Shape = Pick<Demand, 'header' | 'count' | 'levels' | 'childLevel'>;

/** What an answer must have. */
function shapeOf(operators: number, { kind, level, index }: Position, header: Bytes32 | undefined): Shape {
  if (kind === 'list') return inner(operators, level, index, wordOf(0n));
  if (header === undefined) throw new Mismatch('the record is missing');
  const elements = elementCount(decodeHeader(header).shape);
  const leaves = Math.ceil(elements / LEAF_ELEMENTS);
  if (kind === 'tree') return inner(leaves, level, index, header);
  if (kind === 'operator' && leaves > WHOLE_LEAVES) return inner(leaves, depthOf(leaves), 0, header);
  const count = kind === 'leaf' ? Math.min(LEAF_ELEMENTS, elements - index * LEAF_ELEMENTS) : elements;
  return { header, count, levels: 0, childLevel: 0 };
}

function inner(leaves: number, level: number, index: number, header: Bytes32): Shape {
  const below = childLevel(level);
  return { header, count: childCount(leaves, level, index), levels: level - below, childLevel: below };
}

/** The data is what the demanded hash was made from. */
export function checkAnswer(roots: TraceRoots, demand: Demand, data: Uint8Array): void {
  const { position, header, levels, childLevel: below } = demand;
  let node: Bytes32;
  if (levels > 0) {
    same(data.length, 32 * demand.count, 'the number of bytes');
    node = nodeAbove(wordsOf(data), levels, below);
  } else {
    const width = DTYPES[decodeHeader(header).dtype].bytes;
    const leaves = Math.ceil(demand.count / LEAF_ELEMENTS);
    same(data.length, leaves * LEAF_ELEMENTS * width, 'the number of bytes');
    if (data.subarray(demand.count * width).some((byte) => byte !== 0)) throw new Mismatch('a pad is not zero');
    node = nodeAbove(wordsOf(leafHashes(data, width)), depthOf(leaves), 0);
  }
  if (position.kind === 'operator') node = slotOf(roots, position.operator, taggedHash(Tags.TENSOR, [header, node]));
  same(node, demand.node, 'what the data hashes to');
}

function nodeAbove(children: readonly Uint8Array[], levels: number, below: number): Bytes32 {
  let empty = new Uint8Array(32);
  for (let i = 0; i < below; i++) empty = new Uint8Array(nodeHash(empty, empty));
  return toHex(nodeOfChildren(children, levels, empty)) as Bytes32;
}

/** The root above a node, whose siblings include empty ones: as if the tree were full. */
function pathRoot(node: Bytes32, level: number, index: number, path: readonly Bytes32[]): Bytes32 {
  const width = 2 ** path.length;
  if (!(index < width)) throw new Mismatch(`there is no node ${index} at level ${level}`);
  const root = rootFromPath([fromHex(node)], index, width, path.map(fromHex));
  if (root === undefined) throw new Mismatch('the path does not fit');
  return toHex(root) as Bytes32;
}
