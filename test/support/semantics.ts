/** Whole models through the reference semantics and through ONNX Runtime, and how their outputs are compared. */
import { expect } from 'chai';
import * as ort from 'onnxruntime-node';
import { isDtype } from '#core/commitment/dtype.ts';
import { buildModel, type GraphParts } from '#core/onnx/build.ts';
import { type CompileOptions, compile } from '#core/semantics/compile/compile.ts';
import { executeNamed } from '#core/semantics/execute/named.ts';
import { type Tensor, tensor } from '#core/tensor.ts';
import { compareTensors, type Tolerance } from '#core/tolerance.ts';
import { fromBits } from './rationals.ts';
import { type Seeded, seeded } from './seeded.ts';

type Tensors = Readonly<Record<string, Tensor>>;

/** Compiles and executes; rows of a free leading dimension one by one. Bound inputs need not be given again. */
export function runReference(onnx: Uint8Array, inputs: Tensors, options: CompileOptions = {}): Record<string, Tensor> {
  return executeNamed(compile(onnx, options), inputs);
}

export interface OrtOptions {
  /** Default disabled: the graph as it is written. */
  readonly optimisation?: 'disabled' | 'basic' | 'extended' | 'all';
  readonly threads?: number;
}

/** In this process. NaN keeps the bits that the kernels gave it. */
export async function runOrt(
  onnx: Uint8Array,
  inputs: Tensors,
  { optimisation = 'disabled', threads = 1 }: OrtOptions = {},
): Promise<Record<string, Tensor>> {
  const session = await ort.InferenceSession.create(onnx, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: optimisation,
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  try {
    const feeds: Record<string, ort.Tensor> = {};
    for (const name of session.inputNames) {
      const { dtype, shape, data } = inputs[name] as Tensor;
      feeds[name] = new ort.Tensor(dtype, data as Float32Array, shape);
    }
    const results = await session.run(feeds);
    return Object.fromEntries(
      session.outputNames.map((name) => {
        const { type, dims, data } = results[name] as ort.Tensor;
        if (!isDtype(type)) throw new Error(`output ${name} is ${type}`);
        return [name, { dtype: type, shape: dims, data: data as Tensor['data'] }];
      }),
    );
  } finally {
    await session.release();
  }
}

/** The same names, dtypes, shapes and bits; all NaNs are one. */
export function expectEqual(got: Tensors, want: Tensors, what = 'outputs'): void {
  expect(Object.keys(got), what).to.deep.equal(Object.keys(want));
  for (const [name, wanted] of Object.entries(want)) {
    const found = got[name] as Tensor;
    expectSameType(found, wanted, `${what}, ${name}`);
    for (let i = 0; i < wanted.data.length; i++)
      if (!Object.is(found.data[i], wanted.data[i]))
        expect.fail(`${what}, ${name}: element ${i} is ${found.data[i]}, wanted ${wanted.data[i]}`);
  }
}

/** float32 within abs + rel * |want|, everything else equal. */
export function expectClose(got: Tensors, want: Tensors, { abs, rel }: Tolerance, what = 'outputs'): void {
  expect(Object.keys(got), what).to.deep.equal(Object.keys(want));
  for (const [name, wanted] of Object.entries(want)) {
    const found = got[name] as Tensor;
    expectSameType(found, wanted, `${what}, ${name}`);
    const tolerance = wanted.dtype === 'float32' ? { abs, rel } : { abs: 0, rel: 0 };
    const { within, worstIndex: i } = compareTensors(found, wanted, tolerance, name);
    if (!within) expect.fail(`${what}, ${name}: element ${i} is ${found.data[i]}, wanted ${wanted.data[i]}`);
  }
}

function expectSameType(got: Tensor, want: Tensor, what: string): void {
  expect(`${got.dtype} [${got.shape}]`, what).to.equal(`${want.dtype} [${want.shape}]`);
}

export interface Differential {
  /** Of a model to build; or the bytes of one. */
  readonly model: GraphParts | Uint8Array;
  readonly opset?: number;
  readonly inputs: Tensors;
  /** Undefined: equal bits. */
  readonly tolerance?: Tolerance;
  readonly compile?: CompileOptions;
  readonly runtime?: OrtOptions;
}

/** Reference and ONNX Runtime on the same inputs must agree; gives the reference's outputs. */
export async function differential(
  { model, opset, inputs, tolerance, compile: options, runtime }: Differential,
  what = 'outputs',
): Promise<Record<string, Tensor>> {
  const onnx = model instanceof Uint8Array ? model : buildModel(model, opset);
  const reference = runReference(onnx, inputs, options);
  const found = await runOrt(onnx, inputs, runtime);
  if (tolerance) expectClose(found, reference, tolerance, what);
  else expectEqual(found, reference, what);
  return reference;
}

export interface Generator extends Seeded {
  /** float32 tensors of normal numbers, of any 32 bits (one NaN), of subnormal numbers, of whole numbers from -8 to 8. */
  readonly normals: (shape: readonly number[], scale?: number) => Tensor;
  readonly anyBits: (shape: readonly number[]) => Tensor;
  readonly subnormals: (shape: readonly number[]) => Tensor;
  readonly smallWholes: (shape: readonly number[]) => Tensor;
}

export function random(seed: number): Generator {
  const source = seeded(seed);
  const floats = (one: () => number) => (shape: readonly number[]) => {
    const data = new Float32Array(shape.reduce((count, dim) => count * dim, 1)).map(one);
    return tensor('float32', shape, data);
  };
  return {
    ...source,
    normals: (shape, scale = 1) => floats(() => source.normal() * scale)(shape),
    anyBits: floats(() => fromBits(source.bits())),
    subnormals: floats(() => fromBits((source.bits() & 0x807fffff) >>> 0)),
    smallWholes: floats(() => source.int(17) - 8),
  };
}
