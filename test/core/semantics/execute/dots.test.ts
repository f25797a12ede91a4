import { expect } from 'chai';
import { plainKernel } from '#core/semantics/dot/kernel.ts';
import { fastestKernel } from '#core/semantics/dot/wasmKernel.ts';
import { dotTools, evaluateDot } from '#core/semantics/execute/dot.ts';
import { planLanes } from '#core/semantics/execute/lanes.ts';
import { planSingles } from '#core/semantics/execute/singles.ts';
import type { Access, Operator } from '#core/semantics/program.ts';
import { stepElement } from '#core/semantics/step.ts';
import { randomDots } from '../../../support/randomDots.ts';
import { bitsOf, fromBits } from '../../../support/rationals.ts';
import { seeded } from '../../../support/seeded.ts';

const random = seeded(83);
const { int, normal, bits, pick } = random;
const { windowOperator, stridedOperator, rangedOperator } = randomDots(random);

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

type Way = 'lanes' | 'singles' | 'product';

/** How the operator would be computed. */
function wayOf(operator: Operator): Way {
  const data = operator.operands.map(() => new Float32Array(1));
  const { counters } = dotTools();
  if (planLanes(operator, data, counters)) return 'lanes';
  return planSingles(operator, data, counters) ? 'singles' : 'product';
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
