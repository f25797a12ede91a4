/** Which elements decide one element of an operator: what `prove` opens, and the hint that lets the chain decide cheaply. */
import type { Hex } from '../hex.ts';
import { wordOf } from '../hex.ts';
import { ABSENT, addressAt, unravel } from '../semantics/access.ts';
import type { Scalar } from '../semantics/primitives/arithmetic.ts';
import type { Access, Operator } from '../semantics/program.ts';
import { rankedTaps, stepElement } from '../semantics/step.ts';
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

/** The row's indices are shown together: two that are out of order, or a candidate that should be among them. */
function ranked(operator: Operator, e: number, read: ReadOperand, claimed: ReadClaimed): Reads {
  const ranks = operator.space.at(-1) as number;
  const first = e - (e % ranks);
  const own = new Set(Array.from({ length: ranks }, (_, i) => first + i));
  const order = rankedTaps(operator, e, read);
  const right = order.slice(0, ranks);
  const row = [...own].map((element) => Number(claimed(element) ?? -1));
  const places = new Map(order.map((tap, place) => [tap, place]));
  const inOrder = (j: number, k: number) => (places.get(j) ?? Number.NaN) < (places.get(k) ?? Number.NaN);
  const rank = row.findIndex((tap, i) => i + 1 < ranks && !inOrder(tap, row[i + 1] as number));
  // In a row that is in order, the right index of the first wrong rank is missing, and precedes the last.
  const missing = right.find((tap, i) => tap !== row[i]) ?? 0;
  const [shown, hint] =
    rank >= 0
      ? [row.slice(rank, rank + 2), wordOf(RANKS | BigInt(rank))]
      : [[missing, row.at(-1) as number], wordOf(BigInt(missing))];
  const taps = elementCount(operator.inner);
  const candidates = shown.filter((tap) => tap >= 0 && tap < taps);
  return { operands: [addressesOf(operator, e, candidates)], own, hint };
}

function addressesOf({ space, inner, operands }: Operator, e: number, taps: readonly number[]): Set<number> {
  const o = unravel(e, space, []);
  const addresses = taps.map((tap) => addressAt(operands[0] as Access, o, unravel(tap, inner, [])));
  return new Set(addresses.filter((address) => address !== ABSENT));
}
