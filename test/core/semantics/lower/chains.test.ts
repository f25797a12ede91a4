/** Movement upon movement: views of views must show what moving at each step would. */
import { expect } from 'chai';
import { buildModel, type GraphParts, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import type { Tensor } from '#core/tensor.ts';
import { elementCount, tensor } from '#core/tensor.ts';
import { expectEqual, runOrt, runReference } from '../../../support/semantics.ts';
import { Choices, numbers } from '../../../support/singleNode.ts';

/** A tensor by what it says at each coordinate: every step below is its own definition. */
interface Said {
  readonly shape: readonly number[];
  readonly at: (o: readonly number[]) => number;
}

interface Step {
  readonly op: string;
  /** Behind the value itself. */
  readonly inputs?: readonly Tensor[];
  /** The value a second time, behind itself. */
  readonly twice?: true;
  readonly attributes?: Readonly<Record<string, number | string | readonly number[]>>;
  readonly said: Said;
}

const int64 = (values: readonly number[]) => numbers('int64', values);

function flatOf(o: readonly number[], shape: readonly number[]): number {
  return o.reduce((flat, c, axis) => flat * (shape[axis] as number) + c, 0);
}

function coordinates(flat: number, shape: readonly number[]): number[] {
  const o: number[] = [];
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    o[axis] = rest % (shape[axis] as number);
    rest = Math.floor(rest / (shape[axis] as number));
  }
  return o;
}

function draw(random: Choices, x: Said): Step {
  const { shape, at } = x;
  const rank = shape.length;
  const axis = random.int(0, rank - 1);
  const dim = shape[axis] as number;
  switch (random.int(0, 11)) {
    case 0: {
      const perm = shape.map((_, i) => i).sort(() => random.next() - 0.5);
      const moved = {
        shape: perm.map((from) => shape[from] as number),
        at: (o: readonly number[]) => at(perm.map((_, from) => o[perm.indexOf(from)] as number)),
      };
      return { op: 'Transpose', attributes: { perm }, said: moved };
    }
    case 1: {
      const step = random.of([1, 2, -1, -2]);
      const start = random.int(0, dim - 1);
      const count = 1 + Math.floor((step > 0 ? dim - 1 - start : start) / Math.abs(step));
      const inputs = [int64([start]), int64([step > 0 ? 2 ** 40 : -(2 ** 40)]), int64([axis]), int64([step])];
      const said = {
        shape: shape.with(axis, count),
        at: (o: readonly number[]) => at(o.with(axis, start + step * (o[axis] as number))),
      };
      return { op: 'Slice', inputs, said };
    }
    case 2: {
      const count = elementCount(shape);
      const first = random.of([1, 2, 3, 4, 6, 8].filter((n) => count % n === 0));
      const wanted = random.of([[first, count / first], [count / first, 1, first], [count]]);
      const said = { shape: wanted, at: (o: readonly number[]) => at(coordinates(flatOf(o, wanted), shape)) };
      return { op: 'Reshape', inputs: [int64(wanted)], said };
    }
    case 3: {
      const wide = shape.map((n) => (n === 1 ? random.int(1, 3) : n));
      const said = { shape: wide, at: (o: readonly number[]) => at(o.map((c, i) => (shape[i] === 1 ? 0 : c))) };
      return { op: 'Expand', inputs: [int64(wide)], said };
    }
    case 4: {
      const said = {
        shape: shape.with(axis, 2 * dim),
        at: (o: readonly number[]) => at(o.with(axis, (o[axis] as number) % dim)),
      };
      return { op: 'Concat', twice: true, attributes: { axis }, said };
    }
    case 5: {
      const [low, high] = [random.int(-1, 2), random.int(0, 2)];
      if (dim + low < 1) return draw(random, x);
      const pads = [...shape.map((_, i) => (i === axis ? low : 0)), ...shape.map((_, i) => (i === axis ? high : 0))];
      const inside = (o: readonly number[]) => (o[axis] as number) - low;
      const said = {
        shape: shape.with(axis, dim + low + high),
        at: (o: readonly number[]) => (inside(o) >= 0 && inside(o) < dim ? at(o.with(axis, inside(o))) : 7),
      };
      return { op: 'Pad', inputs: [int64(pads), numbers('float32', [7], [])], said };
    }
    case 6: {
      const picked = random.ints(random.int(1, 4), 0, dim - 1);
      const said = {
        shape: shape.with(axis, picked.length),
        at: (o: readonly number[]) => at(o.with(axis, picked[o[axis] as number] as number)),
      };
      return { op: 'Gather', inputs: [int64(picked.map((i) => i - random.of([0, dim])))], attributes: { axis }, said };
    }
    case 7: {
      if (rank > 4) return draw(random, x);
      const said = { shape: shape.toSpliced(axis, 0, 1), at: (o: readonly number[]) => at(o.toSpliced(axis, 1)) };
      return { op: 'Unsqueeze', inputs: [int64([axis])], said };
    }
    case 8: {
      if (dim !== 1 || rank === 1) return draw(random, x);
      return {
        op: 'Squeeze',
        inputs: [int64([axis])],
        said: { shape: shape.toSpliced(axis, 1), at: (o) => at(o.toSpliced(axis, 0, 0)) },
      };
    }
    case 9: {
      const repeats = shape.map(() => random.of([1, 1, 2]));
      const said = {
        shape: shape.map((n, i) => n * (repeats[i] as number)),
        at: (o: readonly number[]) => at(o.map((c, i) => c % (shape[i] as number))),
      };
      return { op: 'Tile', inputs: [int64(repeats)], said };
    }
    case 10:
      return { op: 'Neg', said: { shape, at: (o) => -at(o) } };
    default: {
      const others = Array.from({ length: dim }, (_, i) => i);
      const said = {
        shape: shape.with(axis, 1),
        at: (o: readonly number[]) => Math.max(...others.map((i) => at(o.with(axis, i)))),
      };
      return { op: 'ReduceMax', inputs: [int64([axis])], said };
    }
  }
}

