import { expect } from 'chai';
import { paced } from '#core/pace.ts';

describe('the pace of a sender', () => {
  let now = 0;
  const pace = { graceMs: 1000, minBytesPerSecond: 10, now: () => now };

  /** Sends chunks of so many bytes after so many milliseconds. */
  async function* sender(...chunks: readonly (readonly [afterMs: number, bytes: number])[]) {
    for (const [afterMs, bytes] of chunks) {
      now += afterMs;
      yield new Uint8Array(bytes);
    }
  }
  /** Bytes that came through, and what was said. `eachMs`: what the reader takes for a chunk. */
  async function read(bytes: AsyncIterable<Uint8Array>, eachMs = 0): Promise<readonly [number, string | undefined]> {
    let count = 0;
    try {
      for await (const chunk of paced(bytes, pace, (what) => new Error(what))) {
        count += chunk.length;
        now += eachMs;
      }
    } catch (error) {
      return [count, (error as Error).message];
    }
    return [count, undefined];
  }

  it('should pass on what is fast enough, however long the first bytes took within the grace', async () => {
    expect(await read(sender([1000, 1], [500, 14], [1000, 10]))).to.deep.equal([25, undefined]);
  });

  it('should end what is too slow, and not pass on the chunk that showed it', async () => {
    expect(await read(sender([900, 1], [101, 9], [100, 50]))).to.deep.equal([
      1,
      'sent 10 bytes in 1001 ms, which is too slow',
    ]);
  });

  it('should not blame a sender for a slow reader', async () => {
    expect(await read(sender([10, 1], [10, 1], [10, 1]), 60_000)).to.deep.equal([3, undefined]);
  });

  it('should end the sender when the reader leaves', async () => {
    let ended = false;
    async function* endless() {
      try {
        for (;;) yield new Uint8Array(1);
      } finally {
        ended = true;
      }
    }
    for await (const chunk of paced(endless(), pace, (what) => new Error(what))) {
      expect(chunk.length).to.equal(1);
      break;
    }
    expect(ended).to.equal(true);
  });
});
