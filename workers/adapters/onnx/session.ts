/** One ONNX Runtime session: how models are loaded, what they may look like, how they are called. Runs in the child only. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { DTYPES, isDtype } from '#core/commitment/dtype.ts';
import type { Tensor } from '#core/tensor.ts';
import { elementCount } from '#core/tensor.ts';
import type { Refusal } from './frames.ts';

export class Refused extends Error {
  readonly kind: Refusal;
  constructor(kind: Refusal, reason: string) {
    super(reason);
    this.kind = kind;
  }
}

/**
 * Fixed for the whole network: fused kernels change the last bits between optimisation levels, and more threads change the order
 * of sums. Level "all" and one thread is what every model card states its errors for (models/training/README.md, "Bits"). Without VNNI,
 * kernels for uint8 and int8 weights stop at 2^15 between; what this option puts in their place does not (narrowSums.ts).
 */
export function sessionOptions(threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    extra: { session: { x64quantprecision: '1' } },
  };
}

/** One Identity node on float32[1], written by core/onnx. */
const IDENTITY =
  'CAgSCWNvcmUvb25ueDo7ChAKAXgSAXkiCElkZW50aXR5EgVncmFwaFoPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEBE=';

/** Makes ONNX Runtime allocate its own share, so that the first model is not charged for it. */
export async function initialiseLibrary(): Promise<void> {
  const session = await InferenceSession.create(Buffer.from(IDENTITY, 'base64'), sessionOptions(1));
  await warmUp(session);
  await session.release();
}

/** Hashes exactly the bytes it loads: a file that was swapped after the store verified it is refused. */
export async function loadSession(path: string, sha256: string, threads: number): Promise<InferenceSession> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new Refused('changed', `cannot be read: ${(error as Error).message}`);
  }
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) throw new Refused('changed', `the file on disk now has sha256 ${found}`);
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(bytes, sessionOptions(threads));
  } catch (error) {
    throw refusal('invalid', error);
  }
  for (const [side, list] of [
    ['input', session.inputMetadata],
    ['output', session.outputMetadata],
  ] as const)
    for (const value of list) {
      const type = value.isTensor ? value.type : 'not a tensor';
      if (!isDtype(type))
        throw new Refused('invalid', `${side} ${value.name} is ${type}; allowed: ${Object.keys(DTYPES).join(', ')}`);
    }
  return session;
}

/** A first run on zeros makes ONNX Runtime allocate what later runs reuse, so that the first request does not pay for it. */
export async function warmUp(session: InferenceSession): Promise<void> {
  const feeds: Record<string, OrtTensor> = {};
  for (const value of session.inputMetadata) {
    if (!value.isTensor || !isDtype(value.type)) continue;
    const dims = value.shape.map((dim) => (typeof dim === 'number' && dim > 0 ? dim : 1));
    feeds[value.name] = new OrtTensor(
      value.type,
      new DTYPES[value.type].Data(elementCount(dims)) as Float32Array,
      dims,
    );
  }
  // A graph may well refuse zeros (a free dimension that must match another): that says nothing about real inputs.
  await session.run(feeds).catch(() => undefined);
}

export async function runSession(
  session: InferenceSession,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Tensor>> {
  const given = Object.keys(inputs);
  const missing = session.inputNames.filter((name) => !given.includes(name));
  const unknown = given.filter((name) => !session.inputNames.includes(name));
  if (missing.length + unknown.length > 0)
    throw new Refused(
      'rejected',
      `the graph takes ${session.inputNames.join(', ')}; got ${given.join(', ') || 'nothing'}`,
    );
  const feeds: Record<string, OrtTensor> = {};
  for (const [name, { dtype, shape, data }] of Object.entries(inputs))
    feeds[name] = new OrtTensor(dtype, data as Float32Array, shape);
  let fetched: InferenceSession.OnnxValueMapType;
  try {
    fetched = await session.run(feeds);
  } catch (error) {
    throw refusal('rejected', error);
  }
  const outputs: Record<string, Tensor> = {};
  for (const name of session.outputNames) {
    const value = fetched[name] as OrtTensor;
    if (!isDtype(value.type)) throw new Refused('invalid', `output ${name} is ${value.type}`);
    const data = value.data as Tensor['data'];
    if (data instanceof Float32Array) canonicaliseNaN(data);
    outputs[name] = { dtype: value.type, shape: value.dims, data };
  }
  return outputs;
}

/** NaN has one encoding in a commitment; kernels produce others (0xffc00000 from 0/0 on x86). */
function canonicaliseNaN(data: Float32Array): void {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  for (let i = 0; i < bits.length; i++) if (((bits[i] as number) & 0x7fffffff) > 0x7f800000) bits[i] = 0x7fc00000;
}

function refusal(kind: Refusal, error: unknown): Refused {
  const reason = error instanceof Error ? error.message : String(error);
  return new Refused(/bad_alloc|failed to allocate|out of memory/i.test(reason) ? 'memory' : kind, reason);
}
