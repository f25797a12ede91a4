/** Nanoseconds per multiply-add of single Dots, by shape and kernel. */
import { buildModel, type GraphParts, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { plainKernel } from '#core/semantics/dot/kernel.ts';
import { fusedKernel, simdKernel } from '#core/semantics/dot/wasmKernel.ts';
import { dotTools } from '#core/semantics/execute/dot.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import { evaluateOperator } from '#core/semantics/execute/operator.ts';
import type { Operator } from '#core/semantics/program.ts';
import { type Dtype, elementCount, type Tensor, tensorFrom } from '#core/tensor.ts';
import { fastest } from './timing.ts';

export interface ShapeRow {
  readonly name: string;
  readonly multiplyAdds: number;
  /** Nanoseconds per multiply-add by kernel; undefined where the engine has no such kernel. */
  readonly plain: number;
  readonly simd: number | undefined;
  readonly fused: number | undefined;
  /** Share of the elements that the exact sum decided; undefined for integers, whose sums are exact anyway. */
  readonly exact: number | undefined;
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

interface Shape {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly nodes: GraphParts['nodes'];
}

function conv(name: string, channels: number, outputs: number, side: number, kernel: number, group = 1): Shape {
  const pads = Array(4).fill(kernel >> 1);
  const attributes = { kernel_shape: [kernel, kernel], pads, group };
  return {
    name,
    inputs: { x: filled([1, channels, side, side]) },
    constants: { w: filled([outputs, channels / group, kernel, kernel]) },
    nodes: [node('Conv', ['x', 'w'], ['y'], attributes)],
  };
}

const product = [node('MatMul', ['x', 'w'], ['y'])];

/** A product with weights. */
const matmul = (name: string, left: readonly number[], right: readonly number[]): Shape => ({
  name,
  inputs: { x: filled(left) },
  constants: { w: filled(right) },
  nodes: product,
});

const shapes = (): readonly Shape[] => [
  conv('convolution 3x3, 64 to 64, 32x32', 64, 64, 32, 3),
  conv('convolution 1x1, 256 to 256, 14x14', 256, 256, 14, 1),
  conv('convolution 3x3, 3 to 32, 96x96', 3, 32, 96, 3),
  conv('depthwise 3x3, 64, 32x32', 64, 64, 32, 3, 64),
  matmul('product 256 x 256 x 256', [256, 256], [256, 256]),
  matmul('dense 1 x 1024 x 1024', [1, 1024], [1024, 1024]),
  {
    name: 'attention 8 x (96 x 32 x 96), both sides computed',
    inputs: { x: filled([8, 96, 32]), w: filled([8, 32, 96]) },
    nodes: product,
  },
  {
    name: 'sums of 768, 512 rows',
    inputs: { x: filled([512, 768]) },
    nodes: [node('ReduceSum', ['x'], ['y'], { keepdims: 0, axes: [1] })],
  },
  {
    name: 'int8 convolution 3x3, 64 to 64, 32x32',
    inputs: { x: filled([1, 64, 32, 32], 'int8') },
    constants: { w: filled([64, 64, 3, 3], 'int8') },
    nodes: [node('ConvInteger', ['x', 'w'], ['y'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })],
  },
];

/** The operator that multiplies, with what it reads. */
function heaviest({ inputs, constants = {}, nodes }: Shape) {
  const types = Object.entries(inputs).map(([name, { dtype, shape }]) => [name, [dtype, shape]] as const);
  const output = types.some(([, [dtype]]) => dtype === 'float32') ? 'float32' : 'int32';
  const program = compile(
    buildModel({ inputs: Object.fromEntries(types), outputs: { y: [output, []] }, constants, nodes }, 11),
  );
  const given = Object.values(inputs);
  const made: Tensor['data'][] = [];
  execute(program, given, { observe: (_, tensor) => made.push(tensor.data) });
  const operator = program.operators.find(({ kind }) => kind === 'Dot' || kind === 'IntegerDot') as Operator;
  const data = operator.operands.map((access) => {
    if (access === undefined) return undefined;
    const { from, index } = access.source;
    return from === 'operator' ? made[index] : from === 'input' ? given[index]?.data : program.constants[index]?.data;
  });
  return { operator, data, multiplyAdds: elementCount(operator.space) * elementCount(operator.inner) };
}

async function benchShape(shape: Shape): Promise<ShapeRow> {
  const { operator, data, multiplyAdds } = heaviest(shape);
  const kernels = { plain: plainKernel, simd: simdKernel(), fused: fusedKernel() };
  const plainTools = dotTools(plainKernel);
  const kinds = Object.entries(kernels).flatMap(([kind, kernel]) => {
    if (kernel === undefined) return [];
    const tools = kernel === plainKernel ? plainTools : dotTools(kernel);
    return [[kind, () => evaluateOperator(operator, data, tools)] as const];
  });
  const times: Record<string, number> = await fastest(Object.fromEntries(kinds), 0.3);
  const perTerm = (kind: keyof typeof kernels) => {
    const ms = times[kind];
    return ms === undefined ? undefined : (ms * 1e6) / multiplyAdds;
  };
  const { decided, exact } = plainTools.counters;
  return {
    name: shape.name,
    multiplyAdds,
    plain: perTerm('plain') as number,
    simd: perTerm('simd'),
    fused: perTerm('fused'),
    exact: decided === 0 ? undefined : exact / decided,
  };
}

export async function benchShapes(): Promise<ShapeRow[]> {
  const rows: ShapeRow[] = [];
  for (const shape of shapes()) rows.push(await benchShape(shape));
  return rows;
}
