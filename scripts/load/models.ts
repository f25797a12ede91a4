/** Small models for load: perceptrons with a free batch dimension that differ in their weights alone. */
import { buildModel, node } from '#core/onnx/build.ts';
import type { NamedTensors } from '#core/protocol/rows.ts';
import { type Tensor, tensorFrom } from '#core/tensor.ts';
import type { ModelCard } from '../../sdk/index.ts';
import { weights } from '../generate/perfModels.ts';

export interface LoadModel {
  readonly name: string;
  readonly onnx: Uint8Array;
  readonly card: ModelCard;
}

const WIDTHS = [32, 64, 32, 8] as const;

/** The model of that number: 4,352 multiply-adds, the same bytes everywhere. */
export function loadModel(number: number): LoadModel {
  const [inputs, outputs] = [WIDTHS[0], WIDTHS[3]];
  const constants: Record<string, Tensor> = {};
  const nodes = WIDTHS.slice(1).flatMap((width, i) => {
    const before = WIDTHS[i] as number;
    constants[`w${i}`] = weights([before, width], 1 / Math.sqrt(before), 100 * number + i + 1);
    constants[`b${i}`] = weights([width], 0.1, 100 * number + i + 11);
    const last = i === WIDTHS.length - 2;
    const gemm = node('Gemm', [`x${i}`, `w${i}`, `b${i}`], [last ? 'y' : `h${i}`]);
    return last ? [gemm] : [gemm, node('Relu', [`h${i}`], [`x${i + 1}`])];
  });
  const onnx = buildModel({
    inputs: { x0: ['float32', ['N', inputs]] },
    outputs: { y: ['float32', ['N', outputs]] },
    constants,
    nodes,
  });
  const card = {
    inputs: [{ name: 'x0', dtype: 'float32', shape: ['N', inputs] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: ['N', outputs] }],
    rows: true,
    tolerance: { abs: 1e-5, rel: 1e-5 },
    multiplyAdds: 4352,
  };
  return { name: `load-${number}`, onnx, card };
}

/** An input of any of them: another for every number. */
export function loadInput(number: number): NamedTensors {
  const data = Array.from({ length: WIDTHS[0] }, (_, i) => Math.sin(number * 0.37 + i));
  return { x0: tensorFrom('float32', [1, WIDTHS[0]], data) };
}
