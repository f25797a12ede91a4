/**
 * Timing models: residual networks of about 1, 5 and 50 ms per run and a small MLP, with synthetic weights. Same bytes on every
 * run and machine. `node scripts/generate/perfModels.ts <folder>` writes them as files; they are for timing only.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildModel, node } from '#core/onnx/build.ts';
import type { NodeProto } from '#core/onnx/messages.ts';
import { type Tensor, tensor } from '#core/tensor.ts';

export interface PerfModel {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Multiply-adds of one run. */
  readonly cost: number;
  readonly input: readonly [name: string, shape: readonly number[]];
  readonly output: readonly [name: string, shape: readonly number[]];
}

const CHANNELS = 64;
const SIDE = 32;
/** Residual blocks by name: 75.5 million multiply-adds each, about 0.8 ms on one AVX-512 core. */
const RESNETS = { 'resnet-1ms': 1, 'resnet-5ms': 6, 'resnet-50ms': 56 } as const;

export function perfModels(): PerfModel[] {
  return [mlp(), ...Object.entries(RESNETS).map(([name, blocks]) => resnet(name, blocks))];
}

/** Numerical Recipes' linear congruential generator: uniform in [-scale, scale), the same everywhere. */
export function weights(shape: readonly number[], scale: number, seed: number): Tensor {
  const data = new Float32Array(shape.reduce((count, dim) => count * dim, 1));
  let state = seed >>> 0;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = (state / 2 ** 31 - 1) * scale;
  }
  return tensor('float32', shape, data);
}

function mlp(): PerfModel {
  const layers = [64, 128, 64, 10];
  const constants: Record<string, Tensor> = {};
  const nodes: NodeProto[] = [];
  let value = 'x';
  layers.slice(1).forEach((width, i) => {
    const before = layers[i] as number;
    constants[`w${i}`] = weights([before, width], 1 / Math.sqrt(before), i + 1);
    constants[`b${i}`] = weights([width], 0.1, i + 11);
    nodes.push(node('Gemm', [value, `w${i}`, `b${i}`], [`h${i}`]), node('Relu', [`h${i}`], [`r${i}`]));
    value = `r${i}`;
  });
  nodes.push(node('Softmax', [value], ['y'], { axis: -1 }));
  const cost = layers.slice(1).reduce((sum, width, i) => sum + width * (layers[i] as number), 0);
  const bytes = buildModel({
    inputs: { x: ['float32', [1, 64]] },
    outputs: { y: ['float32', [1, 10]] },
    constants,
    nodes,
  });
  return { name: 'mlp', bytes, cost, input: ['x', [1, 64]], output: ['y', [1, 10]] };
}

function resnet(name: string, blocks: number): PerfModel {
  const constants: Record<string, Tensor> = { head: weights([CHANNELS, 10], 0.3, 7) };
  const nodes: NodeProto[] = [];
  let seed = 100;
  const conv = (from: string, to: string, inputs: number) => {
    const weight = `${to}.weight`;
    constants[weight] = weights([CHANNELS, inputs, 3, 3], 1 / Math.sqrt(9 * inputs), seed++);
    nodes.push(node('Conv', [from, weight], [to], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }));
  };
  conv('image', 'stem', 3);
  let value = 'stem';
  for (let i = 0; i < blocks; i++) {
    const [a, b, c, sum, out] = ['a', 'b', 'c', 'sum', 'out'].map((part) => `${part}${i}`) as string[];
    conv(value, a as string, CHANNELS);
    nodes.push(node('Relu', [a as string], [b as string]));
    conv(b as string, c as string, CHANNELS);
    nodes.push(node('Add', [value, c as string], [sum as string]), node('Relu', [sum as string], [out as string]));
    value = out as string;
  }
  nodes.push(
    node('GlobalAveragePool', [value], ['pooled']),
    node('Flatten', ['pooled'], ['flat'], { axis: 1 }),
    node('MatMul', ['flat', 'head'], ['logits']),
    node('Softmax', ['logits'], ['probs'], { axis: -1 }),
  );
  const image = [1, 3, SIDE, SIDE] as const;
  const bytes = buildModel({
    inputs: { image: ['float32', image] },
    outputs: { probs: ['float32', [1, 10]] },
    constants,
    nodes,
  });
  const cost = SIDE * SIDE * 9 * CHANNELS * (3 + 2 * blocks * CHANNELS);
  return { name, bytes, cost, input: ['image', image], output: ['probs', [1, 10]] };
}

if (import.meta.main) {
  const folder = process.argv[2];
  if (!folder) throw new Error('Usage: node scripts/generate/perfModels.ts <folder>');
  mkdirSync(folder, { recursive: true });
  for (const { name, bytes, cost } of perfModels()) {
    writeFileSync(path.join(folder, `${name}.onnx`), bytes);
    console.log(`${name}.onnx: ${bytes.length} bytes, ${cost} multiply-adds`);
  }
}
