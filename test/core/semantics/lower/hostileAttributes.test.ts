/** Whatever the attributes and shapes of a node say, compiling either gives a program or refuses with a code, soon. */
import { expect } from 'chai';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import { wordOf } from '#core/hex.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import type { Operator } from '#core/semantics/program.ts';
import { readRecord } from '#core/semantics/readRecord.ts';
import { recordWords } from '#core/semantics/record.ts';
import type { Dtype, Tensor } from '#core/tensor.ts';
import { Choices, modelOf, type NodeCase } from '../../../support/singleNode.ts';

const EXTREME = [0, 1, 2, 3, -1, 7, 255, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 40, -(2 ** 40)];
const WINDOWS = ['Conv', 'ConvTranspose', 'MaxPool', 'AveragePool', 'LpPool', 'ConvInteger', 'QLinearConv'];
const OTHERS = [
  'MatMul',
  'Gemm',
  'GlobalMaxPool',
  'GlobalAveragePool',
  'QuantizeLinear',
  'DequantizeLinear',
  'DynamicQuantizeLinear',
  'MatMulInteger',
  'QLinearMatMul',
  'RNN',
  'GRU',
  'LSTM',
];
const LISTS = ['kernel_shape', 'strides', 'dilations', 'pads', 'output_padding', 'output_shape', 'axes'];
const INTS = [
  'group',
  'ceil_mode',
  'storage_order',
  'count_include_pad',
  'p',
  'axis',
  'block_size',
  'output_dtype',
  'transA',
  'layout',
  'hidden_size',
  'input_forget',
  'linear_before_reset',
];

/** Inputs that fit without attributes, so that one wrong attribute is met alone. */
const FITTING: Readonly<Record<string, readonly (readonly [Dtype, number[]] | undefined)[]>> = {
  Conv: [
    ['float32', [1, 2, 5, 5]],
    ['float32', [2, 2, 3, 3]],
    ['float32', [2]],
  ],
  ConvTranspose: [
    ['float32', [1, 2, 5, 5]],
    ['float32', [2, 2, 3, 3]],
    ['float32', [2]],
  ],
  ConvInteger: [
    ['uint8', [1, 2, 5, 5]],
    ['int8', [2, 2, 3, 3]],
    ['uint8', []],
    ['int8', [2]],
  ],
  RNN: [['float32', [3, 1, 2]], ['float32', [1, 2, 2]], ['float32', [1, 2, 2]], undefined, ['int32', [1]]],
  GRU: [
    ['float32', [3, 1, 2]],
    ['float32', [1, 6, 2]],
    ['float32', [1, 6, 2]],
    ['float32', [1, 12]],
  ],
  LSTM: [
    ['float32', [3, 1, 2]],
    ['float32', [1, 8, 2]],
    ['float32', [1, 8, 2]],
    ['float32', [1, 16]],
  ],
  Gemm: [
    ['float32', [2, 2]],
    ['float32', [2, 2]],
    ['float32', [2]],
  ],
  MatMulInteger: [
    ['uint8', [2, 3]],
    ['int8', [3, 2]],
  ],
};

