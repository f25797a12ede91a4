import { expect } from 'chai';
import { Lanes } from '../../sdk/lanes.ts';
import { rejectsLater } from '../support/rejects.ts';

const word = (n: number) => `0x${n.toString(16).padStart(64, '0')}`;
const [UNUSED, FREE, BUSY] = [0, 1, 0xabc];

/** Lanes over a chain whose lock words are given. */
function lanesOver(words: number[]): Lanes {
  return new Lanes('0xme', async (lane) => word(words[lane] ?? UNUSED), words.length);
}

const first = (lanes: Lanes, count = 1) => lanes.use(count, async (lane) => lane);

describe('lanes', () => {
  it('should prefer the lane that costs least: used before, then the lowest', async () => {
    expect(await first(lanesOver([UNUSED, UNUSED, FREE, FREE]))).to.equal(2);
    expect(await first(lanesOver([BUSY, UNUSED]))).to.equal(1);
  });

  it('should find lanes in a row for many requests', async () => {
    expect(await first(lanesOver([FREE, BUSY, FREE, UNUSED, UNUSED]), 2)).to.equal(2);
    expect(await first(lanesOver([FREE, BUSY, UNUSED, UNUSED, UNUSED]), 3)).to.equal(2);
  });

  it('should give calls that overlap different lanes', async () => {
    const lanes = lanesOver([UNUSED, UNUSED, UNUSED, UNUSED]);
    const given: number[] = [];
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const calls = [1, 2, 1].map((count) =>
      lanes.use(count, async (lane) => {
        given.push(...Array.from({ length: count }, (_, i) => lane + i));
        if (given.length === 4) open();
        await opened;
      }),
    );
    await Promise.all(calls);
    expect(given.sort()).to.deep.equal([0, 1, 2, 3]);
  });

  it('should say so when all are busy, and go on when one is free again', async () => {
    const words = [BUSY, BUSY];
    const lanes = lanesOver(words);
    const error = await rejectsLater('request.lanes_busy', first(lanes));
    expect(error.retryable).to.equal(true);
    words[1] = FREE;
    expect(await first(lanes)).to.equal(1);
    await rejectsLater('request.lanes_busy', first(lanes, 3));
  });

  it('should free its lane when opening fails', async () => {
    const lanes = lanesOver([UNUSED]);
    const failed = lanes.use(1, () => Promise.reject(new Error('no gas'))).catch((error: Error) => error.message);
    expect(await failed).to.equal('no gas');
    expect(await first(lanes)).to.equal(0);
  });
});
