import { expect } from 'chai';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { plainKernel } from '#core/semantics/dot/kernel.ts';
import { fastestKernel } from '#core/semantics/dot/wasmKernel.ts';
import { dotTools, evaluateDot } from '#core/semantics/execute/dot.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import { planLanes } from '#core/semantics/execute/lanes.ts';
import { planSingles } from '#core/semantics/execute/singles.ts';
import type { Access, Operator } from '#core/semantics/program.ts';
import { stepElement } from '#core/semantics/step.ts';
import { elementCount, type Tensor } from '#core/tensor.ts';
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

  it('should keep the columns of a constant apart for products that read it along different axes', () => {
    // Alike, or the axes would show in the sizes.
    const sizes = [4, 4, 8];
    const w: Tensor = { dtype: 'float32', shape: sizes, data: Float32Array.from({ length: 4 * 4 * 8 }, normal) };
    for (let round = 0; round < 200; round++) {
      const reads = Array.from({ length: 2 + int(3) }, (_, i) => {
        const shape = sizes.map((size) => (int(2) === 0 ? size : 1));
        const x: Tensor = { dtype: 'float32', shape, data: Float32Array.from({ length: elementCount(shape) }, normal) };
        const letters = pick(['ij', 'ijk', 'ik', 'i', 'j', 'ji']);
        const y = [...letters].map((letter) => sizes['ijk'.indexOf(letter)] as number);
        const einsum = node('Einsum', [`x${i}`, 'w'], [`y${i}`], { equation: `ijk,ijk->${letters}` });
        return { x, y, einsum };
      });
      const inputs = reads.map(({ x }) => x);
      const model = buildModel({
        inputs: Object.fromEntries(reads.map(({ x }, i) => [`x${i}`, ['float32', x.shape]] as const)),
        outputs: Object.fromEntries(reads.map(({ y }, i) => [`y${i}`, ['float32', y]] as const)),
        constants: { w },
        nodes: reads.map(({ einsum }) => einsum),
      });
      const program = compile(model);
      const made: Tensor[] = [];
      execute(program, inputs, {
        observe: (k, { data, ...type }) => {
          made[k] = { ...type, data: data.slice() } as Tensor;
        },
      });
      program.operators.forEach((operator, k) => {
        const dataOf = ({ source: { from, index } }: Access) =>
          (from === 'operator' ? made[index] : from === 'input' ? inputs[index] : program.constants[index])?.data;
        made[k]?.data.forEach((got, e) => {
          const step = stepElement(
            operator,
            e,
            (operand, address) => dataOf(operator.operands[operand] as Access)?.[address] as number,
          );
          if (bitsOf(got as number) !== bitsOf(Math.fround(step as number)))
            expect.fail(
              `${round}: element ${e} of operator ${k} is ${got}, its step ${step} (${JSON.stringify(operator)})`,
            );
        });
      });
    }
  });
});
