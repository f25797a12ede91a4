import { keccak_256 } from '@noble/hashes/sha3.js';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionOptions } from '../../workers/adapters/onnx/session.ts';
import { perfModels } from '../generate/perfModels.ts';
import { quantile } from './path.ts';

const RUNS = 40;
const MODEL = 'resnet-5ms';
const HASHED = new Uint8Array(2 ** 20);

/**
 * How fast the machine is at the moment, in a sentence: a virtual one changes by a factor of several from hour to hour, and native code and
 * JavaScript not by the same. Figures of two parts, or of two days, compare only as far as these do.
 */
export async function yardstick(): Promise<string> {
  const model = perfModels().find(({ name }) => name === MODEL);
  if (model === undefined) throw new Error(`There is no model ${MODEL}.`);
  const [name, shape] = model.input;
  const session = await InferenceSession.create(model.bytes, sessionOptions(1));
  const size = shape.reduce((product, dim) => product * dim, 1);
  const input = new Tensor('float32', new Float32Array(size).fill(0.5), shape);
  const native = await median(() => session.run({ [name]: input }));
  await session.release();
  const script = await median(async () => keccak_256(HASHED));
  return `Just before, ${MODEL} took ${native.toFixed(1)} ms in ONNX Runtime, and Keccak-256 of 1 MiB ${script.toFixed(0)} ms in JavaScript.`;
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return quantile(times, 0.5);
}
