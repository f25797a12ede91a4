import { expect } from 'chai';
import { plainKernel } from '#core/semantics/dot/kernel.ts';
import { fastestKernel } from '#core/semantics/dot/wasmKernel.ts';
import { dotTools, evaluateDot } from '#core/semantics/execute/dot.ts';
import { planLanes } from '#core/semantics/execute/lanes.ts';
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

function randomOperator(): { operator: Operator; lanes: boolean } {
  const space = [1 + int(4), 1 + int(4), pick([1, 3, 8, 9, 20])];
  const inner = [1 + int(3), 1 + int(3)];
  const channelsLast = int(3) > 0;
  const left = windowed(space, inner, channelsLast);
  const right = pick([
    undefined,
    plain(space, inner, [2], true),
    plain(space, inner, [], true),
    plain(space, inner, [0, 2], true),
  ]);
  const bias = pick([undefined, plain(space, inner, [2], false), plain(space, inner, [0], false)]);
  const operator: Operator = {
    kind: 'Dot',
    dtype: 'float32',
    shape: space,
    space,
    inner,
    attribute: 0,
    operands: [left, right, bias],
  };
  return {
    operator,
    lanes:
      planLanes(
        operator,
        operator.operands.map(() => new Float32Array(1)),
        dotTools(),
      ) !== undefined,
  };
}

describe('evaluating Dots', () => {
  it('should have the bits of each step for windows, guards, missing taps and any values', () => {
    let [inLanes, elsewhere] = [0, 0];
    for (let round = 0; round < 1500; round++) {
      const { operator, lanes } = randomOperator();
      if (lanes) inLanes++;
      else elsewhere++;
      const draw = pick(DRAWS);
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
        if (!same) expect.fail(`${round}: element ${e} is ${got}, its step ${want} (lanes ${lanes})`);
      }
      expect(tools.counters.decided).to.equal(out.length);
    }
    expect(Math.min(inLanes, elsewhere)).to.be.greaterThan(100);
  });
});
