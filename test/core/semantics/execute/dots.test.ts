import { expect } from 'chai';
import { plainKernel } from '#core/semantics/dot/kernel.ts';
import { fastestKernel } from '#core/semantics/dot/wasmKernel.ts';
import { dotTools, evaluateDot } from '#core/semantics/execute/dot.ts';
import { planLanes } from '#core/semantics/execute/lanes.ts';
import { planSingles } from '#core/semantics/execute/singles.ts';
import type { Access, Guard, Operator } from '#core/semantics/program.ts';
import { stepElement } from '#core/semantics/step.ts';
import { elementCount } from '#core/tensor.ts';
import { bitsOf, fromBits } from '../../../support/rationals.ts';
import { seeded } from '../../../support/seeded.ts';

const random = seeded(83);
const { int, normal, bits, pick } = random;

/** Values that are hard for sums; some draws hold what is not finite. */
const DRAWS: readonly (() => number)[] = [
  normal,
  () => int(9) - 4,
  () => fromBits(int(0x800000)),
  () => Math.fround(2 ** (int(250) - 140) * (int(2) === 0 ? 1 : -1)),
  () => (int(3) === 0 ? -0 : Math.fround(normal() * 2 ** -24)),
  () => pick([1, -1, 2 ** -24, 2 ** 24, Number.POSITIVE_INFINITY, 0]),
  () => {
    const x = fromBits(bits());
    return Number.isNaN(x) ? Number.NaN : x;
  },
];

const rowMajor = (dims: readonly number[]) => dims.map((_, i) => elementCount(dims.slice(i + 1)));

/** An operand over a padded window of [height, width, channels], channels last or first, and what it needs of the source. */
function windowed(space: readonly number[], inner: readonly number[], channelsLast: boolean): Access {
  const [rows, columns, channels] = space as [number, number, number];
  const [kernelRows, kernelColumns] = inner as [number, number];
  const dims = channelsLast ? [rows, columns, channels] : [channels, rows, columns];
  const strides = rowMajor(dims);
  const [rowStride, columnStride, channelStride] = (channelsLast ? strides : [strides[1], strides[2], strides[0]]) as [
    number,
    number,
    number,
  ];
  const guard = (axis: number, extent: number, kernel: number, stride: number): Guard => ({
    outer: axis,
    outerStep: 1,
    inner: axis,
    innerStep: 1 + int(2),
    offset: -int(kernel + 1),
    divisor: 1 + int(2),
    extent,
    stride,
  });
  return {
    source: { from: 'input', index: 0 },
    dtype: 'float32',
    elements: elementCount(dims),
    base: 0,
    outer: [0, 0, channelStride],
    inner: [0, 0],
    guards: [guard(0, rows, kernelRows, rowStride), guard(1, columns, kernelColumns, columnStride)],
  };
}

function plain(space: readonly number[], inner: readonly number[], axes: readonly number[], taps: boolean): Access {
  const used = axes.map((axis) => space[axis] as number);
  const dims = taps ? [...used, ...inner] : used;
  const strides = rowMajor(dims);
  const outer = space.map((_, axis) => (axes.includes(axis) ? (strides[axes.indexOf(axis)] as number) : 0));
  const source = { from: 'input', index: 1 } as const;
  return {
    source,
    dtype: 'float32',
    elements: Math.max(1, elementCount(dims)),
    base: 0,
    outer,
    inner: taps ? strides.slice(used.length) : [],
    guards: [],
  };
}

type Way = 'lanes' | 'singles' | 'product';

/** How the operator would be computed. */
function wayOf(operator: Operator): Way {
  const data = operator.operands.map(() => new Float32Array(1));
  const { counters } = dotTools();
  if (planLanes(operator, data, counters)) return 'lanes';
  return planSingles(operator, data, counters) ? 'singles' : 'product';
}

const dotOf = (
  space: readonly number[],
  inner: readonly number[],
  operands: Operator['operands'],
  attribute = 0,
): Operator => ({ kind: 'Dot', dtype: 'float32', shape: space, space, inner, attribute, operands });

/** A pool or a convolution, with and without weights per channel. */
function windowOperator(): Operator {
  const space = [1 + int(4), 1 + int(4), pick([1, 3, 8, 9, 20])];
  const inner = [1 + int(3), 1 + int(3)];
  const left = windowed(space, inner, int(3) > 0);
  const right = pick([
    undefined,
    plain(space, inner, [2], true),
    plain(space, inner, [], true),
    plain(space, inner, [0, 2], true),
  ]);
  const bias = pick([undefined, plain(space, inner, [2], false), plain(space, inner, [0], false)]);
  return dotOf(space, inner, [left, right, bias]);
}

