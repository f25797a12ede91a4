/**
 * Gas of the transaction that decides one element (`prove`, without demands on its path), from above: whatever the element, the values and the
 * parties. docs/spec/step-gas.md has the formula; its constants are above what both builds of the contracts take, and
 * test/steps/stepGas.test.ts compares it with transactions.
 */
import { DTYPES } from '../commitment/dtype.ts';
import { LEAF_ELEMENTS } from '../commitment/leaf.ts';
import { elementCount } from '../tensor.ts';
import type { Access, Operator } from './program.ts';
import { brokenAt, type Reach, reachOf, sideBySide, type Taps, tapsOf } from './reach.ts';

/** What a proof costs as a transaction: its gas, and bytes of calldata. */
export interface StepCost {
  readonly gas: number;
  readonly bytes: number;
}

/** Of the program, all that a proof depends on beside its operator. */
export type ProgramSize = { readonly [Part in 'operators' | 'inputs']: { readonly length: number } };

const TRANSACTION = 21_000;
/** Gas of a byte of calldata, and the least that a transaction pays for it (EIP-2028, EIP-7623). */
const BYTE = { zero: 4, other: 16 } as const;
const FLOOR = { zero: 10, other: 40 } as const;

/** Words of calldata: most of them hold small numbers. */
const WORDS = {
  /** Claim, version, program, offsets and lengths, of which `other` bytes are not 0. */
  fixed: { count: 47, other: 700 },
  /** Header, offsets and lengths of an opened tensor; and the number of an opened run. */
  tensor: { count: 11, other: 60 },
  run: { count: 1, other: 8 },
} as const;

/** Gas of execution. */
const GAS = {
  /** The game: its own state, the bond's parts credited to accounts that had nothing, the request thawed. */
  prove: 165_000,
  /** Of the record. */
  recordWord: 150,
  operand: 3_500,
  /** Each for the operator and for each operand. */
  outerAxis: 350,
  innerAxis: 1_700,
  guard: 500,
  /** Openings: tensors, runs of their leaves, siblings in their trees, words of their leaves. */
  tensor: 9_500,
  run: 2_500,
  sibling: 1_200,
  leafWord: 100,
  /** Siblings in the trees of slots, records and items. */
  link: 700,
  /** A term of the wide sum, and of an integer sum. */
  term: 455,
  integerTerm: 280,
  /** Copying what lies side by side, by factor. */
  entry: 215,
  /** The same by inner axis that its address is put together from. */
  expansion: 45,
  /** A coordinate of an inner axis, and the same asked for a guard with a divisor. */
  coordinate: 65,
  asked: 245,
  /** A guard of a factor, looked at for each inner axis. */
  looked: 280,
  /** Going from one opened run to another: each, and by halving of the list of runs. */
  seek: 1_400,
  halving: 95,
  /** A run passed on the way to an operand that lies in the same tensor as a factor. */
  passed: 450,
  /** A rank of TopK. */
  rank: 2_900,
  /** Memory in three contracts: words of calldata squared, divided by this. */
  memory: 200,
} as const;

/** Axes beyond the third add no gas that counts: their lists are short. */
const EXPANSIONS = 3;
/** Levels of a bundle of 32 items. */
const BUNDLE_LEVELS = 5;

/** What a proof shows of one tensor. */
interface Opening {
  readonly runs: number;
  readonly scattered: boolean;
  readonly leafBytes: number;
  /** In the tensor's tree. */
  readonly siblings: number;
  /** From the tensor to what the game knows. */
  readonly links: number;
}

/** ceil(log2 n). */
function depthOf(n: number): number {
  let depth = 0;
  while (2 ** depth < n) depth++;
  return depth;
}

const words = (numbers: number) => Math.ceil(numbers / 8);
const total = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0);
const isPresent = (access: Access | undefined): access is Access => access !== undefined;

export function stepCost(operator: Operator, program: ProgramSize): StepCost {
  const { kind, operands } = operator;
  const taps = kind === 'Dot' || kind === 'IntegerDot' ? tapsOf(operator) : undefined;
  const depth = depthOf(program.operators.length);
  const sources = operands.map((access, i) => access && sourceOpening(operator, access, i, taps, program));
  const own = opening(ownReach(operator), operator.dtype, elementCount(operator.space), depth);
  const opened = [...(kind === 'Move' ? dearest(sources) : sources.filter((one) => one !== undefined)), own];
  const sum = (of: (one: Opening) => number) => total(opened.map(of));

  const [siblings, links, record] = [
    sum((one) => one.siblings),
    sum((one) => one.links) + depth,
    recordWords(operator),
  ];
  const [runs, leafBytes] = [sum((one) => one.runs), sum((one) => one.leafBytes)];
  const dense = 32 * (siblings + links + record) + leafBytes;
  const sparse = (of: 'count' | 'other') => WORDS.fixed[of] + WORDS.tensor[of] * opened.length + WORDS.run[of] * runs;
  const named = 32 * words(operands.length / 4);
  const bytes = 4 + dense + 32 * sparse('count') + named;
  const other = 4 + dense + sparse('other') + named;
  const calldata = (gas: typeof BYTE | typeof FLOOR) => other * gas.other + (bytes - other) * gas.zero;

  const execution =
    GAS.prove +
    record * GAS.recordWord +
    interpreting(operator) +
    opened.length * GAS.tensor +
    runs * GAS.run +
    siblings * GAS.sibling +
    (leafBytes / 32) * GAS.leafWord +
    links * GAS.link +
    (taps ? summing(operator, taps, sources) : 0) +
    ranksOf(operator) * GAS.rank +
    Math.ceil((bytes / 32) ** 2 / GAS.memory);
  return { gas: TRANSACTION + Math.max(calldata(BYTE) + execution, calldata(FLOOR)), bytes };
}

