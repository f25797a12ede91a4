// Small programs whose traces have a wanted form: how many operators, how many leaves, which kinds. And what runs of them give.
import { buildModel, node } from '#core/onnx/build.ts';
import { type Tensor, tensor } from '#core/tensor.ts';
import { seeded } from '../seeded.ts';

export const integers = (...values: number[]): Tensor =>
  tensor('int64', [values.length], BigInt64Array.from(values.map(BigInt)));

/** float32, no two alike in a row of a few hundred, neither zero nor NaN. */
export function floatsOf(count: number, seed = 1): Tensor {
  const random = seeded(seed);
  return tensor(
    'float32',
    [count],
    Float32Array.from({ length: count }, (_, i) => i + 1 + random.int(1_000) / 1_024),
  );
}

/** `count` Moves in a row: each puts a zero before what it is given. float32[size] -> float32[size + count]. */
export function moves(count: number, size: number): Uint8Array {
  return buildModel({
    inputs: { x0: ['float32', [size]] },
    outputs: { [`x${count}`]: ['float32', [size + count]] },
    constants: { pads: integers(1, 0) },
    nodes: Array.from({ length: count }, (_, i) => node('Pad', [`x${i}`, 'pads'], [`x${i + 1}`])),
  });
}

/** Move, Gather, ArgMax: float32[4], int64[3] -> the three gathered elements, and which of them is the largest. */
export const SELECT = buildModel({
  inputs: { x: ['float32', [4]], i: ['int64', [3]] },
  outputs: { g: ['float32', [3]], a: ['int64', []] },
  constants: { pads: integers(1, 0) },
  nodes: [
    node('Pad', ['x', 'pads'], ['h']),
    node('Gather', ['h', 'i'], ['g']),
    node('ArgMax', ['g'], ['a'], { axis: 0, keepdims: 0 }),
  ],
});

/** What SELECT is asked: h = [0, 1.5, -2, 8, 0.25], gathered at 3, 1 and, counted from the end, 2. */
export const SELECT_INPUT: readonly Tensor[] = [
  tensor('float32', [4], Float32Array.of(1.5, -2, 8, 0.25)),
  integers(3, 1, -3),
];

/** `count` Moves in a row over two elements: each moves them by one place, and a zero in. */
export function shifts(count: number): Uint8Array {
  return buildModel({
    inputs: { x0: ['float32', [2]] },
    outputs: { [`x${count}`]: ['float32', [2]] },
    constants: { pads: integers(1, -1), back: integers(-1, 1) },
    nodes: Array.from({ length: count }, (_, i) => node('Pad', [`x${i}`, i % 2 ? 'back' : 'pads'], [`x${i + 1}`])),
  });
}

/** A tensor of 60 * `repeats` elements on the way to three gathered ones: larger than any input or output. */
export function wide(repeats: number): Uint8Array {
  return buildModel({
    inputs: { x: ['float32', [60]], i: ['int64', [3]] },
    outputs: { y: ['float32', [3]] },
    constants: { repeats: integers(repeats) },
    nodes: [node('Tile', ['x', 'repeats'], ['h']), node('Gather', ['h', 'i'], ['y'])],
  });
}
