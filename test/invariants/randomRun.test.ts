// Scenario 39: a random run over the real contracts. After every call the events are those the model predicted, every view
// equals the replay of all events (I9), and I1 to I4 hold (README.md).
import { expect } from 'chai';
import { begin } from './support/harness.ts';
import { RandomRun } from './support/run.ts';

/** A nightly run sets both: `npm run fuzz`. */
const CALLS = Number(process.env['FUZZ_CALLS'] ?? 700);
const SEEDS = (process.env['FUZZ_SEEDS'] ?? '1').split(',').map(Number);

/** What every run long enough must have done at least once, so that a run that only gets refusals cannot pass. */
const DONE = [
  'request requestMany decline accept submit cancel expire finalise freeze thaw condemn submitEach submitBatch expireEach',
  'expireBatch finaliseEach finaliseBatch deposit withdraw stake unstake claimRoyalty sweepProtocol flushBurn',
]
  .join(' ')
  .split(' ');

describe('I1, I2, I3, I4, I9 (C1, C2, C3): a random run', () => {
  for (const seed of SEEDS) {
    it(`scenario 39: ${CALLS} calls with seed ${seed}: predicted, conserved, and told in full by events`, async function () {
      this.timeout(CALLS * 1000);
      const h = await begin();
      await new RandomRun(h, seed).go(CALLS);
      if (process.env['FUZZ_TALLY']) console.log(Object.fromEntries([...h.tally].sort()));
      if (CALLS >= 500)
        expect(
          DONE.filter((name) => !h.tally.has(name)),
          'never done in this run',
        ).to.deep.equal([]);
    });
  }
});