/** Words of the operator's record. */
function recordWords({ space, inner, operands }: Operator): number {
  const ofOperand = (access: Access | undefined) =>
    access === undefined
      ? 1
      : 1 +
        (access.source.from === 'constant' ? 1 : 0) +
        words(access.outer.length) +
        words(access.inner.length) +
        access.guards.length;
  return 2 + words(space.length) + words(inner.length) + total(operands.map(ofOperand));
}

/** Of the operands' addresses, each asked once. */
function interpreting({ space, inner, operands }: Operator): number {
  const present = operands.filter(isPresent);
  return (
    operands.length * GAS.operand +
    (1 + present.length) * (space.length * GAS.outerAxis + inner.length * GAS.innerAxis) +
    total(present.map(({ guards }) => guards.length)) * GAS.guard
  );
}

function sourceOpening(
  operator: Operator,
  access: Access,
  i: number,
  taps: Taps | undefined,
  { operators, inputs }: ProgramSize,
): Opening {
  const links = { operator: depthOf(operators.length), constant: 0, input: inputs.length + BUNDLE_LEVELS };
  return opening(readReach(operator, access, i, taps), access.dtype, access.elements, links[access.source.from]);
}

/** What an element reads of operand i. */
function readReach({ kind, space }: Operator, access: Access, i: number, taps: Taps | undefined): Reach {
  if (taps && i < 2) return reachOf(access, taps, space);
  // Two candidates: the claimed one and the counter-example, or two neighbours of a TopK.
  return kind === 'ArgMax' || kind === 'ArgMin' || kind === 'TopK'
    ? { ...sideBySide(1), runs: 2, leaves: 2 }
    : sideBySide(1);
}

/** The element itself; of a TopK all ranks of its row. */
const ownReach = (operator: Operator) => sideBySide(Math.max(1, ranksOf(operator)));

/** Of a TopK: indices of a row. */
const ranksOf = ({ kind, space }: Operator) => (kind === 'TopK' ? (space.at(-1) ?? 1) : 0);

function opening(reach: Reach, dtype: Operator['dtype'], elements: number, links: number): Opening {
  const all = Math.ceil(elements / LEAF_ELEMENTS);
  const runs = Math.min(reach.runs, Math.ceil(all / 2));
  const leaves = Math.min(reach.leaves, all);
  const depth = depthOf(all);
  // One leaf has a sibling on each level; a run of several one at either end, up to where it becomes one node.
  const siblings = leaves === runs ? depth : Math.max(depth, 2 * (depth - 1));
  return {
    runs,
    scattered: reach.scattered,
    leafBytes: leaves * LEAF_ELEMENTS * DTYPES[dtype].bytes,
    siblings: runs * siblings,
    links,
  };
}

/** A Move reads one of its operands. */
function dearest(openings: readonly (Opening | undefined)[]): Opening[] {
  const most = (of: (one: Opening) => number) => Math.max(0, ...openings.map((one) => (one ? of(one) : 0)));
  return [
    {
      runs: 1,
      scattered: false,
      leafBytes: most((one) => one.leafBytes),
      siblings: most((one) => one.siblings),
      links: most((one) => one.links),
    },
  ];
}

/** Of a sum: its lists of coordinates, copying its terms side by side, and adding them. */
function summing(operator: Operator, taps: Taps, openings: readonly (Opening | undefined)[]): number {
  const { kind, operands, inner } = operator;
  const { count, entries, sizes, pieces } = taps;
  let gas = count * (kind === 'Dot' ? GAS.term : GAS.integerTerm);
  gas += entries * Math.min(EXPANSIONS, Math.max(0, inner.length - 1)) * GAS.expansion;
  gas += total(sizes) * pieces * GAS.coordinate;
  operands.slice(0, 2).forEach((access, i) => {
    const opened = openings[i];
    if (access === undefined || opened === undefined) return;
    const { runs, scattered } = opened;
    gas += entries * GAS.entry;
    if (runs > 1) gas += (scattered ? entries : pieces) * (GAS.seek + depthOf(runs + 1) * GAS.halving);
    gas += inner.length * pieces * access.guards.length * GAS.looked;
    gas += total(sizes.map((size, axis) => size * brokenAt(access, axis))) * pieces * GAS.asked;
    const same = operands.slice(2).filter((other) => other && isSame(other, access)).length;
    gas += same * runs * GAS.passed;
  });
  return gas;
}

const isSame = (a: Access, b: Access) => a.source.from === b.source.from && a.source.index === b.source.index;
