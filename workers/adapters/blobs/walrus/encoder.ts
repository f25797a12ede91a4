/** A thread that computes Walrus blob ids: seconds of work and memory of several times the file, both given back when it ends. */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { BlobEncoder } from '@mysten/walrus-wasm';

export interface EncoderOptions {
  /** Shards of the Walrus network whose ids these are; the id depends on it. */
  readonly shards: number;
}
export interface EncoderJob {
  readonly file: string;
  readonly size: number;
}
export type EncoderAnswer = { readonly blobId: string } | { readonly reason: string };

const { shards } = workerData as EncoderOptions;
const encoder = new BlobEncoder(shards);

/** RS2 is the only encoding that the package, and Walrus, has. */
function blobIdOf({ file, size }: EncoderJob): EncoderAnswer {
  const bytes = readFileSync(file);
  if (bytes.length !== size) return { reason: `it has ${bytes.length} bytes, not ${size}` };
  const [id] = encoder.compute_metadata(bytes) as [readonly number[]];
  return { blobId: Buffer.from(id).toString('base64url') };
}

parentPort?.on('message', (job: EncoderJob) => {
  try {
    parentPort?.postMessage(blobIdOf(job));
  } catch (error) {
    parentPort?.postMessage({ reason: String(error) } satisfies EncoderAnswer);
  }
});
