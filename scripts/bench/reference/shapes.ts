/** Nanoseconds per multiply-add of single Dots, by shape and kernel. */
import { buildModel, type GraphParts, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { type Kernel, plainKernel } from '#core/semantics/dot/kernel.ts';
import { fusedKernel, simdKernel } from '#core/semantics/dot/wasmKernel.ts';
import { dotTools } from '#core/semantics/execute/dot.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import { evaluateOperator } from '#core/semantics/execute/operator.ts';
import type { Operator } from '#core/semantics/program.ts';
import { type Dtype, elementCount, type Tensor, tensorFrom } from '#core/tensor.ts';
import { best } from './timing.ts';

export interface ShapeRow {
  readonly name: string;
  readonly multiplyAdds: number;
  /** Nanoseconds per multiply-add by kernel; undefined where the engine has no such kernel. */
  readonly plain: number;
  readonly simd: number | undefined;
  readonly fused: number | undefined;
  /** Share of the elements that the exact sum decided. */
  readonly exact: number;
}

let state = 1;
/** About normal, the same in every run. */
function noise(): number {
  let sum = 0;
  for (let i = 0; i < 3; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    sum += state / 2 ** 31 - 1;
  }
  return sum;
}

const filled = (shape: readonly number[], dtype: Dtype = 'float32'): Tensor =>
  tensorFrom(
    dtype,
    shape,
    Array.from({ length: elementCount(shape) }, () => (dtype === 'float32' ? noise() : Math.round(noise() * 30))),
  );

type Shape = readonly [
  name: string,
  input: Tensor,
  weights: Readonly<Record<string, Tensor>>,
  nodes: GraphParts['nodes'],
];

function conv(name: string, channels: number, outputs: number, side: number, kernel: number, group = 1): Shape {
  const pads = Array(4).fill(kernel >> 1);
  const attributes = { kernel_shape: [kernel, kernel], pads, group };
  const w = filled([outputs, channels / group, kernel, kernel]);
  return [name, filled([1, channels, side, side]), { w }, [node('Conv', ['x', 'w'], ['y'], attributes)]];
}

const matmul = (name: string, left: readonly number[], right: readonly number[]): Shape => [
  name,
  filled(left),
  { w: filled(right) },
  [node('MatMul', ['x', 'w'], ['y'])],
];

function shapes(): readonly Shape[] {
  const bytes = filled([1, 64, 32, 32], 'int8');
  return [
    conv('convolution 3x3, 64 to 64, 32x32', 64, 64, 32, 3),
    conv('convolution 1x1, 256 to 256, 14x14', 256, 256, 14, 1),
    conv('convolution 3x3, 3 to 32, 96x96', 3, 32, 96, 3),
    conv('depthwise 3x3, 64, 32x32', 64, 64, 32, 3, 64),
    matmul('product 256 x 256 x 256', [256, 256], [256, 256]),
    matmul('dense 1 x 1024 x 1024', [1, 1024], [1024, 1024]),
    matmul('attention 8 x (96 x 32 x 96)', [8, 96, 32], [8, 32, 96]),
    ['sums of 768, 512 rows', filled([512, 768]), {}, [node('ReduceSum', ['x'], ['y'], { keepdims: 0, axes: [1] })]],
    [
      'int8 convolution 3x3, 64 to 64, 32x32',
      bytes,
      { w: filled([64, 64, 3, 3], 'int8') },
      [node('ConvInteger', ['x', 'w'], ['y'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })],
    ],
  ];
}

/** The operator that multiplies, with what it reads. */
function heaviest([name, input, constants, nodes]: Shape) {
  const output = input.dtype === 'float32' ? 'float32' : 'int32';
  const program = compile(
    buildModel({ inputs: { x: [input.dtype, input.shape] }, outputs: { y: [output, []] }, constants, nodes }, 11),
  );
  const made: Tensor['data'][] = [];
  execute(program, [input], { observe: (index, tensor) => made.splice(index, 1, tensor.data) });
  const operator = program.operators.find(({ kind }) => kind === 'Dot' || kind === 'IntegerDot') as Operator;
  const data = operator.operands.map((access) => {
    if (access === undefined) return undefined;
    const { from, index } = access.source;
    return from === 'operator' ? made[index] : from === 'input' ? input.data : program.constants[index]?.data;
  });
  return { name, operator, data, multiplyAdds: elementCount(operator.space) * elementCount(operator.inner) };
}

export function benchShapes(): ShapeRow[] {
  return shapes().map((shape) => {
    const { name, operator, data, multiplyAdds } = heaviest(shape);
    const measured = (kernel: Kernel | undefined) => {
      if (kernel === undefined) return undefined;
      const tools = dotTools(kernel);
      const ms = best(() => evaluateOperator(operator, data, tools), 0.25);
      const { decided, exact } = tools.counters;
      return { perTerm: (ms * 1e6) / multiplyAdds, exact: decided === 0 ? 0 : exact / decided };
    };
    const plain = measured(plainKernel) as { perTerm: number; exact: number };
    const [simd, fused] = [measured(simdKernel()), measured(fusedKernel())];
    return { name, multiplyAdds, plain: plain.perTerm, simd: simd?.perTerm, fused: fused?.perTerm, exact: plain.exact };
  });
}
