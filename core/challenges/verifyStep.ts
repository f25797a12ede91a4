/**
 * What `prove` decides on chain (contracts/challenges/StepVerifier.sol), from the proof alone: every hash from the program's root, T and the
 * request's input down to the opened elements, and the operator evaluated on them.
 */
import { DTYPES } from '../commitment/dtype.ts';
import { encodeTensor } from '../commitment/elements.ts';
import { commitBundle, commitList } from '../commitment/list.ts';
import { rootFromPath } from '../commitment/opening.ts';
import { taggedHash } from '../hash.ts';
import type { Address, Bytes32, Hex } from '../hex.ts';
import { fromHex, toHex, wordOf, wordOfAddress } from '../hex.ts';
import { Tags } from '../protocol/tags.ts';
import { ABSENT, addressAt, unravel } from '../semantics/access.ts';
import { precedes } from '../semantics/execute/ranking.ts';
import type { Scalar } from '../semantics/primitives/arithmetic.ts';
import type { Access, Operator, Source } from '../semantics/program.ts';
import { readRecord } from '../semantics/readRecord.ts';
import { stepElement } from '../semantics/step.ts';
import { type Dtype, elementCount, sameShape } from '../tensor.ts';
import { Mismatch, same } from './checks.ts';
import { type Exact, exactValue } from './exactValue.ts';
import { OpenedTensor, scalarOf } from './openedTensor.ts';
import type { StepProof } from './stepProof.ts';

/** What a trace is checked under. */
export interface TraceRoots {
  readonly request: Bytes32;
  readonly item: number;
  readonly items: number;
  readonly challenger: Address;
  /** T. */
  readonly trace: Bytes32;
  /** The request's input commitment. */
  readonly input: Bytes32;
  readonly operators: number;
  /** Root over the records. */
  readonly records: Bytes32;
}

export interface ReadValue {
  /** Position among the operands. */
  readonly operand: number;
  readonly source: Source;
  /** Element of the source. */
  readonly address: number;
  readonly value: Scalar;
}

export interface ProvedStep {
  readonly operator: Operator;
  readonly k: number;
  readonly element: number;
  readonly reads: readonly ReadValue[];
  /** Before rounding; undefined where nothing is rounded. */
  readonly exact: Exact | undefined;
  /** What the operator gives; undefined for a selection, which one counter-example decides. */
  readonly result: Scalar | undefined;
  readonly resultBytes: Hex | undefined;
  readonly claimed: Scalar;
  readonly claimedBytes: Hex;
  readonly inconsistent: boolean;
}

const UNREAD = 0xff;

/** Throws a Mismatch if an opening does not lead to what it is said to be a part of. */
export function verifyStep(roots: TraceRoots, { operator: k, recordPath, bindings, step }: StepProof): ProvedStep {
  checkRecord(roots, k, step.record, recordPath);
  const { operator, constants } = readRecord(step.record);
  const element = step.element;
  if (!(element < elementCount(operator.shape))) throw new Mismatch(`operator ${k} has no element ${element}`);
  if (bindings.length !== step.opened.length || bindings.length === 0) throw new Mismatch('openings are missing');
  if (bindings.length > UNREAD) throw new Mismatch('there are more openings than operands can name');
  const tensors = step.opened.map((opened, j) => {
    const { header, path } = bindings[j] as (typeof bindings)[number];
    return new OpenedTensor(opened, header, path);
  });
  const last = tensors.length - 1;
  const own = tensors[last] as OpenedTensor;
  if (own.type.dtype !== operator.dtype || !sameShape(own.type.shape, operator.shape))
    throw new Mismatch('the opened output has not the type of the operator');
  checkSlot(roots, k, own.commitment, bindings[last]?.link ?? []);

  const sources = fromHex(step.sources);
  const places = operator.operands.map((access, i) => {
    const j = sources[i] ?? UNREAD;
    if (j === UNREAD) return undefined;
    const tensor = tensors[j];
    if (access === undefined || tensor === undefined || j >= last)
      throw new Mismatch(`operand ${i} has no opening of its own`);
    if (tensor.type.dtype !== access.dtype || elementCount(tensor.type.shape) !== access.elements)
      throw new Mismatch(`the opening of operand ${i} has not its type`);
    checkSource(roots, k, access.source, constants, tensor.commitment, bindings[j]?.link ?? []);
    return tensor;
  });

  const reads: ReadValue[] = [];
  const seen = new Set<string>();
  const read = (operand: number, address: number): Scalar => {
    const tensor = places[operand];
    if (tensor === undefined) throw new Mismatch(`operand ${operand} is read and not opened`);
    const value = tensor.value(address);
    if (!seen.has(`${operand} ${address}`)) {
      seen.add(`${operand} ${address}`);
      const { source } = operator.operands[operand] as Access;
      reads.push({ operand, source, address, value });
    }
    return value;
  };
  const claimedBytes = own.bytes(element);
  const shown = {
    operator,
    k,
    element,
    claimed: scalarOf(operator.dtype, claimedBytes),
    claimedBytes: toHex(claimedBytes),
  };
  if (operator.kind === 'ArgMax' || operator.kind === 'ArgMin' || operator.kind === 'TopK') {
    const inconsistent = wrongSelection(operator, element, step.hint, read, own.value);
    return { ...shown, reads, exact: undefined, result: undefined, resultBytes: undefined, inconsistent };
  }
  const result = stepElement(operator, element, read);
  const resultBytes = toHex(stored(operator.dtype, result));
  return {
    ...shown,
    reads,
    exact: exactValue(operator, element, read),
    result: scalarOf(operator.dtype, fromHex(resultBytes)),
    resultBytes,
    inconsistent: resultBytes !== shown.claimedBytes,
  };
}