/** An operand whose strides are in no order, over some of the axes, maybe with a guard on two of them. */
function strided(space: readonly number[], inner: readonly number[], always: number, taps = true): Access {
  const all = [...space, ...(taps ? inner : [])];
  const used = all.map((_, axis) => axis === always || int(4) > 0);
  const order = used.flatMap((use, axis) => (use ? [axis] : [])).sort(() => int(3) - 1);
  const strides = all.map(() => 0);
  let reach = 1;
  for (const axis of order) {
    strides[axis] = reach;
    reach *= all[axis] as number;
  }
  const guards: Guard[] = [];
  if (taps && int(4) === 0) {
    const [outer, along] = [int(space.length + 1) - 1, int(inner.length + 1) - 1];
    const extent = 1 + int(4);
    const [outerStep, innerStep] = [int(3) - 1, int(3) - 1];
    guards.push({
      outer,
      outerStep,
      inner: along,
      innerStep,
      offset: int(4) - 1,
      divisor: 1 + int(2),
      extent,
      stride: reach,
    });
    reach *= extent;
  }
  const base = int(3);
  return {
    source: { from: pick(['input', 'constant'] as const), index: 0 },
    dtype: 'float32',
    elements: base + reach,
    base,
    outer: strides.slice(0, space.length),
    inner: strides.slice(space.length),
    guards,
  };
}

function stridedOperator(): Operator {
  const space = Array.from({ length: int(4) }, () => pick([1, 2, 3, 5, 8, 13]));
  const inner = Array.from({ length: int(3) }, () => pick([1, 2, 4, 7, 12]));
  const axis = space.length - 1;
  const right = int(3) === 0 ? undefined : strided(space, inner, axis);
  const bias = int(2) === 0 ? undefined : strided(space, inner, -1, false);
  return dotOf(space, inner, [strided(space, inner, axis), right, bias]);
}

/** Consecutive ranges of more taps than one Dot may have. */
function rangedOperator(): Operator {
  const inner = pick([[8192 + 37], [2, 8192 - 5], [3, 4, 1411]]);
  const space = [2, Math.ceil(elementCount(inner) / 8192)];
  const right = pick([undefined, plain(space, inner, [0], true), plain(space, inner, [], true)]);
  return dotOf(space, inner, [plain(space, inner, [0], true), right, undefined], 1);
}

/** Every element has the bits of its step, whatever the kernel; gives the way it went. */
function check(operator: Operator, round: number, draw: () => number): Way {
  const way = wayOf(operator);
  const data = operator.operands.map((access) => access && Float32Array.from({ length: access.elements }, draw));
  const tools = dotTools(round % 2 === 0 ? plainKernel : fastestKernel());
  const out = evaluateDot(operator, data, tools);
  for (let e = 0; e < out.length; e++) {
    const step = stepElement(operator, e, (operand, address) => {
      expect(address).to.be.within(0, (operator.operands[operand] as Access).elements - 1);
      return (data[operand] as Float32Array)[address] as number;
    }) as number;
    const [got, want] = [out[e] as number, Math.fround(step)];
    const same = Number.isNaN(want) ? Number.isNaN(got) : bitsOf(got) === bitsOf(want);
    if (!same) expect.fail(`${round}: element ${e} is ${got}, its step ${want} (${way}, ${JSON.stringify(operator)})`);
  }
  expect(tools.counters.decided).to.equal(out.length);
  return way;
}

function checkMany(rounds: number, make: () => Operator): Record<Way, number> {
  const ways = { lanes: 0, singles: 0, product: 0 };
  for (let round = 0; round < rounds; round++) ways[check(make(), round, pick(DRAWS))]++;
  return ways;
}

describe('evaluating Dots', () => {
  it('should have the bits of each step for windows, guards, missing taps and any values', () => {
    const { lanes, product } = checkMany(1500, windowOperator);
    expect(Math.min(lanes, product)).to.be.greaterThan(100);
  });

  it('should have the bits of each step for strides of any kind', () => {
    const { lanes, singles, product } = checkMany(1200, stridedOperator);
    expect(Math.min(lanes, singles, product)).to.be.greaterThan(80);
  });

  it('should have the bits of each step for ranges of terms', () => {
    const { singles, product } = checkMany(6, rangedOperator);
    expect(singles).to.be.greaterThan(0);
    expect(product).to.equal(0);
  });
});
