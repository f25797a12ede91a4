import { expect } from 'chai';
import { buildModel, type GraphParts, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { type Continuity, continuityOf } from '#core/semantics/tolerance/continuity.ts';
import { tensorFrom } from '#core/tensor.ts';

type Attributes = Parameters<typeof node>[3];
interface Case {
  readonly attributes?: Attributes;
  /** Inputs after h. */
  readonly more?: readonly string[];
  /** Of the first output, or of each. */
  readonly is: Continuity | readonly Continuity[];
}

/** h is a computed float32 [1, 4, 6, 6]; every operator is applied to it. */
const cases: Readonly<Record<string, Case>> = {
  Relu: { is: 'continuous' },
  LeakyRelu: { is: 'continuous' },
  PRelu: { more: ['slope'], is: 'continuous' },
  Elu: { is: 'continuous' },
  Selu: { is: 'continuous' },
  Celu: { is: 'continuous' },
  HardSigmoid: { is: 'continuous' },
  HardSwish: { is: 'continuous' },
  Softplus: { is: 'continuous' },
  Softsign: { is: 'continuous' },
  Sigmoid: { is: 'continuous' },
  Clip: { more: ['zero', 'one'], is: 'continuous' },
  Softmax: { is: 'continuous' },
  LogSoftmax: { is: 'continuous' },
  MaxPool: { attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }, is: 'continuous' },
  AveragePool: { attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }, is: 'continuous' },
  GlobalMaxPool: { is: 'continuous' },
  GlobalAveragePool: { is: 'continuous' },
  ReduceMax: { attributes: { axes: [1, 3] }, is: 'continuous' },
  ReduceMin: { attributes: { axes: [2] }, is: 'continuous' },
  ReduceL1: { attributes: { axes: [2] }, is: 'continuous' },
  ReduceL2: { attributes: { axes: [2] }, is: 'continuous' },
  ReduceProd: { attributes: { axes: [2] }, is: 'continuous' },
  Transpose: { attributes: { perm: [3, 2, 1, 0] }, is: 'continuous' },
  TopK: { more: ['two'], is: ['continuous', 'discontinuous'] },
  ArgMax: { attributes: { axis: 1 }, is: 'discontinuous' },
  ArgMin: { attributes: { axis: 1 }, is: 'discontinuous' },
  ThresholdedRelu: { is: 'discontinuous' },
  Round: { is: 'discontinuous' },
  Floor: { is: 'discontinuous' },
  Ceil: { is: 'discontinuous' },
  Sign: { is: 'discontinuous' },
  Greater: { more: ['zero'], is: 'discontinuous' },
  QuantizeLinear: { more: ['one'], is: 'discontinuous' },
  // Its scale too: that of a range of 0 is 1.
  DynamicQuantizeLinear: { is: ['discontinuous', 'discontinuous', 'discontinuous'] },
};

function modelOf(op: string, { attributes, more = [], is }: Case): Uint8Array {
  const outputs = typeof is === 'string' ? ['y'] : is.map((_, i) => `y${i}`);
  const parts: GraphParts = {
    inputs: { x: ['float32', [1, 4, 6, 6]] },
    outputs: Object.fromEntries(outputs.map((name) => [name, ['float32', ['n']]])),
    constants: {
      zero: tensorFrom('float32', [], [0]),
      one: tensorFrom('float32', [], [1]),
      two: tensorFrom('int64', [1], [2n]),
      slope: tensorFrom('float32', [4, 1, 1], [0.1, 0.2, 0.3, 0.4]),
    },
    nodes: [node('Exp', ['x'], ['h']), node(op, ['h', ...more], outputs, attributes)],
  };
  return buildModel(parts, 17);
}

describe('which ONNX operators let outputs jump', () => {
  for (const [op, entry] of Object.entries(cases))
    it(`${op}: ${entry.is}`, () => {
      const found = continuityOf(compile(modelOf(op, entry))).map(({ continuity }) => continuity);
      expect(found).to.deep.equal(typeof entry.is === 'string' ? [entry.is] : entry.is);
    });
});
