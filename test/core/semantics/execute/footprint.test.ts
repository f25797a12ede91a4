import { expect } from 'chai';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { executionBytes, programBytes } from '#core/semantics/execute/footprint.ts';
import { tensorFrom } from '#core/tensor.ts';

describe('the memory of an execution', () => {
  it('should be its inputs and the most that lives at a time', () => {
    const program = compile(
      buildModel({
        inputs: { x: ['float32', [10]] },
        outputs: { y: ['float32', [10]], d: ['float32', [10, 10]] },
        constants: {
          w: tensorFrom(
            'float32',
            [10, 1],
            Array.from({ length: 10 }, (_, i) => i),
          ),
        },
        nodes: [
          node('Exp', ['x'], ['a']), // 40 bytes, to the end of b
          node('Mul', ['a', 'w'], ['b']), // 400 bytes, to the end of d: the most, with c and d
          node('Neg', ['b'], ['c']), // 400 bytes, to the end of d
          node('Add', ['b', 'c'], ['d']), // 400 bytes, an output
          node('Tanh', ['x'], ['y']), // 40 bytes, an output
        ],
      }),
    );
    expect(executionBytes(program)).to.equal(40 + 3 * 400);
    expect(programBytes(program)).to.equal(3 * 40);
  });

  it('should be as well where each tap of a sum and each candidate of a selection is', () => {
    const bytesOf = (op: string, y: 'float32' | 'int64') => {
      const nodes = [node('Exp', ['x'], ['a']), node(op, ['a'], ['y'], { keepdims: 0 })];
      const model = buildModel({ inputs: { x: ['float32', [1_000]] }, outputs: { y: [y, []] }, nodes });
      return executionBytes(compile(model));
    };
    const [inputs, exp, place] = [4_000, 4_000, 4_000];
    expect(bytesOf('ReduceSum', 'float32')).to.equal(inputs + exp + 4 + place);
    expect(bytesOf('ArgMax', 'int64')).to.equal(inputs + exp + 8 + 3 * place);
  });
});
