/** Which elements decide one element of an operator: what `prove` opens, and the hint that lets the chain decide cheaply. */
import type { Hex } from '../hex.ts';
import { wordOf } from '../hex.ts';
import { ABSENT, addressAt, unravel } from '../semantics/access.ts';
import { precedes } from '../semantics/execute/ranking.ts';
import type { Scalar } from '../semantics/primitives/arithmetic.ts';
import type { Access, Operator } from '../semantics/program.ts';
import { stepElement } from '../semantics/step.ts';
import { elementCount } from '../tensor.ts';

export interface Reads {
  /** By operand: addresses in its source. An operand of which nothing is read has none. */
  readonly operands: readonly ReadonlySet<number>[];
  /** Elements of the operator's own output that are shown; the disputed one is among them. */
  readonly own: ReadonlySet<number>;
  readonly hint: Hex;
}

/** Reads an element of an operand's source, in the reader's own trace. */
export type ReadOperand = (operand: number, address: number) => Scalar;
/** Reads an element of the disputed output, in the other party's trace; undefined if it is not known. */
export type ReadClaimed = (element: number) => Scalar | undefined;

/** In a hint of TopK: the rest is a rank. */
const RANKS = 1n << 255n;

/** What decides element e. `claimed` is asked for that element, and for the other ranks of a TopK. */
export function readsOf(operator: Operator, e: number, read: ReadOperand, claimed: ReadClaimed): Reads {
  if (operator.kind === 'ArgMax' || operator.kind === 'ArgMin') return selected(operator, e, read, claimed);
  if (operator.kind === 'TopK') return ranked(operator, e, read, claimed);
  const operands = operator.operands.map(() => new Set<number>());
  stepElement(operator, e, (operand, address) => {
    operands[operand]?.add(address);
    return read(operand, address);
  });
  return { operands, own: new Set([e]), hint: '0x' };
}

/** The right candidate is the counter-example to any other. */
function selected(operator: Operator, e: number, read: ReadOperand, claimed: ReadClaimed): Reads {
  const right = Number(stepElement(operator, e, read));
  const taps = elementCount(operator.inner);
  const shown = [right, Number(claimed(e) ?? right)].filter((tap) => tap >= 0 && tap < taps);
  return { operands: [addressesOf(operator, e, shown)], own: new Set([e]), hint: wordOf(BigInt(right)) };
}

/** The row's indices are shown together. Two neighbours are out of order, or a candidate that is not among them goes before the last. */
function ranked(operator: Operator, e: number, read: ReadOperand, claimed: ReadClaimed): Reads {
  const { space, inner, operands, attribute } = operator;
  const ranks = space.at(-1) as number;
  const taps = elementCount(inner);
  const first = e - (e % ranks);
  const own = Array.from({ length: ranks }, (_, i) => first + i);
  const row = own.map((element) => Number(claimed(element) ?? -1));
  const o = unravel(first, space, []);
  const candidate = (tap: number) => read(0, addressAt(operands[0] as Access, o, unravel(tap, inner, [])));
  const isTap = (tap: number) => tap >= 0 && tap < taps;
  const goesBefore = (j: number, k: number) => {
    if (!isTap(j) || !isTap(k) || j === k) return false;
    const [x, y] = [candidate(j), candidate(k)];
    return precedes(x, y, attribute === 1) || (!precedes(y, x, attribute === 1) && j < k);
  };
  const show = (shown: readonly number[], hint: bigint): Reads => ({
    operands: [addressesOf(operator, first, shown.filter(isTap))],
    own: new Set(own),
    hint: wordOf(hint),
  });
  // A row may name a candidate twice, so that one is missing which goes before none of them: order comes first.
  const rank = row.findIndex((tap, i) => i + 1 < ranks && !goesBefore(tap, row[i + 1] as number));
  if (rank >= 0) return show(row.slice(rank, rank + 2), RANKS | BigInt(rank));
  const last = row.at(-1) as number;
  const named = new Set(row);
  let missing = 0;
  while (missing < taps && (named.has(missing) || !goesBefore(missing, last))) missing++;
  // None is: the row is right, or its last index is that of no candidate.
  return isTap(missing) ? show([missing, last], BigInt(missing)) : show([last], BigInt(Math.max(last, 0)));
}

function addressesOf({ space, inner, operands }: Operator, e: number, taps: readonly number[]): Set<number> {
  const o = unravel(e, space, []);
  const addresses = taps.map((tap) => addressAt(operands[0] as Access, o, unravel(tap, inner, [])));
  return new Set(addresses.filter((address) => address !== ABSENT));
}