function draw(choices: Choices): NodeCase {
  const op = choices.of([...WINDOWS, ...WINDOWS, ...OTHERS]);
  const attributes: Record<string, NonNullable<NodeCase['attributes']>[string]> = {};
  for (const name of LISTS)
    if (choices.int(0, 7) === 0)
      attributes[name] = Array.from({ length: choices.int(0, 5) }, () =>
        choices.of(choices.int(0, 1) ? EXTREME : [1, 2]),
      );
  for (const name of INTS)
    if (choices.int(0, 9) === 0) attributes[name] = choices.of(choices.int(0, 1) ? EXTREME : [0, 1]);
  if (choices.int(0, 3) === 0) attributes['auto_pad'] = choices.of(['SAME_UPPER', 'SAME_LOWER', 'VALID', 'x']);
  if (choices.int(0, 3) === 0) attributes['direction'] = choices.of(['bidirectional', 'reverse', '']);
  if (op.endsWith('Pool') && choices.int(0, 3) > 0)
    attributes['kernel_shape'] = choices.of([[2], [2, 2], [1, 3], [2 ** 20, 2 ** 20]]);
  const tensor = (): Tensor => {
    const dtype: Dtype =
      op.includes('Integer') || op.startsWith('QLinear')
        ? choices.of(['uint8', 'int8', 'float32', 'int32'])
        : choices.of(['float32', 'float32', 'float32', 'uint8', 'int32']);
    return choices.tensor(dtype, choices.ints(choices.of([0, 1, 2, 3, 3, 3, 4]), 1, choices.of([1, 2, 4])));
  };
  const inputs = Array.from({ length: choices.int(1, 9) }, () => (choices.int(0, 5) ? tensor() : undefined));
  inputs[0] ??= tensor();
  const fitting = FITTING[op];
  if (fitting && choices.int(0, 2) > 0) inputs.splice(0, 9, ...fitting.map((type) => type && choices.tensor(...type)));
  return {
    op,
    opset: choices.of([7, 10, 13, 21, 25]),
    attributes,
    inputs,
    constants: choices.of([[], [1, 2], [1, 2, 3, 4, 5, 6, 7, 8]]),
    outputs: choices.of([['float32'], ['float32'], ['float32', 'float32']] as const),
  };
}

/** With its constants numbered as a record does: in the order in which it reads them. */
function numbered(operator: Operator): Operator {
  let constants = 0;
  const operands = operator.operands.map(
    (access) =>
      access && {
        ...access,
        source: access.source.from === 'constant' ? { from: access.source.from, index: constants++ } : access.source,
      },
  );
  return { ...operator, operands };
}

/** What the chain is told of it. */
const readBack = (operator: Operator): Operator =>
  readRecord(
    recordWords(
      operator,
      Array.from({ length: 99 }, () => wordOf(0n)),
    ),
  ).operator;

describe('hostile attributes of convolutions, pools, products and recurrences', () => {
  it('compile or are refused by a code', () => {
    const choices = new Choices(71);
    let refused = 0;
    const [rounds, seen] = [4000, new Set<string>()];
    for (let i = 0; i < rounds; i++) {
      const single = draw(choices);
      try {
        const program = compile(modelOf(single));
        seen.add(single.op);
        // As JSON, which does not tell -0 from 0, as a record does not.
        for (const operator of program.operators)
          expect(JSON.stringify(readBack(operator))).to.equal(JSON.stringify(numbered(operator)));
      } catch (error) {
        refused++;
        // An error of another class inside is a crash that was caught.
        if (!isProtocolError(error) || error.cause !== undefined)
          expect.fail(
            `${i} ${single.op} ${JSON.stringify(single.attributes)} [${single.inputs.map((t) => t && `${t.dtype} ${t.shape}`).join('; ')}]: ${(error as Error).stack}`,
          );
      }
    }
    expect(refused).to.be.above(rounds / 2);
    expect(seen.size).to.be.above(14);
  });

  it('are refused where a record has no room for what follows from them', () => {
    const x: Tensor = { dtype: 'float32', shape: [1, 1, 5], data: Float32Array.of(1, 2, 3, 4, 5) };
    const w: Tensor = { dtype: 'float32', shape: [1, 1, 1], data: Float32Array.of(1) };
    // The window begins 2 (2^31 - 1) elements before the output: 2^32 - 2 would be read as -2.
    const attributes = { strides: [2 ** 31 - 1], output_shape: [1] };
    expect(() => compile(modelOf({ op: 'ConvTranspose', inputs: [x, w], outputs: ['float32'], attributes })))
      .to.throw(ProtocolError, '4294967294')
      .with.property('code', 'compile.too_large');
  });

  it('do not take memory or time by their size', () => {
    const wide = (size: number) => ({ op: 'MaxPool', outputs: ['float32', 'int64'] as const, size });
    for (const { op, outputs, size } of [wide(2 ** 15), wide(2 ** 12)]) {
      const input: Tensor = { dtype: 'float32', shape: [1, 1, size, size], data: new Float32Array(0) };
      try {
        compile(modelOf({ op, outputs, inputs: [input], attributes: { kernel_shape: [3, 3], pads: [2, 2, 2, 2] } }));
      } catch (error) {
        expect(isProtocolError(error)).to.equal(true);
      }
    }
  });
});
