/**
 * keccak256 of many messages of one length, two at a time: what a tensor of a million elements needs 30,000 times. Four times as fast as one
 * call per message; the hashes are the same, and where the engine has no vectors they are made one by one.
 */
import { keccak256 } from '../hash.ts';
import { WASM } from '../webAssembly.ts';
import { KECCAK_KERNEL } from './keccakBytes.ts';

export const HASH_BYTES = 32;

/** Bytes that one permutation absorbs. */
const RATE = 136;
const PAGE = 65_536;
/** The round constants come first in the memory. */
const MESSAGES = 256;
/** Messages of one call: their copies stay in the cache. */
const BATCH = 512;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  hash(message: number, pairs: number, blocks: number, stride: number, out: number): void;
}

const kernel = WASM.instantiate<Exports>(KECCAK_KERNEL);

/**
 * Hashes `count` messages tag || body: body i is `bytes` bytes at bodies[i * bytes], the last one may be shorter and is
 * filled up from `filler`. The hashes lie one after the other.
 */
export function hashMany(tag: number, bodies: Uint8Array, bytes: number, filler: Uint8Array): Uint8Array {
  const count = Math.ceil(bodies.length / bytes);
  const hashes = new Uint8Array(count * HASH_BYTES);
  const length = 1 + bytes;
  if (kernel === undefined || count === 1) hashOneByOne(tag, bodies, bytes, filler, hashes);
  else {
    const stride = Math.ceil((length + 1) / RATE) * RATE;
    const memory = reserve(kernel, MESSAGES + BATCH * (stride + HASH_BYTES));
    const outAt = MESSAGES + BATCH * stride;
    // The tag and the padding (0x01 ... 0x80) are the same in all; only bodies change.
    for (let i = 0; i < BATCH; i++) {
      const at = MESSAGES + i * stride;
      memory[at] = tag;
      memory.fill(0, at + length, at + stride);
      memory[at + length] = 1;
      memory[at + stride - 1] = (memory[at + stride - 1] as number) | 0x80;
    }
    for (let first = 0; first < count; first += BATCH) {
      const many = Math.min(BATCH, count - first);
      for (let i = 0; i < many; i++) {
        const from = (first + i) * bytes;
        memory.set(bodies.subarray(from, from + bytes), MESSAGES + i * stride + 1);
      }
      const short = (first + many) * bytes - bodies.length;
      if (short > 0) memory.set(filler.subarray(0, short), MESSAGES + (many - 1) * stride + length - short);
      // An odd last message is hashed beside what an earlier batch left.
      kernel.hash(MESSAGES, Math.ceil(many / 2), stride / RATE, stride, outAt);
      hashes.set(memory.subarray(outAt, outAt + many * HASH_BYTES), first * HASH_BYTES);
    }
  }
  return hashes;
}

function hashOneByOne(tag: number, bodies: Uint8Array, bytes: number, filler: Uint8Array, hashes: Uint8Array): void {
  const message = new Uint8Array(1 + bytes);
  message[0] = tag;
  for (let from = 0, to = 0; from < bodies.length; from += bytes, to += HASH_BYTES) {
    const body = bodies.subarray(from, from + bytes);
    message.set(body, 1);
    message.set(filler.subarray(0, bytes - body.length), 1 + body.length);
    hashes.set(keccak256(message), to);
  }
}

let bytesOf = new Uint8Array(0);

function reserve({ memory }: Exports, bytes: number): Uint8Array {
  if (memory.buffer.byteLength < bytes) memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / PAGE));
  if (bytesOf.buffer !== memory.buffer) bytesOf = new Uint8Array(memory.buffer);
  return bytesOf;
}
