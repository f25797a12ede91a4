/** What core says that an element reads at most, against every address of it. REACH_FUZZ=100000 compares so many operators. */
import { expect } from 'chai';
import { LEAF_ELEMENTS } from '#core/commitment/leaf.ts';
import { ABSENT, addressAt, unravel } from '#core/semantics/access.ts';
import type { Access, Operator } from '#core/semantics/program.ts';
import { reachOf, sideBySide, tapsOf } from '#core/semantics/reach.ts';
import { elementCount } from '#core/tensor.ts';
import { randomDots } from '../../support/randomDots.ts';
import { type Seeded, seeded } from '../../support/seeded.ts';

const COUNT = Number(process.env['REACH_FUZZ'] ?? 1_500);
const RANGE = 8192;
/** Elements of one operator that are looked at. */
const ELEMENTS = 40;

interface Read {
  runs: number;
  leaves: number;
}

/** Leaves that hold these elements, and runs of consecutive ones, by counting. */
function counted(addresses: ReadonlySet<number>): Read {
  const leaves = new Set([...addresses].map((address) => Math.floor(address / LEAF_ELEMENTS)));
  return { leaves: leaves.size, runs: [...leaves].filter((leaf) => !leaves.has(leaf - 1)).length };
}

/** What an element reads of each factor, and how many taps are there in both. */
function readBy({ kind, attribute, space, inner, operands }: Operator, element: number) {
  const o = unravel(element, space, []);
  const ranged = kind === 'Dot' && attribute === 1;
  const taps = elementCount(inner);
  const first = ranged ? RANGE * (o.at(-1) as number) : 0;
  const factors = operands.slice(0, 2).filter((access) => access !== undefined);
  const read = factors.map(() => new Set<number>());
  let present = 0;
  for (let tap = first; tap < (ranged ? Math.min(taps, first + RANGE) : taps); tap++) {
    const addresses = factors.map((access) => addressAt(access, o, unravel(tap, inner, [])));
    for (const [i, address] of addresses.entries()) if (address !== ABSENT) read[i]?.add(address);
    if (!addresses.includes(ABSENT)) present++;
  }
  return { factors, reads: read.map(counted), present };
}

/** Random elements, or all of a few. */
function elementsOf({ space }: Operator, r: Seeded): number[] {
  const count = elementCount(space);
  return Array.from({ length: Math.min(count, ELEMENTS) }, (_, i) => (count <= ELEMENTS ? i : r.int(count)));
}

function check(operator: Operator, r: Seeded): void {
  const taps = tapsOf(operator);
  for (const element of elementsOf(operator, r)) {
    const { factors, reads, present } = readBy(operator, element);
    const show = () => `element ${element} of ${JSON.stringify(operator)}`;
    if (present > taps.count) expect.fail(`${present} taps, not ${taps.count}: ${show()}`);
    for (const [i, access] of factors.entries()) {
      const most = reachOf(access, taps, operator.space);
      const { runs, leaves } = reads[i] as Read;
      if (leaves > most.leaves || runs > most.runs)
        expect.fail(`factor ${i}: ${leaves} leaves in ${runs} runs, not ${JSON.stringify(most)}: ${show()}`);
    }
  }
}

/** Strides up to some hundreds, so that taps are in leaves apart, or nearly. */
function spread(operator: Operator, r: Seeded): Operator {
  const by = r.pick([1, 1, 3, 8, 64, 65, 100]);
  const wider = (access: Access | undefined): Access | undefined =>
    access && {
      ...access,
      elements: access.elements * by,
      base: access.base * by,
      outer: access.outer.map((stride) => stride * by),
      inner: access.inner.map((stride) => stride * by),
      guards: access.guards.map((guard) => ({ ...guard, stride: guard.stride * by })),
    };
  return { ...operator, operands: operator.operands.map(wider) };
}

describe('what an element reads', function () {
  this.timeout(0);

  for (const name of ['windowOperator', 'stridedOperator', 'convolutionOperator', 'anyOperator'] as const)
    it(`should be no more than is said (${name})`, () => {
      const r = seeded(6000 + name.length);
      const make = randomDots(r)[name];
      for (let i = 0; i < COUNT; i++) check(spread(make(), r), r);
    });

  it('should be no more than is said of ranges', () => {
    const r = seeded(6100);
    const { rangedOperator, anyRangedOperator } = randomDots(r);
    for (let i = 0; i < COUNT / 100; i++)
      for (const make of [rangedOperator, anyRangedOperator]) check(spread(make(), r), r);
  });

  it('should be no more than is said of the end of a range, where lines that lie between those of others are missing', () => {
    const inner = [2, 3, 1_500];
    const access: Access = {
      source: { from: 'input', index: 0 },
      dtype: 'float32',
      elements: 192_128,
      base: 128,
      outer: [0],
      inner: [0, -64, 128],
      guards: [],
    };
    const ranged = {
      kind: 'Dot',
      dtype: 'float32',
      shape: [2],
      space: [2],
      inner,
      attribute: 1,
      operands: [access],
    } as const;
    expect(readBy(ranged, 1).reads).to.deep.equal([{ runs: 808, leaves: 808 }]);
    check(ranged, seeded(1));
  });

  const row = (n: number, base: number, outer: number, elements: number): Operator => {
    const access: Access = {
      source: { from: 'input', index: 0 },
      dtype: 'float32',
      elements,
      base,
      outer: [outer],
      inner: [1],
      guards: [],
    };
    const space = [64];
    return { kind: 'Dot', dtype: 'float32', shape: space, space, inner: [n], attribute: 0, operands: [access] };
  };
  const said = (operator: Operator) => reachOf(operator.operands[0] as Access, tapsOf(operator), operator.space);

  it('should be exactly what is said of some element of rows, wherever they begin', () => {
    const r = seeded(6200);
    for (let i = 0; i < 200; i++) {
      const [n, base, outer] = [1 + r.int(300), r.int(100), r.pick([1, 2, 8, 48, 64, 100, 128, 300])];
      const operator = row(n, base, outer, base + 64 * outer + n);
      const most = Array.from({ length: 64 }, (_, e) => readBy(operator, e).reads[0] as Read);
      expect(Math.max(...most.map(({ leaves }) => leaves)), `${n} from ${base} by ${outer}`).to.equal(
        said(operator).leaves,
      );
      expect(said(operator).runs).to.equal(1);
    }
  });

  it('should not be more than there is', () => {
    expect(said(row(64, 0, 64, 4_096))).to.deep.equal({ runs: 1, leaves: 1, scattered: false });
    expect(said(row(64, 1, 64, 4_097))).to.deep.equal({ runs: 1, leaves: 2, scattered: false });
    expect(said(row(60, 0, 1, 123))).to.deep.equal({ runs: 1, leaves: 2, scattered: false });
    const { operands, ...rest } = row(70, 0, 0, 70 * 70);
    const apart = { ...rest, operands: [{ ...(operands[0] as Access), inner: [70] }] };
    expect(said(apart)).to.deep.equal({ runs: 39, leaves: 70, scattered: true });
    expect([1, 2, 65, 66, 8_192].map((count) => sideBySide(count).leaves)).to.deep.equal([1, 2, 2, 3, 129]);
  });
});
