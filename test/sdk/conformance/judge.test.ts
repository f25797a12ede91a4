/** A case may be anything: whatever it is, there is a verdict, and it is the right one. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { buildModel, type GraphParts, node } from '#core/onnx/build.ts';
import { encodeTensorProto } from '#core/onnx/tensorProto.ts';
import { type Tensor, tensorFrom } from '#core/tensor.ts';
import { judge } from '../../../sdk/conformance/judge.ts';
import { scratch } from '../../support/graphs.ts';

const neg = (shape: readonly number[]): GraphParts => ({
  inputs: { x: ['float32', shape] },
  outputs: { y: ['float32', shape] },
  nodes: [node('Neg', ['x'], ['y'])],
});
const floats = (...values: number[]) => tensorFrom('float32', [values.length], values);
const none: Tensor = { dtype: 'float32', shape: [0], data: new Float32Array(0) };

interface Given {
  readonly model: GraphParts | Uint8Array;
  readonly sets?: readonly { readonly inputs: readonly Tensor[]; readonly outputs: readonly Tensor[] }[];
  /** Files of the first data set besides. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

describe('the verdict on a case', () => {
  const directory = scratch();
  after(() => directory.remove());
  let count = 0;

  function verdict({ model, sets = [], files = {} }: Given) {
    const name = `case${count++}`;
    const folder = path.join(directory.path, name);
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'model.onnx'), model instanceof Uint8Array ? model : buildModel(model));
    sets.forEach(({ inputs, outputs }, k) => {
      const set = path.join(folder, `test_data_set_${k}`);
      mkdirSync(set);
      inputs.forEach((tensor, i) => {
        writeFileSync(path.join(set, `input_${i}.pb`), encodeTensorProto(tensor));
      });
      outputs.forEach((tensor, i) => {
        writeFileSync(path.join(set, `output_${i}.pb`), encodeTensorProto(tensor));
      });
      if (k === 0) for (const [file, bytes] of Object.entries(files)) writeFileSync(path.join(set, file), bytes);
    });
    return judge(directory.path, name);
  }

  const expectReason = (given: Given, status: string, reason: RegExp) => {
    const found = verdict(given);
    expect(`${found.status}: ${found.reason}`).to.match(new RegExp(`^${status}: .*${reason.source}`, 's'));
  };

  it('should be passed for equal outputs, in every data set', () => {
    const set = { inputs: [floats(1, -2)], outputs: [floats(-1, 2)] };
    expect(verdict({ model: neg([2]), sets: [set, set] })).to.include({ status: 'passed', worstAbs: 0 });
    const bad = { inputs: [floats(1, -2)], outputs: [floats(-1, 3)] };
    expectReason(
      { model: neg([2]), sets: [set, bad] },
      'failed',
      /test_data_set_1: output y: element 1 is 2, wanted 3/,
    );
  });

  it('should allow floats the tolerance of the suite and no more, and tell the worst error', () => {
    const set = (y: number) => ({ inputs: [floats(1)], outputs: [floats(y)] });
    const near = verdict({ model: neg([1]), sets: [set(-1.0009)] });
    expect(near.status).to.equal('passed');
    expect(near.worstAbs).to.be.greaterThan(0.0008).and.lessThan(0.001);
    expectReason({ model: neg([1]), sets: [set(-1.0011)] }, 'failed', /the worst error is 0\.001/);
  });

  it('should allow nothing where elements are only moved, or are whole numbers', () => {
    const moved: GraphParts = { ...neg([1]), nodes: [node('Identity', ['x'], ['y'])] };
    const y = floats(1.0000001);
    expectReason({ model: moved, sets: [{ inputs: [floats(1)], outputs: [y] }] }, 'failed', /element 0/);
    const whole: GraphParts = {
      inputs: { x: ['int32', [1]] },
      outputs: { y: ['int32', [1]] },
      nodes: [node('Neg', ['x'], ['y'])],
    };
    const ints = (value: number) => tensorFrom('int32', [1], [value]);
    expectReason({ model: whole, sets: [{ inputs: [ints(9_999)], outputs: [ints(-9_998)] }] }, 'failed', /-9999/);
  });

  it('should name the first element that differs', () => {
    const sets = [{ inputs: [floats(1, 2, 3, 4)], outputs: [floats(-1, -2.5, -3, -9)] }];
    expectReason({ model: neg([4]), sets }, 'failed', /element 1 is -2, wanted -2.5; 2 of 4 elements/);
  });

  it('should be failed for another dtype, shape, number of outputs or inputs', () => {
    const outputs = (...list: Tensor[]) => ({ model: neg([1]), sets: [{ inputs: [floats(1)], outputs: list }] });
    expectReason(outputs(tensorFrom('int32', [1], [-1])), 'failed', /is float32 \[1\], wanted int32 \[1\]/);
    expectReason(outputs(tensorFrom('float32', [1, 1], [-1])), 'failed', /wanted float32 \[1, 1\]/);
    expectReason(outputs(), 'failed', /has 1 outputs, the case 0/);
    expectReason(outputs(floats(-1), floats(-1)), 'failed', /has 1 outputs, the case 2/);
    expectReason({ model: neg([1]), sets: [{ inputs: [], outputs: [floats(1)] }] }, 'failed', /takes 1 inputs/);
  });

  it('should compare tensors without elements', () => {
    expect(verdict({ model: neg([0]), sets: [{ inputs: [none], outputs: [none] }] }).status).to.equal('passed');
    expectReason(
      { model: neg([0]), sets: [{ inputs: [none], outputs: [floats(1)] }] },
      'failed',
      /wanted float32 \[1\]/,
    );
  });

  it('should treat NaN as equal to NaN alone, and infinities as equal to themselves', () => {
    const set = (y: number) => [{ inputs: [floats(Number.NaN)], outputs: [floats(y)] }];
    expect(verdict({ model: neg([1]), sets: set(Number.NaN) }).status).to.equal('passed');
    expect(verdict({ model: neg([1]), sets: set(1) }).status).to.equal('failed');
    const infinite = [{ inputs: [floats(Number.POSITIVE_INFINITY)], outputs: [floats(-3e38)] }];
    expect(verdict({ model: neg([1]), sets: infinite }).status).to.equal('failed');
  });

  it('should bind inputs that have to be constants, and say which', () => {
    const model: GraphParts = {
      inputs: { x: ['float32', [2, 3]], shape: ['int64', [1]] },
      outputs: { y: ['float32', [6]] },
      nodes: [node('Reshape', ['x', 'shape'], ['y'])],
    };
    const x = tensorFrom('float32', [2, 3], [1, 2, 3, 4, 5, 6]);
    const set = (size: number) => [
      { inputs: [x, tensorFrom('int64', [1], [size])], outputs: [floats(1, 2, 3, 4, 5, 6)] },
    ];
    expect(verdict({ model, sets: set(6) }))
      .to.include({ status: 'passed' })
      .with.property('bound')
      .deep.equal(['shape']);
    expectReason({ model, sets: set(5) }, 'unsupported', /Reshape/);
  });

  it('should take free dimensions and unknown ranks from the data', () => {
    const model: GraphParts = {
      ...neg([]),
      inputs: { x: ['float32', ['a', 'b']] },
      outputs: { y: ['float32', ['a', 'b']] },
    };
    const x = tensorFrom('float32', [2, 2], [1, 2, 3, 4]);
    const y = tensorFrom('float32', [2, 2], [-1, -2, -3, -4]);
    expect(verdict({ model, sets: [{ inputs: [x], outputs: [y] }] }).status).to.equal('passed');
  });

  it('should be unsupported for what is outside the semantics, with the reason of the compiler or reader', () => {
    const one = [{ inputs: [floats(1)], outputs: [floats(1)] }];
    const unknown: GraphParts = { ...neg([1]), nodes: [node('Bernoulli', ['x'], ['y'])] };
    expectReason({ model: unknown, sets: one }, 'unsupported', /compile\.unsupported_operator: Operator Bernoulli/);
    const half = Uint8Array.of(8, 1, 16, 10, 74, 2, 0, 60); // float16 [1]
    const files = { 'output_0.pb': half };
    expectReason({ model: neg([1]), sets: one, files }, 'unsupported', /output y is of element type 10/);
  });

  it('should be failed, not a crash, for damaged files', () => {
    expectReason({ model: Uint8Array.of(1, 2, 3) }, 'failed', /onnx\.malformed/);
    expectReason({ model: neg([1]) }, 'failed', /no folder test_data_set/);
    const one = [{ inputs: [floats(1)], outputs: [floats(1)] }];
    const files = { 'input_0.pb': Uint8Array.of(255, 255, 255) };
    expectReason({ model: neg([1]), sets: one, files }, 'failed', /onnx\.malformed/);
    expect(judge(directory.path, 'nothing').status).to.equal('failed');
  });
});
