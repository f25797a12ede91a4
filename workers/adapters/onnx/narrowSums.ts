import { InferenceSession, Tensor } from 'onnxruntime-node';
import { buildModel, node } from '#core/onnx/build.ts';

const TERMS = 2;
const [MOST, WEIGHT] = [255, 127];

/**
 * Whether ONNX Runtime adds products of uint8 and int8 in 16 bits here, where a pair of them stops at 32,767: its kernels for x86 do without
 * VNNI (onnxruntime pull request 12088). Asked of MatMulInteger itself, not of the processor's name.
 */
export async function addsNarrowly(): Promise<boolean> {
  const onnx = buildModel({
    inputs: { a: ['uint8', [1, TERMS]], b: ['int8', [TERMS, 1]] },
    outputs: { y: ['int32', [1, 1]] },
    nodes: [node('MatMulInteger', ['a', 'b'], ['y'])],
  });
  const session = await InferenceSession.create(onnx, { graphOptimizationLevel: 'disabled', logSeverityLevel: 4 });
  try {
    const a = new Tensor('uint8', new Uint8Array(TERMS).fill(MOST), [1, TERMS]);
    const b = new Tensor('int8', new Int8Array(TERMS).fill(WEIGHT), [TERMS, 1]);
    const { y } = await session.run({ a, b });
    return (y as Tensor).data[0] !== TERMS * MOST * WEIGHT;
  } finally {
    await session.release();
  }
}