/** Canonical bytes of one element as its dtype keeps it. */
export function stored(dtype: Dtype, value: Scalar): Uint8Array {
  const data = (DTYPES[dtype].Data as Float32ArrayConstructor).of(value as number);
  return encodeTensor({ dtype, shape: [1], data });
}

export function checkRecord(
  { operators, records }: TraceRoots,
  k: number,
  record: readonly Bytes32[],
  path: readonly Bytes32[],
): void {
  if (!(k < operators)) throw new Mismatch(`there is no operator ${k}`);
  const root = rootFromPath([fromHex(taggedHash(Tags.RECORD, record))], k, operators, path.map(fromHex));
  same(root && toHex(root), records, `the root that the record of operator ${k} leads to`);
}

/** The tensor is operator k's in the trace. */
export function checkSlot(roots: TraceRoots, k: number, tensor: Bytes32, path: readonly Bytes32[]): void {
  checkNode(roots, slotOf(roots, k, tensor), k, path);
}

/** A hash is the slot of operator k. */
export function checkNode({ operators, trace }: TraceRoots, slot: Bytes32, k: number, path: readonly Bytes32[]): void {
  if (!(k < operators)) throw new Mismatch(`there is no operator ${k}`);
  const root = rootFromPath([fromHex(slot)], k, operators, path.map(fromHex));
  same(root && toHex(root), trace, `the root that the slot of operator ${k} leads to`);
}

export const slotOf = ({ request, item, challenger }: TraceRoots, k: number, tensor: Bytes32): Bytes32 =>
  taggedHash(Tags.SLOT, [request, wordOf(BigInt(item)), wordOfAddress(challenger), wordOf(BigInt(k)), tensor]);

/** What a list of tensors is in a request or submission of several items. */
export function inBundle(
  list: Bytes32,
  { item, items }: Pick<TraceRoots, 'item' | 'items'>,
  path: readonly Bytes32[],
): Bytes32 {
  if (items === 1) {
    if (path.length > 0) throw new Mismatch('a single item has no path');
    return commitBundle([list]);
  }
  const root = rootFromPath([fromHex(list)], item, items, path.map(fromHex));
  if (root === undefined) throw new Mismatch('the path of the item does not fit');
  return taggedHash(Tags.BUNDLE, [wordOf(BigInt(items)), toHex(root) as Bytes32]);
}

function checkSource(
  roots: TraceRoots,
  k: number,
  { from, index }: Source,
  constants: readonly Bytes32[],
  tensor: Bytes32,
  link: readonly Bytes32[],
): void {
  if (from === 'constant') same(tensor, constants[index], 'the constant');
  else if (from === 'input') checkInput(roots, index, tensor, link);
  else if (index < k) checkSlot(roots, index, tensor, link);
  else throw new Mismatch(`operator ${k} cannot read operator ${index}`);
}

/** `link`: the tensors of the item, then the path of their list in a bundle. */
function checkInput(roots: TraceRoots, index: number, tensor: Bytes32, link: readonly Bytes32[]): void {
  let siblings = 0;
  while (2 ** siblings < roots.items) siblings++;
  const tensors = link.slice(0, link.length - siblings);
  same(tensors[index], tensor, `input ${index} of the item`);
  same(inBundle(commitList(tensors), roots, link.slice(tensors.length)), roots.input, 'the commitment of the input');
}

/** In a hint of TopK: the rest is a rank. */
const RANKS = 1n << 255n;

/** Whether one counter-example shows the claim wrong (contracts/steps/SelectionStep.sol). */
function wrongSelection(
  operator: Operator,
  e: number,
  hint: Hex,
  read: (operand: number, address: number) => Scalar,
  claimed: (element: number) => Scalar,
): boolean {
  const { kind, space, inner, operands, attribute } = operator;
  const [access] = operands as [Access];
  const largest = kind === 'TopK' ? attribute === 1 : kind === 'ArgMax';
  const taps = BigInt(elementCount(inner));
  const o = unravel(e, space, []);
  const rank = o.at(-1) as number;
  if (kind === 'TopK') o[o.length - 1] = 0; // the candidates do not depend on the rank
  const addressOf = (tap: bigint) => addressAt(access, o, unravel(Number(tap), inner, []));
  const isTap = (tap: bigint) => tap >= 0n && tap < taps;
  const goesBefore = (j: bigint, i: bigint): boolean => {
    if (!isTap(j)) throw new Mismatch('the hint names no candidate');
    if (j === i || addressOf(j) === ABSENT) return false;
    const x = read(0, addressOf(j));
    if (addressOf(i) === ABSENT) return true;
    const y = read(0, addressOf(i));
    return precedes(x, y, largest) || (!precedes(y, x, largest) && j < i);
  };
  const word = BigInt(hint);
  const tapAt = (element: number) => BigInt(claimed(element));
  if (kind !== 'TopK') {
    const tap = tapAt(e);
    if (!isTap(tap) || (addressOf(tap) === ABSENT && tap !== 0n)) return true;
    return goesBefore(word, tap);
  }
  const ranks = space.at(-1) as number;
  const row = Array.from({ length: ranks }, (_, i) => e - rank + i);
  if ((word & RANKS) !== 0n) {
    const at = Number(word ^ RANKS);
    if (at >= ranks) throw new Mismatch('the hint names no rank');
    const tap = tapAt(row[at] as number);
    if (!isTap(tap)) return true;
    if (at + 1 === ranks) return false;
    const next = tapAt(row[at + 1] as number);
    return !isTap(next) || !goesBefore(tap, next);
  }
  const named = row.map(tapAt);
  if (named.some((tap) => !isTap(tap))) return true;
  return !named.includes(word) && goesBefore(word, named.at(-1) as bigint);
}
