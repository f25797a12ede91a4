/** One inconsistent element of another party's trace, with everything that proves it. */
import { DTYPES } from '../commitment/dtype.ts';
import { encodeHeader } from '../commitment/header.ts';
import { LEAF_ELEMENTS } from '../commitment/leaf.ts';
import type { Bytes32, Hex } from '../hex.ts';
import { toHex } from '../hex.ts';
import { type OpenTensor, openRecord } from '../semantics/opening.ts';
import type { Scalar } from '../semantics/primitives/arithmetic.ts';
import type { Access, Operator, Source } from '../semantics/program.ts';
import type { KnownTree } from './knownTree.ts';
import { scalarOf } from './openedTensor.ts';
import { type Binding, type Opened, openElements, packRun, runsOf } from './openings.ts';
import { type Reads, readsOf } from './reads.ts';
import type { ReferenceTrace } from './reference.ts';

export interface StepInput {
  readonly record: readonly Bytes32[];
  readonly element: number;
  readonly sources: Hex;
  readonly opened: readonly Opened[];
  readonly hint: Hex;
}

export interface StepProof {
  readonly operator: number;
  readonly recordPath: readonly Bytes32[];
  readonly bindings: readonly Binding[];
  readonly step: StepInput;
}

/** The disputed operator's output in the other trace, as far as it was revealed. */
export interface ClaimedTensor {
  /** Bytes of a whole leaf; undefined if it was not revealed. */
  leaf(index: number): Uint8Array | undefined;
  readonly tree: KnownTree;
}

/** Where the item's input stands: commitments of its list, and the list's siblings in the request's bundle. */
export interface InputLink {
  readonly tensors: readonly Bytes32[];
  readonly path: readonly Bytes32[];
}

const UNREAD = 0xff;

/** @param slots the other party's slot tree, known on the ways to all operands and to k */
export function stepProof(
  trace: ReferenceTrace,
  k: number,
  e: number,
  claimed: ClaimedTensor,
  slots: KnownTree,
  input: InputLink,
): StepProof {
  const { program, commitment } = trace;
  const operator = program.operators[k] as Operator;
  const reads = readsFor(trace, k, e, claimed);
  const grouped = bySource(operator, reads);
  const opened: Opened[] = [];
  const bindings: Binding[] = [];
  for (const { source, addresses } of grouped.sources) {
    const shown = openElements(tensorOf(trace, source), addresses);
    opened.push(shown.opened);
    bindings.push({ header: shown.header, path: shown.path, link: linkOf(source, slots, input) });
  }
  const own = openClaimed(operator, claimed, reads.own);
  opened.push(own.opened);
  bindings.push({ ...own, link: slots.pathFrom(0, k) });
  const { record, recordPath } = openRecord(program, commitment, k);
  return {
    operator: k,
    recordPath,
    bindings: bindings.map(({ header, path, link }) => ({ header, path, link })),
    step: { record, element: e, sources: toHex(Uint8Array.from(grouped.indices)), opened, hint: reads.hint },
  };
}

function readsFor(trace: ReferenceTrace, k: number, e: number, claimed: ClaimedTensor): Reads {
  const operator = trace.program.operators[k] as Operator;
  const earlier = operator.operands.flatMap((access) =>
    access?.source.from === 'operator' ? [access.source.index] : [],
  );
  trace.open(...new Set(earlier));
  const read = (operand: number, address: number) =>
    tensorOf(trace, (operator.operands[operand] as Access).source).tensor.data[address] as Scalar;
  return readsOf(operator, e, read, (element) => elementOf(operator, claimed, element));
}

/** One entry per source, whatever the number of operands that read it. */
function bySource({ operands }: Operator, reads: Reads) {
  const sources: { readonly source: Source; readonly addresses: Set<number> }[] = [];
  const places = new Map<string, number>();
  const indices = operands.map((access, i) => {
    const addresses = reads.operands[i];
    if (access === undefined || addresses === undefined || addresses.size === 0) return UNREAD;
    const key = `${access.source.from} ${access.source.index}`;
    const place = places.get(key) ?? sources.length;
    if (!places.has(key)) sources.push({ source: access.source, addresses: new Set() });
    places.set(key, place);
    for (const address of addresses) sources[place]?.addresses.add(address);
    return place;
  });
  return { sources, indices };
}

function tensorOf(trace: ReferenceTrace, { from, index }: Source): OpenTensor {
  if (from === 'operator') return trace.open(index)[0] as OpenTensor;
  return from === 'input' ? trace.input(index) : trace.constant(index);
}

function linkOf({ from, index }: Source, slots: KnownTree, input: InputLink): Bytes32[] {
  if (from === 'operator') return slots.pathFrom(0, index);
  return from === 'input' ? [...input.tensors, ...input.path] : [];
}

function openClaimed({ dtype, shape }: Operator, claimed: ClaimedTensor, elements: ReadonlySet<number>) {
  const runs = runsOf([...elements].map((element) => Math.floor(element / LEAF_ELEMENTS)));
  const data = runs.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, i) => claimed.leaf(first + i) as Uint8Array),
  );
  return {
    opened: {
      runs: runs.map(([first, last]) => packRun(first, last - first + 1)),
      data: toHex(Uint8Array.from(data.flatMap((leaf) => [...leaf]))),
    },
    header: encodeHeader({ dtype, shape }),
    path: runs.flatMap(([first, last]) => claimed.tree.runPath(0, first, last)),
  };
}

/** One element as a number of its dtype, read as canonical; undefined if its leaf is not known. */
function elementOf({ dtype }: Operator, claimed: ClaimedTensor, element: number): Scalar | undefined {
  const leaf = claimed.leaf(Math.floor(element / LEAF_ELEMENTS));
  if (leaf === undefined) return undefined;
  const width = DTYPES[dtype].bytes;
  const from = (element % LEAF_ELEMENTS) * width;
  return scalarOf(dtype, leaf.subarray(from, from + width));
}
