import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { buildModel, type GraphParts, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { programRoot } from '#core/semantics/record.ts';
import { type Tensor, tensorFrom } from '#core/tensor.ts';
import { assess } from '../../../sdk/publishing/assess.ts';
import { assessmentJson } from '../../../sdk/publishing/assessment.ts';
import { assessmentTable } from '../../../sdk/publishing/table.ts';
import { exampleModel } from '../../support/models.ts';
import { rejectsLater } from '../../support/rejects.ts';

/** Weights of a kind of matrix, from a linear congruential generator; about normal. */
function weights(shape: readonly number[], scale: number): Tensor {
  let state = 5;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const count = shape.reduce((product, dim) => product * dim, 1);
  return tensorFrom(
    'float32',
    shape,
    Array.from({ length: count }, () => scale * (uniform() + uniform() + uniform()) * 2),
  );
}

const x = { x: ['float32', [1, 16]] } as const;
const card = (
  outputs: readonly object[],
  inputs: readonly object[] = [{ name: 'x', dtype: 'float32', shape: [1, 16] }],
) => ({ inputs, outputs });
const output = (name: string, shape: readonly number[], dtype = 'float32') => ({ name, dtype, shape });

/** x W, then more nodes on h. */
const layered = (
  scale: number,
  nodes: GraphParts['nodes'],
  outputs: GraphParts['outputs'],
  constants = {},
): Uint8Array =>
  buildModel({
    inputs: x,
    outputs,
    constants: { w: weights([16, 4], scale), one: tensorFrom('float32', [], [1]), ...constants },
    nodes: [node('MatMul', ['x', 'w'], ['h']), ...nodes],
  });

describe('assessing a model', () => {
  it('should fit a relative tolerance to a softmax, which no cheat passes', async function () {
    this.timeout(300_000);
    const { file, card: digits, vectors } = exampleModel('digits-cnn');
    const onnx = readFileSync(file);
    const found = await assess(onnx, digits, { samples: vectors.slice(0, 8).map(({ inputs }) => inputs), generate: 8 });
    expect(found.programRoot).to.equal(programRoot(compile(onnx)));
    expect(found.refusals).to.deep.equal([]);
    expect(found.rejected).to.equal(0);
    expect(found.outputs[0]).to.include({ name: 'probs', continuity: 'continuous' });
    expect(Object.keys(found.outputs[0]?.deviations ?? {})).to.deep.equal([
      '1 thread',
      '2 threads',
      'unoptimised',
      '16 rows',
    ]);
    expect(found.tolerance?.rtol).to.be.within(2 ** 32 * 1e-6, 2 ** 32 * 1e-3);
    expect(found.tolerance?.atol).to.be.below(0x20000000); // 1e-19: next to nothing
    for (const cheat of found.cheats) {
      expect(cheat.caught, cheat.name).to.equal(1);
      expect(cheat.least, cheat.name).to.be.greaterThan(2);
    }
    expect(found.cheats.map(({ name }) => name)).to.deep.equal(['TF32 products', 'fp16 weights', 'int8 weights']);
    const table = assessmentTable(found);
    for (const words of ['probs', 'continuous', 'rtol', 'TF32 products', '100.0 %']) expect(table).to.contain(words);
    expect(JSON.parse(assessmentJson(found)).multiplyAdds).to.equal(String(found.multiplyAdds));
  });

  it('should refuse an output that can jump, and say what does it', async () => {
    const onnx = layered(1, [node('Round', ['h'], ['y'])], { y: ['float32', [1, 4]] });
    const found = await assess(onnx, card([output('y', [1, 4])]));
    expect(found.tolerance).to.equal(undefined);
    expect(found.refusals.join()).to.match(/Output y can jump: Round \(operator 1\)/);
    expect(found.cheats).to.deep.equal([]);
    expect(assessmentTable(found)).to.contain('exact mode only');
  });

  it('should refuse a weight that is no finite number, but not a mask of infinities', async () => {
    const infinite = tensorFrom('float32', [4, 4], [...Array(15).fill(1), Number.NEGATIVE_INFINITY]);
    const by = (op: string) =>
      assess(
        layered(
          1,
          [node(op, ['h', 'w0'], ['y'])],
          { y: ['float32', [1, 4]] },
          { w0: op === 'Add' ? tensorFrom('float32', [4], [0, 0, 0, Number.NEGATIVE_INFINITY]) : infinite },
        ),
        card([output('y', [1, 4])]),
        { generate: 8 },
      );
    expect((await by('MatMul')).refusals.join()).to.contain('is not a finite number');
    expect((await by('Add')).refusals).to.deep.equal([]);
  });

  it('should refuse a chaotic output', async () => {
    const steps = Array.from({ length: 60 }, (_, i) => [
      node('Mul', [i === 0 ? 'h' : `s${i}`, 'four'], [`m${i}`]),
      node('Sin', [`m${i}`], [i === 59 ? 'y' : `s${i + 1}`]),
    ]).flat();
    const onnx = layered(1, steps, { y: ['float32', [1, 4]] }, { four: tensorFrom('float32', [], [4]) });
    const found = await assess(onnx, card([output('y', [1, 4])]), { generate: 8 });
    expect(found.outputs[0]?.continuity).to.equal('continuous');
    expect(found.refusals.join()).to.contain('Output y is chaotic');
    expect(found.tolerance).to.equal(undefined);
  });

  it('should promise equality where nothing is computed in floats', async () => {
    const onnx = buildModel({
      inputs: { i: ['int32', [1, 4]] },
      outputs: { y: ['int32', [1, 4]] },
      nodes: [node('Add', ['i', 'i'], ['y'])],
    });
    const found = await assess(onnx, card([output('y', [1, 4], 'int32')], [output('i', [1, 4], 'int32')]), {
      generate: 4,
    });
    expect(found.outputs[0]).to.include({ continuity: 'exact', equal: 1, sensitivity: 0 });
    expect(found.tolerance).to.deep.equal({ atol: 0, rtol: 0 });
  });

  it('should advise to show what a saturated sigmoid hides', async () => {
    const sigmoid = (out: string) => [
      node('Neg', ['h'], ['n']),
      node('Exp', ['n'], ['e']),
      node('Add', ['e', 'one'], ['s']),
      node('Reciprocal', ['s'], [out]),
    ];
    const hidden = await assess(layered(40, sigmoid('p'), { p: ['float32', [1, 4]] }), card([output('p', [1, 4])]));
    expect(hidden.refusals).to.deep.equal([]);
    expect(hidden.advice.join()).to.match(/before the sigmoid of output p/);
    const shown = await assess(
      layered(40, [...sigmoid('p'), node('Identity', ['h'], ['logit'])], {
        p: ['float32', [1, 4]],
        logit: ['float32', [1, 4]],
      }),
      card([output('p', [1, 4]), output('logit', [1, 4])]),
    );
    const caught = ({ cheats }: typeof shown) => cheats.find(({ name }) => name === 'fp16 weights')?.caught ?? 0;
    expect(caught(shown)).to.be.greaterThan(caught(hidden));
  });

  it('should refuse a card that is not the model’s', async () => {
    const onnx = layered(1, [node('Neg', ['h'], ['y'])], { y: ['float32', [1, 4]] });
    for (const wrong of [
      card([output('z', [1, 4])]),
      card([output('y', [1, 5])]),
      card([output('y', [1, 4], 'int32')]),
    ])
      await rejectsLater('publish.refused', assess(onnx, wrong));
  });

  it('should refuse a card in another order than the model’s', async () => {
    const outputs = { a: ['float32', [1, 4]], b: ['float32', [1, 4]] } as const;
    const onnx = layered(1, [node('Neg', ['h'], ['a']), node('Abs', ['h'], ['b'])], outputs);
    const [a, b] = [output('a', [1, 4]), output('b', [1, 4])];
    expect((await assess(onnx, card([a, b]), { generate: 2 })).refusals).to.deep.equal([]);
    const { message } = await rejectsLater('publish.refused', assess(onnx, card([b, a])));
    expect(message).to.contain("the card's outputs are b float32 [1, 4], a float32 [1, 4], the model's a ");
  });

  it('should name what has no program', async () => {
    const onnx = layered(1, [node('NonZero', ['h'], ['y'])], { y: ['int64', [2, 4]] });
    await rejectsLater('compile.unsupported_operator', assess(onnx, card([output('y', [2, 4], 'int64')])));
  });
});
