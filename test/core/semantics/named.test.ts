import { expect } from 'chai';
import { buildModel, type GraphParts, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { executeNamed } from '#core/semantics/execute/named.ts';
import { type Tensor, tensorFrom } from '#core/tensor.ts';
import { expectEqual } from '../../support/semantics.ts';

const floats = (shape: readonly number[], ...values: number[]): Tensor => tensorFrom('float32', shape, values);

describe('a program on tensors by name', () => {
  const rows: GraphParts = {
    inputs: { x: ['float32', ['N', 2]], y: ['float32', ['N', 2]], s: ['float32', [1, 2]] },
    outputs: { z: ['float32', ['N', 2]] },
    nodes: [node('Sub', ['x', 'y'], ['d']), node('Mul', ['d', 's'], ['z'])],
  };
  const program = compile(buildModel(rows));
  const s = floats([1, 2], 1, 10);
  const [x, y] = [floats([3, 2], 1, 2, 3, 4, 5, 6), floats([3, 2], 0, 0, 1, 1, 2, 2)];
  const reason = (inputs: Record<string, Tensor>): string => {
    try {
      executeNamed(program, inputs);
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing thrown';
  };

  it('should run rows one by one and join them; other inputs are the same for all', () => {
    expectEqual(executeNamed(program, { s, y, x }), { z: floats([3, 2], 1, 20, 2, 30, 3, 40) });
    const one = { x: floats([1, 2], 1, 2), y: floats([1, 2], 0, 0), s };
    expectEqual(executeNamed(program, one), { z: floats([1, 2], 1, 20) });
  });

  it('should refuse by name what does not fit', () => {
    expect(reason({ x, s })).to.match(/^execute\.input: Input y .*missing; given: x, s/);
    expect(reason({ x, y, s, q: s })).to.match(/Input q .*no such input; it takes: x, y, s/);
    expect(reason({ x, y: floats([1, 2], 1, 2), s })).to.match(/Input y .*has 1 rows, another input has 3/);
    expect(reason({ x: floats([3, 1], 1, 2, 3), y, s })).to.match(/Input x .*has shape \[1,1\]/);
    expect(reason({ x: tensorFrom('int32', [3, 2], [1, 2, 3, 4, 5, 6]), y, s })).to.match(/Input x .*is int32/);
    const none: Tensor = { dtype: 'float32', shape: [0, 2], data: new Float32Array(0) };
    expect(reason({ x: none, y: none, s })).to.match(/Input x .*no rows/);
    expect(reason({ x: floats([], 1), y, s })).to.match(/Input x .*no rows/);
  });

  it('should run several rows only if every output has them', () => {
    const summed = compile(
      buildModel({
        inputs: { x: ['float32', ['N', 2]] },
        outputs: { z: ['float32', ['N', 2]], sum: ['float32', []] },
        nodes: [node('Neg', ['x'], ['z']), node('ReduceSum', ['x'], ['sum'], { keepdims: 0 })],
      }),
    );
    const found = executeNamed(summed, { x: floats([1, 2], 1, 2) });
    expectEqual(found, { z: floats([1, 2], -1, -2), sum: floats([], 3) });
    expect(() => executeNamed(summed, { x })).to.throw(/x .*3 rows, but output sum is not one of rows/);
  });

  it('should pass over inputs without elements, which no program has', () => {
    const joined = compile(
      buildModel({
        inputs: { x: ['float32', [2]], nothing: ['float32', [0]] },
        outputs: { y: ['float32', [2]] },
        nodes: [node('Concat', ['nothing', 'x'], ['y'], { axis: 0 })],
      }),
    );
    const nothing: Tensor = { dtype: 'float32', shape: [0], data: new Float32Array(0) };
    const given = floats([2], 1, 2);
    for (const inputs of [{ x: given }, { x: given, nothing }] as Record<string, Tensor>[])
      expectEqual(executeNamed(joined, inputs), { y: given });
  });
});
