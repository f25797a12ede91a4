/** Programs of one Dot: a row of n terms times a matrix of n x 64, of which one element is disputed. */
import { buildModel, node } from '#core/onnx/build.ts';
import { tensor } from '#core/tensor.ts';
import type { Disputable } from './contest.ts';

export const TERMS = [64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192] as const;
/** Whole leaves of weights and results: the paths of a real layer. */
const COLUMNS = 64;

/** Binades of a factor below 1: from, and how many. */
type Binades = readonly [from: number, count: number];

/** float32 values without a zero byte: the dearest calldata. */
function values(count: number, seed: number, [from, range]: Binades): Float32Array {
  let state = seed >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const bits = Uint32Array.from({ length: count }, () => {
    const byte = () => 1 + Math.floor(random() * 127);
    const exponent = (127 - from - Math.floor(random() * range)) << 23;
    const sign = random() < 0.5 ? 0x80000000 : 0;
    return (sign | exponent | (byte() << 16) | (byte() << 8) | byte()) >>> 0;
  });
  return new Float32Array(bits.buffer);
}

const LIKE: Binades = [0, 1];
/** Products from 2^-160 to 2^-80 beside two that are near 1: more than the fast path of contracts/lib/ExactSum.sol sees at once. */
const WIDE: Binades = [40, 40];

export function dot(terms: number, wide: boolean): Disputable {
  const binades = wide ? WIDE : LIKE;
  const x = values(terms, 11, binades);
  const w = values(terms * COLUMNS, 29, binades);
  // The largest products cancel, so the small ones decide, and only the exact sum can tell.
  if (wide)
    for (let column = 0; column < COLUMNS; column++) {
      x[0] = x[1] = 1.7;
      w[column] = 1.3;
      w[COLUMNS + column] = -1.3;
    }
  const onnx = buildModel({
    inputs: { x: ['float32', [1, terms]] },
    outputs: { y: ['float32', [1, COLUMNS]] },
    constants: { w: tensor('float32', [terms, COLUMNS], w) },
    nodes: [node('MatMul', ['x', 'w'], ['y'])],
  });
  return {
    name: `Dot of ${terms} terms${wide ? ', wide' : ''}`,
    onnx,
    inputs: { x: tensor('float32', [1, terms], x) },
  };
}
