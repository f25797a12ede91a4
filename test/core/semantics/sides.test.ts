import { expect } from 'chai';
import { buildModel, type GraphParts, node } from '#core/onnx/build.ts';
import { hashesOf, type NamedSpec, parseSchema } from '#core/protocol/schema.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { sidesDifference, sidesOf } from '#core/semantics/sides.ts';

const GRAPH: GraphParts = {
  inputs: { x: ['float32', [4]], z: ['float32', [4]] },
  outputs: { a: ['float32', [4]], b: ['float32', [4]] },
  nodes: [node('Sub', ['x', 'z'], ['a']), node('Abs', ['x'], ['b'])],
};
const of = (parts: GraphParts) => sidesOf(compile(buildModel(parts)));
const spec = (name: string, shape: number[] = [4], dtype: NamedSpec['dtype'] = 'float32') => ({ name, dtype, shape });
const [x, z, a, b] = [spec('x'), spec('z'), spec('a'), spec('b')];

describe('a card beside the program of its model', () => {
  const program = of(GRAPH);
  const difference = (inputs: readonly NamedSpec[], outputs: readonly NamedSpec[]) =>
    sidesDifference(parseSchema({ inputs, outputs }), program);

  it('lists the same tensors in the same order', () => {
    expect(difference([x, z], [a, b])).to.equal(undefined);
  });

  it('may differ in what no hash on chain knows: the order of tensors of one type', () => {
    const hashes = (...outputs: NamedSpec[]) => hashesOf(parseSchema({ inputs: [x, z], outputs }));
    expect(hashes(b, a)).to.deep.equal(hashes(a, b));
    expect(difference([x, z], [b, a])).to.equal(
      "the card's outputs are b float32 [4], a float32 [4], the model's a float32 [4], b float32 [4]",
    );
    expect(difference([z, x], [a, b])).to.equal(
      "the card's inputs are z float32 [4], x float32 [4], the model's x float32 [4], z float32 [4]",
    );
  });

  it('may lack a tensor, add one or name one otherwise', () => {
    expect(difference([x, z], [a])).to.match(
      /^the card's outputs are a float32 \[4\], the model's a .*, b float32 \[4\]$/,
    );
    expect(difference([x], [a, b])).to.match(/^the card's inputs are x float32 \[4\], the model's /);
    expect(difference([x, z], [a, b, spec('c')])).to.match(/^the card's outputs are .*c float32 \[4\], the model's /);
    expect(difference([x, z], [a, spec('c')])).to.match(/^the card's outputs are .*c float32 \[4\], the model's /);
  });

  it('may have another shape or dtype', () => {
    for (const other of [spec('b', [5]), spec('b', [2, 2]), spec('b', []), spec('b', [4], 'int32')])
      expect(difference([x, z], [a, other]), JSON.stringify(other)).to.match(/^the card's outputs are /);
    for (const other of [spec('z', [5]), spec('z', [4], 'int32')])
      expect(difference([x, other], [a, b]), JSON.stringify(other)).to.match(/^the card's inputs are /);
  });

  it('leaves a leading dimension free only where the model does, and may fix one that is free', () => {
    const by = (...shape: (number | string)[]): GraphParts => ({
      inputs: { x: ['float32', shape] },
      outputs: { y: ['float32', shape] },
      nodes: [node('Neg', ['x'], ['y'])],
    });
    const card = (rows: number) => ({ inputs: [spec('x', [rows, 4])], outputs: [spec('y', [rows, 4])] });
    expect(of(by('n', 4))).to.deep.equal(card(-1));
    expect(sidesDifference(card(-1), of(by('n', 4)))).to.equal(undefined);
    expect(sidesDifference(card(1), of(by('n', 4)))).to.equal(undefined);
    expect(sidesDifference(card(2), of(by('n', 4)))).to.contain("the model's x float32 [N, 4]");
    expect(sidesDifference(card(1), of(by(1, 4)))).to.equal(undefined);
    expect(sidesDifference(card(-1), of(by(1, 4)))).to.equal(
      "the card's inputs are x float32 [N, 4], the model's x float32 [1, 4]",
    );
  });

  it('does not list outputs without elements, which no schema can', () => {
    const nothing = { dtype: 'float32', shape: [0], data: new Float32Array(0) } as const;
    const program = of({
      inputs: { x: ['float32', [4]] },
      outputs: { none: ['float32', [0]], y: ['float32', [4]] },
      constants: { nothing },
      nodes: [node('Identity', ['nothing'], ['none']), node('Neg', ['x'], ['y'])],
    });
    expect(program.outputs).to.deep.equal([spec('y')]);
    expect(sidesDifference({ inputs: [x], outputs: [spec('y')] }, program)).to.equal(undefined);
  });

  it('is told of in few words, whatever names a file has', () => {
    const many = Array.from({ length: 30 }, (_, i) => spec(`t${i}`));
    const others = many.map((one, i) => (i === 20 ? spec(`\u001b[2J${'long'.repeat(1000)}`) : one));
    const told = sidesDifference({ inputs: others, outputs: [b] }, { inputs: many, outputs: [b] }) ?? '';
    expect(told).to.match(
      /^the card's inputs are 20 others, "\\u001b\[2Jlong.*\.\.\." float32 \[4\], t21 .*, 2 more, /,
    );
    expect(told).to.match(/the model's 20 others, t20 float32 \[4\], /);
    expect(told.length).to.be.lessThan(600);
  });
});
