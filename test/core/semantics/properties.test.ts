/** What the definition promises whatever the numbers: order of terms, batch and layout change no bit; names and dead nodes no root. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { buildModel, type GraphParts, node } from '#core/onnx/build.ts';
import type { NodeProto } from '#core/onnx/messages.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { executeNamed } from '#core/semantics/execute/named.ts';
import { MAX_TERMS } from '#core/semantics/program.ts';
import { programRoot } from '#core/semantics/record.ts';
import { elementCount, type Tensor } from '#core/tensor.ts';
import { exampleModels } from '../../support/models.ts';
import { expectEqual, type Generator, random, runReference } from '../../support/semantics.ts';

/** 0 ... n - 1 in random order. */
function permutation(n: number, r: Generator): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = r.int(i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

/** Element i of the axis is element order[i] of it before. */
function permuted({ dtype, shape, data }: Tensor, axis: number, order: readonly number[]): Tensor {
  const size = shape[axis] as number;
  const inner = elementCount(shape.slice(axis + 1));
  const made = data.slice();
  for (let i = 0; i < made.length; i++) {
    const at = Math.floor(i / inner) % size;
    made[i] = data[i + ((order[at] as number) - at) * inner] as number;
  }
  return { dtype, shape, data: made };
}

function transposed({ dtype, shape, data }: Tensor, axes: readonly number[]): Tensor {
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const dims = axes.map((axis) => shape[axis] as number);
  const made = data.slice();
  for (let i = 0; i < made.length; i++) {
    let rest = i;
    let from = 0;
    for (let d = dims.length - 1; d >= 0; d--) {
      from += (rest % (dims[d] as number)) * (strides[axes[d] as number] as number);
      rest = Math.floor(rest / (dims[d] as number));
    }
    made[i] = data[from] as number;
  }
  return { dtype, shape: dims, data: made };
}

/** Numbers whose sums depend on the order in floats: over 24 binades, with near cancellations. */
function wild(r: Generator, shape: readonly number[]): Tensor {
  const data = new Float32Array(elementCount(shape));
  for (let i = 0; i < data.length; i++)
    data[i] =
      i % 3 === 2
        ? -Math.fround((data[i - 1] as number) * (1 + r.int(3) * 2 ** -22))
        : r.normal() * 2 ** (r.int(24) - 12);
  return { dtype: 'float32', shape, data };
}

/** Subnormal results, exact zeros, and bits at random (so infinities and NaNs) besides. */
const SOURCES: readonly ((r: Generator, shape: readonly number[]) => Tensor)[] = [
  wild,
  (r, shape) => r.normals(shape),
  (r, shape) => r.smallWholes(shape),
  (r, shape) => r.normals(shape, 1e-24),
  (r, shape) => r.anyBits(shape),
];

describe('the order of the terms of a sum', () => {
  const product = (k: number): GraphParts => ({
    inputs: { a: ['float32', [3, k]], b: ['float32', [k, 4]] },
    outputs: { y: ['float32', [3, 4]] },
    nodes: [node('MatMul', ['a', 'b'], ['y'])],
  });

  for (const k of [2, 17, 64, 513])
    it(`should change no bit of a product over ${k} terms`, () => {
      const onnx = buildModel(product(k));
      SOURCES.forEach((source, s) => {
        const r = random(1_000 * k + s);
        const [a, b] = [source(r, [3, k]), source(r, [k, 4])];
        const want = runReference(onnx, { a, b });
        for (let round = 0; round < 4; round++) {
          const order = permutation(k, r);
          const got = runReference(onnx, { a: permuted(a, 1, order), b: permuted(b, 0, order) });
          expectEqual(got, want, `source ${s}, round ${round}`);
        }
      });
    });

  it('should be one that floats feel', () => {
    const r = random(4);
    const a = wild(r, [1, 64]).data as Float32Array;
    const sum = (list: Iterable<number>) => [...list].reduce((all, one) => Math.fround(all + one), 0);
    const sums = Array.from({ length: 20 }, () => sum(permutation(64, r).map((i) => a[i] as number)));
    expect(new Set(sums).size).to.be.greaterThan(3);
  });

  it('should change no bit within each range of 8,192 terms of a longer sum', () => {
    const k = 2 * MAX_TERMS + 100;
    const onnx = buildModel(product(k));
    const r = random(8);
    const [a, b] = [wild(r, [3, k]), wild(r, [k, 4])];
    const want = runReference(onnx, { a, b });
    const order = [0, 1, 2].flatMap((range) => {
      const first = range * MAX_TERMS;
      return permutation(Math.min(MAX_TERMS, k - first), r).map((i) => first + i);
    });
    expectEqual(runReference(onnx, { a: permuted(a, 1, order), b: permuted(b, 0, order) }), want);
  });

  it('should change no bit of a convolution, an integer product, a mean and a maximum', () => {
    const r = random(9);
    const order = permutation(12, r);
    const conv = buildModel({
      inputs: { x: ['float32', [2, 12, 5, 5]], w: ['float32', [3, 12, 3, 3]] },
      outputs: { y: ['float32', [2, 3, 5, 5]] },
      nodes: [node('Conv', ['x', 'w'], ['y'], { pads: [1, 1, 1, 1] })],
    });
    const [x, w] = [wild(r, [2, 12, 5, 5]), wild(r, [3, 12, 3, 3])];
    expectEqual(
      runReference(conv, { x: permuted(x, 1, order), w: permuted(w, 1, order) }),
      runReference(conv, { x, w }),
      'Conv',
    );

    const integers = buildModel({
      inputs: { a: ['uint8', [3, 12]], b: ['int8', [12, 2]] },
      outputs: { y: ['int32', [3, 2]] },
      nodes: [node('MatMulInteger', ['a', 'b'], ['y'])],
    });
    const a: Tensor = { dtype: 'uint8', shape: [3, 12], data: Uint8Array.from({ length: 36 }, () => r.int(256)) };
    const b: Tensor = { dtype: 'int8', shape: [12, 2], data: Int8Array.from({ length: 24 }, () => r.int(256) - 128) };
    expectEqual(
      runReference(integers, { a: permuted(a, 1, order), b: permuted(b, 0, order) }),
      runReference(integers, { a, b }),
      'MatMulInteger',
    );

    for (const op of ['ReduceMean', 'ReduceSum', 'ReduceMax', 'GlobalAveragePool']) {
      const pool = op === 'GlobalAveragePool';
      const shape = pool ? [1, 3, 12, 2] : [4, 12, 2];
      const reduced = buildModel(
        {
          inputs: { x: ['float32', shape] },
          outputs: { y: ['float32', pool ? [1, 3, 1, 1] : [4, 1, 2]] },
          nodes: [node(op, ['x'], ['y'], pool ? {} : { axes: [1] })],
        },
        11,
      );
      const given = wild(r, shape);
      expectEqual(
        runReference(reduced, { x: permuted(given, pool ? 2 : 1, order) }),
        runReference(reduced, { x: given }),
        op,
      );
    }
  });
});

describe('the batch', () => {
  const layers = (rows: number | string): GraphParts => {
    const r = random(12);
    return {
      inputs: { x: ['float32', [rows, 2, 6, 6]] },
      outputs: { y: ['float32', [rows, 5]] },
      constants: { w: r.normals([3, 2, 3, 3]), b: r.normals([3]), v: r.normals([5, 12]), c: r.normals([5]) },
      nodes: [
        node('Conv', ['x', 'w', 'b'], ['h'], { strides: [2, 2] }),
        node('Tanh', ['h'], ['t']),
        node('Flatten', ['t'], ['f']),
        node('Gemm', ['f', 'v', 'c'], ['g'], { transB: 1 }),
        node('Softmax', ['g'], ['y']),
      ],
    };
  };

  it('should change no bit of an item: alone, among others, in any order, or as rows of a free dimension', () => {
    const r = random(13);
    const x = r.normals([6, 2, 6, 6], 3);
    const together = runReference(buildModel(layers(6)), { x });
    expectEqual(runReference(buildModel(layers('N')), { x }), together, 'rows');
    const order = permutation(6, r);
    expectEqual(
      runReference(buildModel(layers(6)), { x: permuted(x, 0, order) }),
      { y: permuted(together['y'] as Tensor, 0, order) },
      'order',
    );
    const alone = buildModel(layers(1));
    for (let i = 0; i < 6; i++) {
      const item = (tensor: Tensor): Tensor => {
        const size = tensor.data.length / 6;
        return { ...tensor, shape: [1, ...tensor.shape.slice(1)], data: tensor.data.slice(i * size, (i + 1) * size) };
      };
      expectEqual(runReference(alone, { x: item(x) }), { y: item(together['y'] as Tensor) }, `item ${i}`);
    }
  });
});

describe('the layout', () => {
  it('should change no bit of a convolution and a pool between transposes', () => {
    const r = random(21);
    const w = wild(r, [4, 3, 3, 3]);
    const x = wild(r, [2, 3, 6, 5]);
    const body = (input: string, output: string) => [
      node('Conv', [input, 'w'], ['c'], { pads: [1, 0, 1, 0] }),
      node('AveragePool', ['c'], [output], { kernel_shape: [2, 2] }),
    ];
    const first = buildModel({
      inputs: { x: ['float32', [2, 3, 6, 5]] },
      outputs: { y: ['float32', [2, 4, 5, 2]] },
      constants: { w },
      nodes: body('x', 'y'),
    });
    const last = buildModel({
      inputs: { x: ['float32', [2, 6, 5, 3]] },
      outputs: { y: ['float32', [2, 5, 2, 4]] },
      constants: { w },
      nodes: [
        node('Transpose', ['x'], ['t'], { perm: [0, 3, 1, 2] }),
        ...body('t', 'p'),
        node('Transpose', ['p'], ['y'], { perm: [0, 2, 3, 1] }),
      ],
    });
    const { y } = runReference(first, { x });
    const channelsLast = [0, 2, 3, 1];
    expectEqual(runReference(last, { x: transposed(x, channelsLast) }), { y: transposed(y as Tensor, channelsLast) });
  });

  it('should change no bit of a product whose operands are stored the other way round', () => {
    const r = random(22);
    const [a, b] = [wild(r, [5, 33]), wild(r, [33, 4])];
    const outputs = { y: ['float32', [5, 4]] } as const;
    const plain = runReference(
      buildModel({
        inputs: { a: ['float32', [5, 33]], b: ['float32', [33, 4]] },
        outputs,
        nodes: [node('MatMul', ['a', 'b'], ['y'])],
      }),
      { a, b },
    );
    const turned = buildModel({
      inputs: { a: ['float32', [33, 5]], b: ['float32', [4, 33]] },
      outputs,
      nodes: [node('Gemm', ['a', 'b'], ['y'], { transA: 1, transB: 1 })],
    });
    const [at, bt] = [transposed(a, [1, 0]), transposed(b, [1, 0])];
    expectEqual(runReference(turned, { a: at, b: bt }), plain, 'Gemm');
    // (A B)' = B' A': rows and columns exchanged.
    const exchanged = buildModel({
      inputs: { a: ['float32', [33, 5]], b: ['float32', [4, 33]] },
      outputs: { y: ['float32', [4, 5]] },
      nodes: [node('MatMul', ['b', 'a'], ['y'])],
    });
    expectEqual(
      runReference(exchanged, { a: at, b: bt }),
      { y: transposed(plain['y'] as Tensor, [1, 0]) },
      'exchanged',
    );
  });
});

describe('the root', () => {
  const chain = (names: (name: string) => string, title = ''): GraphParts => {
    const r = random(31);
    const named = (op: string, inputs: string[], output: string, attributes = {}): NodeProto => ({
      ...node(op, inputs.map(names), [names(output)], attributes),
      name: title && `${title} ${output}`,
    });
    return {
      inputs: { [names('x')]: ['float32', [2, 6]] },
      outputs: { [names('y')]: ['float32', [2, 4]] },
      constants: { [names('w')]: r.normals([6, 4]), [names('b')]: r.normals([4]) },
      nodes: [
        named('Gemm', ['x', 'w', 'b'], 'g'),
        named('Relu', ['g'], 'r'),
        named('Softmax', ['r'], 's'),
        named('Exp', ['s'], 'y'),
      ],
    };
  };
  const rootOf = (parts: GraphParts) => programRoot(compile(buildModel(parts)));
  const same = (name: string) => name;
  const plain = rootOf(chain(same));

  it('should be the same for the same bytes', () => {
    for (const { name, file } of exampleModels()) {
      const onnx = readFileSync(file);
      const [first, second] = [compile(onnx), compile(Uint8Array.from(onnx))];
      expect(programRoot(second), name).to.equal(programRoot(first));
    }
  });

  it('should not depend on names of tensors and nodes', () => {
    expect(rootOf(chain((name) => `tensor/${name}`))).to.equal(plain);
    expect(rootOf(chain(same, 'a title'))).to.equal(plain);
  });

  it('should not depend on the order in which a file lists nodes and constants, if nodes need each other', () => {
    const { nodes, constants = {}, ...parts } = chain(same);
    const r = random(32);
    for (let round = 0; round < 6; round++) {
      const order = permutation(nodes.length, r);
      expect(rootOf({ ...parts, constants, nodes: order.map((i) => nodes[i] as NodeProto) }), `${order}`).to.equal(
        plain,
      );
    }
    const turned = Object.fromEntries(Object.entries(constants).reverse());
    expect(rootOf({ ...parts, constants: turned, nodes })).to.equal(plain);
  });

  it('should not depend on nodes and constants that no output needs', () => {
    const { nodes, constants = {}, ...parts } = chain(same);
    const more = {
      ...parts,
      constants: { ...constants, unused: random(33).normals([100]) },
      nodes: [node('Tanh', ['x'], ['dead']), ...nodes, node('Mul', ['dead', 'x'], ['deader'])],
    };
    expect(rootOf(more)).to.equal(plain);
  });

  it('should not depend on nodes that do nothing, or that do again what another did', () => {
    const { nodes, ...parts } = chain(same);
    const [gemm, relu, softmax, exp] = nodes as [NodeProto, NodeProto, NodeProto, NodeProto];
    const passed = [
      gemm,
      node('Identity', ['g'], ['i']),
      node('Transpose', ['i'], ['t'], { perm: [1, 0] }),
      node('Transpose', ['t'], ['u'], { perm: [1, 0] }),
      { ...relu, input: ['u'] },
      softmax,
      exp,
    ];
    expect(rootOf({ ...parts, nodes: passed })).to.equal(plain);
    const twice = [gemm, { ...gemm, output: ['again'] }, { ...relu, input: ['again'] }, softmax, exp];
    expect(rootOf({ ...parts, nodes: twice })).to.equal(plain);
  });

  it('should depend on what the model means', () => {
    const { nodes, constants = {}, ...parts } = chain(same);
    const w = constants['w'] as Tensor;
    const nudged = { ...w, data: w.data.slice() };
    nudged.data[5] = (nudged.data[5] as number) + 1;
    const roots = [
      plain,
      rootOf({ ...parts, nodes, constants: { ...constants, w: nudged } }),
      rootOf({ ...parts, nodes: nodes.with(3, node('Tanh', ['s'], ['y'])), constants }),
      rootOf({ ...parts, nodes: nodes.with(2, node('Softmax', ['r'], ['s'], { axis: 0 })), constants }),
      rootOf({ ...parts, nodes, constants, inputs: { x: ['float32', [3, 6]] }, outputs: { y: ['float32', [3, 4]] } }),
      rootOf({ ...parts, nodes, constants, outputs: { ...parts.outputs, r: ['float32', [2, 4]] } }),
    ];
    expect(new Set(roots).size).to.equal(roots.length);
  });

  it('should be of a program that gives the same outputs after all that', () => {
    const r = random(34);
    const x = r.normals([2, 6]);
    const { y } = executeNamed(compile(buildModel(chain(same))), { x });
    const { z } = executeNamed(compile(buildModel(chain((name) => (name === 'y' ? 'z' : name)))), { x });
    expectEqual({ y: z as Tensor }, { y: y as Tensor });
  });
});
