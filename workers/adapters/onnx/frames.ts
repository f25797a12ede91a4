/**
 * What parent and child say to each other over one socket: a prefix (two uint32: bytes of header, bytes of payload), a JSON
 * header, then the tensors' raw elements, each padded to 8 bytes so that typed arrays can lie on the received buffer. Byte order
 * is the machine's: both ends are one machine. Measured against fork()'s advanced serialisation: 0.04 ms instead of 0.10 ms per round
 * trip of a small tensor, 0.6 instead of 1.6 ms at 600 kB.
 */
import { DTYPES } from '#core/commitment/dtype.ts';
import type { Dtype, Tensor } from '#core/tensor.ts';
import { elementCount } from '#core/tensor.ts';

export const PREFIX_BYTES = 8;

export interface TensorHead {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

export type Call =
  | { readonly op: 'load'; readonly sha256: string; readonly path: string }
  | { readonly op: 'release'; readonly sha256: string }
  | { readonly op: 'run'; readonly sha256: string; readonly tensors: readonly TensorHead[] };

/** `invalid`: the file; `changed`: the file is no longer the registered one; `rejected`: the input; `memory`: an allocation failed. */
export type Refusal = 'invalid' | 'changed' | 'rejected' | 'memory';

/** `rss`: resident bytes of the child after the call; `grown`: by how many a load made it grow. */
export type Reply =
  | { readonly op: 'ready' | 'released'; readonly rss: number }
  | { readonly op: 'loaded'; readonly rss: number; readonly grown: number }
  | { readonly op: 'ran'; readonly rss: number; readonly tensors: readonly TensorHead[] }
  | { readonly op: 'refused'; readonly rss: number; readonly kind: Refusal; readonly reason: string };

export interface Frame<H> {
  readonly header: H;
  readonly payload: Uint8Array;
}

const padded = (bytes: number) => (bytes + 7) & ~7;

/** The pieces to write, in order. Tensor data is not copied. */
export function encodeFrame(header: Call | Reply, tensors: readonly Tensor[] = []): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(header));
  const prefix = new Uint32Array(2);
  prefix[0] = json.length;
  const pieces: Uint8Array[] = [new Uint8Array(prefix.buffer), json];
  let total = 0;
  for (const { data } of tensors) {
    pieces.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    const gap = padded(data.byteLength) - data.byteLength;
    if (gap > 0) pieces.push(new Uint8Array(gap));
    total += data.byteLength + gap;
  }
  if (total > 0x7fffffff) throw new RangeError(`${total} bytes of tensors do not fit one frame`);
  prefix[1] = total;
  return pieces;
}

export function headsOf(tensors: Readonly<Record<string, Tensor>>): TensorHead[] {
  return Object.entries(tensors).map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
}

/** Tensors on top of a payload, without copying it. The payload must start at a multiple of 8 in its buffer. */
export function tensorsOf(heads: readonly TensorHead[], payload: Uint8Array): Record<string, Tensor> {
  let offset = payload.byteOffset;
  const tensors: Record<string, Tensor> = {};
  for (const { name, dtype, shape } of heads) {
    const count = elementCount(shape);
    const { Data, bytes } = DTYPES[dtype];
    tensors[name] = { dtype, shape, data: new Data(payload.buffer as ArrayBuffer, offset, count) };
    offset += padded(count * bytes);
  }
  return tensors;
}

export function prefixOf(prefix: Uint8Array): { header: number; payload: number } {
  const [header = 0, payload = 0] = new Uint32Array(prefix.slice(0, PREFIX_BYTES).buffer);
  return { header, payload };
}

/** Cuts a stream of chunks into frames; each part is received into its own buffer. */
export function frameReader<H>(onFrame: (frame: Frame<H>) => void): (chunk: Uint8Array) => void {
  let part = new Uint8Array(PREFIX_BYTES);
  let filled = 0;
  let state: 'prefix' | 'header' | 'payload' = 'prefix';
  let sizes = { header: 0, payload: 0 };
  let header: H;
  const expect = (next: typeof state, bytes: number) => {
    state = next;
    part = new Uint8Array(bytes);
    filled = 0;
  };
  const complete = () => {
    if (state === 'prefix') {
      sizes = prefixOf(part);
      expect('header', sizes.header);
    } else if (state === 'header') {
      header = JSON.parse(Buffer.from(part.buffer).toString());
      expect('payload', sizes.payload);
    } else {
      const payload = part;
      expect('prefix', PREFIX_BYTES);
      onFrame({ header, payload });
    }
  };
  return (chunk) => {
    let taken = 0;
    do {
      const some = chunk.subarray(taken, taken + part.length - filled);
      part.set(some, filled);
      filled += some.length;
      taken += some.length;
      while (filled === part.length) complete();
    } while (taken < chunk.length);
  };
}
