import { readFileSync } from 'node:fs';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { expect } from 'chai';
import { encodeTensor, encodeTensorInto } from '#core/commitment/elements.ts';
import { HASH_BYTES, hashMany } from '#core/commitment/hashMany.ts';
import { keccak256 } from '#core/hash.ts';
import { tensor } from '#core/tensor.ts';
import { keccakFile } from '../../../scripts/generate/keccakKernel.ts';
import { seeded } from '../../support/seeded.ts';

/** @noble/hashes is another implementation of keccak256. */
describe('hashing many messages', () => {
  const { int } = seeded(13);
  const randomBytes = (length: number) => Uint8Array.from({ length }, () => int(256));

  it('should give the hash of each, for every length around the blocks of the permutation', () => {
    const lengths = [1, 31, 32, 63, 64, 134, 135, 136, 137, 255, 256, 270, 271, 272, 407, 408, 512];
    for (const bytes of lengths)
      for (const count of [1, 2, 3, 511, 512, 513, 1030].slice(0, bytes > 100 ? 4 : 7)) {
        const missing = int(2) === 0 ? 0 : int(bytes);
        const bodies = randomBytes(count * bytes - missing);
        const filler = randomBytes(bytes);
        const tag = int(256);
        const hashes = hashMany(tag, bodies, bytes, filler);
        expect(hashes.length).to.equal(count * HASH_BYTES);
        const full = new Uint8Array(count * bytes);
        full.set(bodies);
        full.set(filler.subarray(0, missing), bodies.length);
        for (const i of new Set([0, 1, count - 2, count - 1, int(count)].filter((n) => n >= 0 && n < count))) {
          const want = keccak_256(Uint8Array.of(tag, ...full.subarray(i * bytes, (i + 1) * bytes)));
          const got = hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);
          expect([...got], `message ${i} of ${count}, ${bytes} bytes`).to.deep.equal([...want]);
        }
      }
  });

  it('should agree for single messages of any length', () => {
    for (let length = 0; length < 300; length += 7) {
      const message = randomBytes(length);
      expect([...keccak256(message)]).to.deep.equal([...keccak_256(message)]);
    }
  });

  it('should be the WebAssembly that its generator writes', async () => {
    expect(readFileSync('core/commitment/keccakBytes.ts', 'utf8')).to.equal(await keccakFile());
  });
});

describe('canonical bytes', () => {
  it('should not depend on where they are written', () => {
    const { bits } = seeded(3);
    const words = Uint32Array.from({ length: 300 }, (_, i) => (i % 9 === 0 ? 0x7f800001 + i : bits()));
    const floats = tensor('float32', [300], new Float32Array(words.buffer));
    const integers = tensor('int32', [300], new Int32Array(words.buffer));
    for (const t of [floats, integers]) {
      const aligned = encodeTensor(t);
      const shifted = new Uint8Array(1203);
      encodeTensorInto(t, shifted, 3);
      expect([...shifted.subarray(3)]).to.deep.equal([...aligned]);
    }
    expect([...encodeTensor(floats).subarray(0, 4)]).to.deep.equal([0x7f, 0xc0, 0, 0]);
  });
});