describe('chains of movement', () => {
  it('should show what each step says, in the reference and in ONNX Runtime', async () => {
    const random = new Choices(83);
    const met = new Set<string>();
    let moves = 0;
    let steps = 0;
    for (let round = 0; round < 150; round++) {
      const shape = random.ints(random.int(1, 4), 1, 4);
      // Whole numbers that all differ: an element at a wrong place cannot look right.
      const data = Float32Array.from({ length: elementCount(shape) }, (_, i) => i + 1);
      let said: Said = { shape, at: (o) => data[flatOf(o, shape)] as number };
      const constants: Record<string, Tensor> = {};
      const nodes: ReturnType<typeof node>[] = [];
      const length = random.int(2, 7);
      for (let i = 0; i < length; i++) {
        const step = draw(random, said);
        if (elementCount(step.said.shape) > 600) continue;
        const names = (step.inputs ?? []).map((input, n) => {
          constants[`c${i}_${n}`] = input;
          return `c${i}_${n}`;
        });
        const value = nodes.length === 0 ? 'x' : `v${nodes.length - 1}`;
        nodes.push(
          node(step.op, [value, ...(step.twice ? [value] : []), ...names], [`v${nodes.length}`], step.attributes),
        );
        met.add(step.op);
        said = step.said;
      }
      if (nodes.length === 0) continue;
      const output = `v${nodes.length - 1}`;
      const model: GraphParts = {
        inputs: { x: ['float32', shape] },
        outputs: { [output]: ['float32', said.shape] },
        constants,
        nodes,
      };
      const onnx = buildModel(model, 18);
      const wanted = Float32Array.from({ length: elementCount(said.shape) }, (_, i) =>
        said.at(coordinates(i, said.shape)),
      );
      const want = { [output]: tensor('float32', said.shape, wanted) };
      const what = `${round}: [${shape}] ${model.nodes.map(({ opType }) => opType).join(', ')}`;
      const inputs = { x: tensor('float32', shape, data) };
      expectEqual(runReference(onnx, inputs), want, what);
      expectEqual(await runOrt(onnx, inputs), want, `${what}, ONNX Runtime`);
      moves += compile(onnx).operators.length;
      steps += nodes.length;
    }
    expect(met.size).to.equal(12);
    // Most steps are views; one Move may be needed for the output itself.
    expect(moves).to.be.below(steps);
  });
});
