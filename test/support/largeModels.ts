/** Models with the largest steps there are. */
import { buildModel, node } from '#core/onnx/build.ts';
import { tensor } from '#core/tensor.ts';
import { seeded } from './seeded.ts';

/** Tokens of a large language model's vocabulary. */
export const VOCABULARY = 151_936;

/** float32 of every exponent there is, so that the terms of a Dot lie as far apart as they can. */
function scattered(count: number, seed: number): Float32Array {
  const random = seeded(seed);
  const bits = Uint32Array.from({ length: count }, (_, i) => {
    const exponent = i % 2 === 0 ? 1 + random.int(60) : 190 + random.int(60);
    return ((random.int(2) << 31) | (exponent << 23) | random.int(1 << 23)) >>> 0;
  });
  return new Float32Array(bits.buffer);
}

/** float32[1, 1] `x` -> `y`, the sum of `terms` products: the input is tiled over a constant. */
export const largeSum = (terms: number): Uint8Array =>
  buildModel({
    inputs: { x: ['float32', [1, 1]] },
    outputs: { y: ['float32', [1, 1]] },
    constants: {
      times: tensor('int64', [2], BigInt64Array.of(1n, BigInt(terms))),
      w: tensor('float32', [terms, 1], scattered(terms, 27)),
    },
    nodes: [node('Tile', ['x', 'times'], ['row']), node('MatMul', ['row', 'w'], ['y'])],
  });

/** What is chosen among. */
export const logitAt = (token: number): number => ((token * 7_919) % 150_001) / 1_024;

/** float32[1] `x` -> int64 `token`: the largest of as many numbers as a vocabulary has, each with x added. */
export const largeChoice = (): Uint8Array =>
  buildModel({
    inputs: { x: ['float32', [1]] },
    outputs: { token: ['int64', []] },
    constants: {
      logits: tensor(
        'float32',
        [VOCABULARY],
        Float32Array.from({ length: VOCABULARY }, (_, i) => logitAt(i)),
      ),
    },
    nodes: [node('Add', ['logits', 'x'], ['h']), node('ArgMax', ['h'], ['token'], { axis: 0, keepdims: 0 })],
  });
