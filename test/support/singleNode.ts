/** One ONNX node through the reference semantics, through ONNX Runtime, and operator by operator against its record. */
import { expect } from 'chai';
import * as ort from 'onnxruntime-node';
import type { Attribute } from '../../core/onnx/build.ts';
import { buildModel, node } from '../../core/onnx/build.ts';
import { compile } from '../../core/semantics/compile/compile.ts';
import { fastestKernel } from '../../core/semantics/dot/wasmKernel.ts';
import { dotTools } from '../../core/semantics/execute/dot.ts';
import { execute } from '../../core/semantics/execute/execute.ts';
import type { Program } from '../../core/semantics/program.ts';
import { stepElement } from '../../core/semantics/step.ts';
import type { Dtype, Tensor } from '../../core/tensor.ts';
import { elementCount, tensorFrom } from '../../core/tensor.ts';

export interface NodeCase {
  readonly op: string;
  readonly opset?: number;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** By position; undefined: an optional input that is left out. */
  readonly inputs: readonly (Tensor | undefined)[];
  /** Positions of the inputs that are constants of the model; the others are inputs of the request. */
  readonly constants?: readonly number[];
  /** Dtypes of the outputs by position; undefined: not asked for. One float32 unless it says otherwise. */
  readonly outputs?: readonly (Dtype | undefined)[];
}

/** `shapes` are those of the outputs that are asked for; unknown ones are left open. */
export function modelOf(single: NodeCase, shapes?: readonly (readonly number[])[]): Uint8Array {
  const { op, opset = 21, attributes = {}, inputs, constants = [], outputs = ['float32'] } = single;
  const given = inputs.flatMap((tensor, i) => (tensor ? [{ i, tensor }] : []));
  const named = outputs.flatMap((dtype, i) => (dtype ? [{ i, dtype }] : []));
  return buildModel(
    {
      inputs: Object.fromEntries(
        given.filter(({ i }) => !constants.includes(i)).map(({ i, tensor }) => [`i${i}`, [tensor.dtype, tensor.shape]]),
      ),
      outputs: Object.fromEntries(named.map(({ i, dtype }, n) => [`o${i}`, [dtype, shapes?.[n] ?? []]])),
      constants: Object.fromEntries(
        given.filter(({ i }) => constants.includes(i)).map(({ i, tensor }) => [`i${i}`, tensor]),
      ),
      nodes: [
        node(
          op,
          inputs.map((tensor, i) => (tensor ? `i${i}` : '')),
          outputs.map((dtype, i) => (dtype ? `o${i}` : '')),
          attributes,
        ),
      ],
    },
    opset,
  );
}

export interface Reference {
  readonly program: Program;
  readonly feeds: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

export function reference(single: NodeCase): Reference {
  const program = compile(modelOf(single));
  const feeds = program.inputs.map(({ name }) => single.inputs[Number(name.slice(1))] as Tensor);
  const { outputs } = execute(program, feeds);
  // Whatever multiplies, the bits are the same.
  const fast = execute(program, feeds, { tools: dotTools(fastestKernel()) });
  expect(fast.outputs).to.deep.equal(outputs);
  return { program, feeds, outputs };
}

/** ONNX Runtime on one thread, without rewriting the graph. The outputs' shapes come from the reference: others are an error. */
export async function runtime(single: NodeCase, shapes: readonly (readonly number[])[]): Promise<Tensor[]> {
  const session = await ort.InferenceSession.create(modelOf(single, shapes), {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  try {
    const feeds: Record<string, ort.Tensor> = {};
    for (const name of session.inputNames) {
      const { dtype, shape, data } = single.inputs[Number(name.slice(1))] as Tensor;
      feeds[name] = new ort.Tensor(dtype, data as Float32Array, shape);
    }
    const results = await session.run(feeds);
    return session.outputNames.map((name): Tensor => {
      const { type, dims, data } = results[name] as ort.Tensor;
      return { dtype: type as Dtype, shape: dims, data: data as Tensor['data'] };
    });
  } finally {
    await session.release();
  }
}

/** |got - wanted| <= atol + rtol * |wanted|, NaN only for NaN; integers and bools equal. */
export function expectClose(got: Tensor, wanted: Tensor, what: string, rtol = 2e-6, atol = 2e-6): void {
  expect(got.dtype, what).to.equal(wanted.dtype);
  expect([...got.shape], what).to.deep.equal([...wanted.shape]);
  for (let i = 0; i < got.data.length; i++) {
    const [x, y] = [Number(got.data[i]), Number(wanted.data[i])];
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    const near = got.dtype === 'float32' && Math.abs(x - y) <= atol + rtol * Math.abs(y);
    if (!near) expect.fail(`${what}: element ${i} is ${x}, wanted ${y}`);
  }
}

/** Runs the case both ways and compares; gives the reference. */
export async function expectLikeRuntime(single: NodeCase, what: string, rtol?: number, atol?: number) {
  const found = reference(single);
  const outputs = await runtime(
    single,
    found.outputs.map(({ shape }) => shape),
  );
  found.outputs.forEach((output, i) => {
    expectClose(output, outputs[i] as Tensor, `${what}, output ${i}`, rtol, atol);
  });
  return found;
}

/** Every element of every operator, as its record alone says it, has the bits that the executor made. */
export function expectStepByStep({ program, feeds }: Pick<Reference, 'program' | 'feeds'>, what: string): void {
  const made: Tensor['data'][] = [];
  execute(program, feeds, {
    observe: (index, { dtype, data }) => {
      made[index] = data;
      const operator = program.operators[index] as Program['operators'][number];
      const sources = operator.operands.map((access) => {
        if (access === undefined) return undefined;
        const { from, index: at } = access.source;
        return from === 'operator' ? made[at] : from === 'input' ? feeds[at]?.data : program.constants[at]?.data;
      });
      const stored = data.slice(0, 1);
      for (let e = 0; e < data.length; e++) {
        stored[0] = stepElement(operator, e, (operand, address) => sources[operand]?.[address] as number) as number;
        const same = dtype === 'float32' ? Object.is(stored[0], data[e]) : stored[0] === data[e];
        if (!same) expect.fail(`${what}: ${operator.kind} ${index}, element ${e} is ${data[e]}, its step ${stored[0]}`);
      }
    },
  });
}

/** A small generator of reproducible choices (mulberry32). */
export class Choices {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  of<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)] as T;
  }

  ints(count: number, low: number, high: number): number[] {
    return Array.from({ length: count }, () => this.int(low, high));
  }

  /** float32 in about [-scale, scale], most of them small; integers over the whole range of 8 bits, or +-1000. */
  tensor(dtype: Dtype, shape: readonly number[], scale = 1): Tensor {
    const values = Array.from({ length: elementCount(shape) }, () => {
      if (dtype === 'float32') return (this.next() + this.next() + this.next() - 1.5) * scale;
      if (dtype === 'uint8') return this.int(0, 255);
      if (dtype === 'int8') return this.int(-128, 127);
      return dtype === 'bool' ? this.int(0, 1) : this.int(-1000, 1000);
    });
    return tensorFrom(dtype, shape, values);
  }
}

/** Ordinary numbers as a tensor, infinite where float32 is; a shape of its own length unless given. */
export function numbers(dtype: Dtype, values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
  return tensorFrom(dtype, shape, dtype === 'float32' ? values.map(Math.fround) : values);
}
