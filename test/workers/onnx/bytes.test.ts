/** Products of bytes with all eight bits, as nodes have ONNX Runtime compute them, on whatever processor this is. */
import { expect } from 'chai';
import { InferenceSession } from 'onnxruntime-node';
import { buildModel, type GraphParts, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import type { Tensor } from '#core/tensor.ts';
import { addsNarrowly } from '../../../workers/adapters/onnx/narrowSums.ts';
import { runSession, sessionOptions } from '../../../workers/adapters/onnx/session.ts';
import { Choices, numbers } from '../../support/singleNode.ts';

const ROWS = 16;
const TERMS = 64;
const COLUMNS = 16;
const scalar = (dtype: 'float32' | 'uint8' | 'int8', value: number) => numbers(dtype, [value], []);

describe('a session on products of bytes', () => {
  const choices = new Choices(41);
  const a = choices.tensor('uint8', [ROWS, TERMS]);
  const image = choices.tensor('uint8', [1, 8, 8, 8]);
  const constants = {
    w: choices.tensor('int8', [TERMS, COLUMNS]),
    kernel: choices.tensor('int8', [8, 8, 3, 3]),
    s: scalar('float32', 0.01),
    t: scalar('float32', 0.3),
    az: scalar('uint8', 3),
    wz: scalar('int8', 0),
    yz: scalar('uint8', 128),
  };
  const of = (dtype: 'uint8' | 'int32', nodes: GraphParts['nodes']): GraphParts => ({
    inputs: { a: ['uint8', [ROWS, TERMS]] },
    outputs: { y: [dtype, [ROWS, COLUMNS]] },
    constants,
    nodes,
  });
  const sum = of('int32', [node('MatMulInteger', ['a', 'w'], ['y'])]);
  const linear = of('uint8', [node('QLinearMatMul', ['a', 's', 'az', 'w', 's', 'wz', 't', 'yz'], ['y'])]);
  /** The form that ONNX Runtime's own quantiser writes. */
  const dequantised = of('uint8', [
    node('DequantizeLinear', ['a', 's', 'az'], ['af']),
    node('DequantizeLinear', ['w', 's', 'wz'], ['wf']),
    node('MatMul', ['af', 'wf'], ['yf']),
    node('QuantizeLinear', ['yf', 't', 'yz'], ['y']),
  ]);
  const convolution: GraphParts = {
    inputs: { a: ['uint8', [1, 8, 8, 8]] },
    outputs: { y: ['uint8', [1, 8, 6, 6]] },
    constants,
    nodes: [node('QLinearConv', ['a', 's', 'az', 'kernel', 's', 'wz', 't', 'yz'], ['y'])],
  };
  const cases: readonly (readonly [string, GraphParts, Tensor, readonly number[]])[] = [
    ['MatMulInteger', sum, a, [10, 17, 21]],
    ['QLinearMatMul', linear, a, [10, 17, 19]],
    ['MatMul between DequantizeLinear and QuantizeLinear', dequantised, a, [13, 17, 21]],
    ['QLinearConv', convolution, image, [10, 17, 21]],
  ];

  for (const [what, parts, input, opsets] of cases)
    for (const opset of opsets)
      it(`has the bits of the reference: ${what}, opset ${opset}`, async () => {
        const onnx = buildModel(parts, opset);
        const [wanted] = execute(compile(onnx), [input]).outputs as [Tensor];
        expect(new Set(wanted.data as Iterable<number>).size).to.be.greaterThan(30);
        const session = await InferenceSession.create(onnx, sessionOptions(1));
        try {
          const { y } = await runSession(session, { a: input });
          expect([...(y as Tensor).data]).to.deep.equal([...wanted.data]);
        } finally {
          await session.release();
        }
      });

  it('needs an option for that exactly where the kernels add narrowly', async () => {
    const { extra: _, ...plain } = sessionOptions(1);
    const session = await InferenceSession.create(buildModel(sum, 21), plain);
    const { y } = await runSession(session, { a });
    const [wanted] = execute(compile(buildModel(sum, 21)), [a]).outputs as [Tensor];
    const isWrong = [...(y as Tensor).data].some((one, i) => one !== wanted.data[i]);
    expect(isWrong).to.equal(await addsNarrowly());
    await session.release();
  });
});
