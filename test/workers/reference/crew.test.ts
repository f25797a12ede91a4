import { expect } from 'chai';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { dotTools } from '#core/semantics/execute/dot.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import { type Tensor, tensor } from '#core/tensor.ts';
import { pyramid } from '../../../scripts/generate/perfPyramid.ts';
import { createCrew } from '../../../workers/adapters/reference/crew.ts';
import { seeded } from '../../support/seeded.ts';

describe('a crew of threads', () => {
  const { normal } = seeded(71);
  const randomTensor = (shape: readonly number[]): Tensor =>
    tensor('float32', shape, Float32Array.from({ length: shape.reduce((n, dim) => n * dim, 1) }, normal));

  it('should give the bits and the counts of one thread, whatever its size', async () => {
    const model = pyramid();
    const program = compile(model.bytes);
    const inputs = [randomTensor(model.input[1])];
    const alone = execute(program, inputs, { tools: dotTools() });
    for (const members of [0, 1, 2]) {
      const crew = createCrew(members);
      const tools = crew.tools();
      // Twice: the second time from what the threads keep of the weights.
      for (let run = 1; run <= 2; run++) {
        const together = execute(program, inputs, { tools });
        expect(new Uint32Array(together.outputs[0]?.data.slice().buffer as ArrayBuffer)).to.deep.equal(
          new Uint32Array(alone.outputs[0]?.data.slice().buffer as ArrayBuffer),
        );
        expect(together.dots).to.deep.equal({ decided: run * alone.dots.decided, exact: run * alone.dots.exact });
      }
      await crew.close();
    }
  });

  it('should keep the constants of two programs apart and forget those of one', async () => {
    const product = (seed: number) =>
      compile(
        buildModel({
          inputs: { x: ['float32', [128, 128]] },
          outputs: { y: ['float32', [128, 128]] },
          constants: { w: tensor('float32', [128, 128], new Float32Array(16_384).fill(seed)) },
          nodes: [node('MatMul', ['x', 'w'], ['y'])],
        }),
      );
    const crew = createCrew(1);
    const programs = [product(1), product(2)].map((program) => ({ program, tools: crew.tools() }));
    const inputs = [randomTensor([128, 128])];
    const results = () => programs.map(({ program, tools }) => execute(program, inputs, { tools }).outputs[0]?.data[0]);
    const [one, two] = results() as [number, number];
    expect(two).to.equal(2 * one);
    crew.release((programs[0] as (typeof programs)[number]).tools);
    expect(results()).to.deep.equal([one, two]);
    await crew.close();
  });
});
