import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import { type Attribute, buildModel, type GraphParts, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { OPERATORS } from '#core/semantics/compile/operators.ts';
import { type Dtype, type Tensor, tensorFrom } from '#core/tensor.ts';
import { exampleModels } from '../../../support/models.ts';
import { seeded } from '../../../support/seeded.ts';

/** Compiles or refuses by a named error; anything else is a fault of the compiler. */
function outcome(onnx: Uint8Array, opset?: number): string {
  try {
    compile(onnx, { limits: { foldElements: 2 ** 22, operators: 5000 } });
    return 'compiled';
  } catch (error) {
    // A refusal that wraps another error is a fault of the compiler.
    if (isProtocolError(error) && (error.cause === undefined || isProtocolError(error.cause))) return error.code;
    throw new Error(`opset ${opset}: ${(error as Error).stack}`, { cause: error });
  }
}

describe('compiling files of strangers', () => {
  it('should compile or name what is wrong, whatever bytes are changed in a real model', () => {
    const { int: below } = seeded(41);
    const outcomes = new Map<string, number>();
    for (const { file } of exampleModels()) {
      const bytes = readFileSync(file);
      // The head of the file holds nodes and names; most of the rest is weights.
      const reach = Math.min(bytes.length, 6000);
      for (let round = 0; round < 60; round++) {
        const mutant = Uint8Array.from(bytes);
        for (let change = 0; change <= below(3); change++) mutant[below(reach)] = below(256);
        const code = outcome(mutant);
        outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
      }
    }
    expect(outcomes.get('compiled'), JSON.stringify([...outcomes])).to.be.greaterThan(0);
    expect(outcomes.size).to.be.greaterThan(2);
  });

  it('should not work for ever on constants: what is beyond the budget stays in the program', () => {
    const side = 400;
    const ones = { dtype: 'float32', shape: [side, side], data: new Float32Array(side * side).fill(2 ** -9) } as const;
    const names = Array.from({ length: 40 }, (_, i) => `p${i}`);
    const nodes = names.map((name, i) => node('MatMul', [i === 0 ? 'w' : `p${i - 1}`, 'w'], [name]));
    const program = compile(
      buildModel({
        inputs: {},
        outputs: { p39: ['float32', [side, side]] },
        constants: { w: ones },
        nodes,
      }),
    );
    // 64 million multiply-adds each: the budget of 2^30 is for 16 of them.
    expect(program.operators.filter(({ kind }) => kind === 'Dot')).to.have.length(24);
  });

  it('should refuse an integer sum of more terms than a step contract decides', () => {
    const running = (dtype: Dtype, length: number) =>
      buildModel({
        inputs: { x: [dtype, [length]] },
        outputs: { y: [dtype, [length]] },
        constants: { axis: tensorFrom('int64', [], [0]) },
        nodes: [node('CumSum', ['x', 'axis'], ['y'])],
      });
    expect(outcome(running('int32', 8192))).to.equal('compiled');
    expect(outcome(running('int32', 8193))).to.equal('compile.too_large');
    expect(outcome(running('int64', 8193))).to.equal('compile.too_large');
    expect(outcome(running('float32', 8193))).to.equal('compiled'); // in ranges
  });

  it('should refuse selections, sums and inputs that nobody could lay out, however few bytes they take in the file', () => {
    const expanded = (length: number, ...last: Parameters<typeof node>[]) =>
      buildModel({
        inputs: { x: ['float32', [1]] },
        outputs: { y: [last[0]?.[0] === 'ArgMax' ? 'int64' : 'float32', []] },
        constants: { shape: tensorFrom('int64', [1], [length]) },
        nodes: [node('Expand', ['x', 'shape'], ['e']), ...last.map((one) => node(...one))],
      });
    const argMax = ['ArgMax', ['e'], ['y'], { axis: 0, keepdims: 0 }] as Parameters<typeof node>;
    const sum = ['ReduceSum', ['e'], ['y'], { keepdims: 0 }] as Parameters<typeof node>;
    const refuses = (model: Uint8Array, what: string) =>
      expect(() => compile(model))
        .to.throw(ProtocolError)
        .with.nested.property('payload.what', what);
    compile(expanded(2 ** 22, argMax));
    refuses(expanded(2 ** 22 + 1, argMax), 'taps of one element');
    refuses(expanded(2 ** 24 + 1, sum), 'taps of one element');
    const wide = buildModel({
      inputs: { x: ['int8', [2 ** 25 + 1, 64]] },
      outputs: { y: ['int8', [64]] },
      constants: { row: tensorFrom('int64', [], [0]) },
      nodes: [node('Gather', ['x', 'row'], ['y'])],
    });
    refuses(wide, 'elements of a tensor');
  });

  it('should compile or refuse every operator with any inputs, attributes and opset', () => {
    const { int: below } = seeded(43);
    const dtypes: readonly Dtype[] = ['float32', 'float32', 'float32', 'int64', 'int32', 'uint8', 'int8', 'bool'];
    const pick = <T>(list: readonly T[]) => list[below(list.length)] as T;
    const NUMBERS = [-1, 0, 1, 2, 3, -2, 7, 100, 2 ** 31, 2 ** 40, -(2 ** 40), Number.MAX_SAFE_INTEGER] as const;
    const names = (
      'axis axes perm keepdims kernel_shape strides pads dilations group auto_pad mode alpha beta transA transB shape to k largest ' +
      'sorted exclusive reverse blocksize equation direction hidden_size layout linear_before_reset activations clip epsilon momentum ' +
      'num_outputs split starts ends value value_ints upper batch_dims count_include_pad ceil_mode storage_order allowzero start end ' +
      'scales coordinate_transformation_mode nearest_mode cubic_coeff_a antialias num_groups broadcast noop_with_empty_axes output_shape ' +
      'output_padding select_last_index stash_type block_size gamma approximate training_mode dtype'
    ).split(' ');
    const strings = [
      'SAME_UPPER',
      'SAME_LOWER',
      'VALID',
      'NOTSET',
      'linear',
      'cubic',
      'nearest',
      'reflect',
      'edge',
      'wrap',
      'constant',
      'DCR',
      'CRD',
      'ij,jk->ik',
      'ii->i',
      '...i,ij',
      'a->',
      'forward',
      'reverse',
      'bidirectional',
      'tanh',
      'align_corners',
      'nonsense',
      '',
    ] as const;
    const randomTensor = (): Tensor => {
      const dtype = pick(dtypes);
      const shape = Array.from({ length: below(3) }, () => 1 + below(4));
      const count = shape.reduce((product, dim) => product * dim, 1);
      const values = Array.from({ length: count }, () =>
        dtype === 'bool' || dtype === 'uint8' ? below(2) : below(7) - 2,
      );
      return tensorFrom(dtype, shape, values);
    };
    const randomAttribute = (): Attribute => {
      switch (below(6)) {
        case 0:
          return pick(NUMBERS);
        case 1:
          return Array.from({ length: below(5) }, () => pick(NUMBERS));
        case 2:
          return Array.from({ length: 1 + below(3) }, () => 1 + below(3));
        case 3:
          return pick(strings);
        case 4:
          return { float: below(9) - 4 };
        default:
          return randomTensor();
      }
    };
    const ops = [...OPERATORS.keys()];
    const compiled = new Set<string>();
    for (let round = 0; round < 120 * ops.length; round++) {
      const op = ops[round % ops.length] as string;
      const parts: { inputs: GraphParts['inputs']; constants: Record<string, Tensor> } = { inputs: {}, constants: {} };
      const inputs: Record<string, readonly [Dtype, readonly number[]]> = {};
      const main = pick(dtypes);
      const names2 = Array.from({ length: below(6) }, (_, i) => {
        const kind = below(10);
        if (kind === 0) return '';
        const name = `x${i}`;
        if (kind < 4) parts.constants[name] = randomTensor();
        else
          inputs[name] = [
            kind < 8 ? main : pick(dtypes),
            Array.from({ length: below(6) }, () => (below(12) === 0 ? 0 : 1 + below(4))),
          ];
        return name;
      });
      const attributes: Record<string, Attribute> = {};
      for (let i = below(4); i > 0; i--) attributes[pick(names)] = randomAttribute();
      const outputs = Array.from({ length: 1 + below(3) }, (_, i) => `y${i}`);
      const graph: GraphParts = {
        inputs,
        outputs: Object.fromEntries(outputs.map((name) => [name, [main, []] as const])),
        constants: parts.constants,
        nodes: [node(op, names2, outputs, attributes)],
      };
      const opset = 1 + below(26);
      if (outcome(buildModel(graph, opset), opset) === 'compiled') compiled.add(op);
    }
    // It also gets through: a fuzz that is always refused at the door shows nothing.
    expect(compiled.size).to.be.greaterThan(ops.length / 3);
  });
});
