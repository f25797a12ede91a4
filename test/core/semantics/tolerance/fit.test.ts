import { expect } from 'chai';
import { unpackTolerance } from '#core/protocol/publishedTolerance.ts';
import {
  type Deviations,
  deviationsOf,
  fitTolerance,
  LEAST_ATOL,
  MARGIN,
  withRounding,
} from '#core/semantics/tolerance/fit.ts';
import { tensorFrom } from '#core/tensor.ts';

/** A linear congruential generator, in [0, 1). */
function uniform(seed: number) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const ulp = 2 ** -24;
const made = (size: readonly number[], deviation: readonly number[]): Deviations => ({
  size: Float64Array.from(size),
  deviation: Float64Array.from(deviation),
});

function fitted(samples: readonly Deviations[]) {
  const found = fitTolerance(samples);
  if (found === undefined) throw new Error('nothing fits');
  return unpackTolerance(found);
}

/** Exactly, in units of 2^-200: float64 products of a margin and a deviation are whole multiples of it here. */
function holds(samples: readonly Deviations[], { abs, rel }: { abs: number; rel: number }): boolean {
  const whole = (x: number, scale = 2 ** 200) => BigInt(x * scale);
  return samples.every(({ size, deviation }) =>
    Array.from(size).every((s, i) => {
      const room = (whole(abs) << 32n) + whole(rel, 2 ** 32) * whole(s);
      return room >= BigInt(MARGIN) * (whole(deviation[i] as number) << 32n);
    }),
  );
}

describe('fitting a tolerance', () => {
  it('should be relative where the error grows with the value, like a softmax', () => {
    const next = uniform(1);
    const size = Array.from({ length: 4_000 }, () => 10 ** (-20 * next()));
    const samples = [
      made(
        size,
        size.map((s) => s * 40 * ulp * next()),
      ),
    ];
    const { abs, rel } = fitted(samples);
    expect(abs).to.be.below(1e-20);
    expect(rel).to.be.within(MARGIN * 39 * ulp, MARGIN * 40 * ulp * 2 ** 0.25);
    expect(holds(samples, { abs, rel })).to.equal(true);
  });

  it('should be absolute where it does not, like a sigmoid with a clamped tail', () => {
    const next = uniform(2);
    const logits = Array.from({ length: 4_000 }, () => 40 * next() - 20);
    const size = logits.map((x) => 1 / (1 + Math.exp(-x)));
    const deviation = size.map((s, i) => ((logits[i] as number) < -18 ? s : 2 * ulp * next()));
    const samples = [made(size, deviation)];
    const { abs, rel } = fitted(samples);
    const worst = Math.max(...deviation);
    expect(abs).to.be.within(0.5 * MARGIN * worst, MARGIN * worst * (1 + 2 ** -22));
    expect(rel).to.be.below(100 * ulp);
    expect(holds(samples, { abs, rel })).to.equal(true);
  });

  it('should hold at the margin for every element of every sample, whatever they are', () => {
    const next = uniform(3);
    for (let round = 0; round < 60; round++) {
      const samples = Array.from({ length: 1 + Math.floor(4 * next()) }, () => {
        const size = Array.from({ length: 50 }, () => Math.fround(2 ** (60 * next() - 30)));
        return made(
          size,
          size.map((s) => (next() < 0.3 ? 0 : Math.fround((next() < 0.5 ? s : 1) * 2 ** (-30 * next())))),
        );
      });
      expect(holds(samples, fitted(samples))).to.equal(true);
    }
  });

  it('should take the narrowest pair of the grid', () => {
    // One element deviates: absolute is then as good as anything, and a relative part could only widen the other.
    expect(fitted([made([1, 1000], [ulp, 0])])).to.deep.equal({
      abs: MARGIN * ulp * (1 + 2 ** -23),
      rel: 0,
    });
  });

  it('should take the pair that catches a cheat, where one does', () => {
    // The many small elements speak for a relative tolerance, of 8e-3 because of the second one.
    const small = Array.from({ length: 100 }, () => 1e-12);
    const samples = [made([1, 1e-3, ...small], [0, 1e-6, ...small.map(() => 0)])];
    const cheat = made([1, 1e-3, ...small], [5e-5, 0, ...small.map(() => 0)]);
    const caught = ({ abs, rel }: { abs: number; rel: number }) => 5e-5 > abs + rel;
    const blind = fitted(samples);
    expect(blind.rel).to.be.greaterThan(7e-3);
    expect(caught(blind)).to.equal(false);
    const seeing = fitTolerance(samples, [cheat]);
    if (seeing === undefined) throw new Error('nothing fits');
    expect(caught(unpackTolerance(seeing))).to.equal(true);
    expect(holds(samples, unpackTolerance(seeing))).to.equal(true);
  });

  it('should allow nothing if nothing deviated, but never a hair above nothing', () => {
    expect(fitTolerance([made([1, 0], [0, 0])])).to.deep.equal({ atol: 0, rtol: 0 });
    expect(fitTolerance([])).to.deep.equal({ atol: 0, rtol: 0 });
    const { abs } = fitted([made([1, 1e-30, 0], [ulp, 1e-37, 0])]);
    expect(abs).to.be.at.least(LEAST_ATOL);
  });

  it('should count a unit in the last place where nothing was seen', () => {
    const found = withRounding(made([1, 100, 0], [0, 1, 0]));
    expect([...found.deviation]).to.deep.equal([2 ** -23, 1, 0]);
    const { abs, rel } = fitted([withRounding(made([1, 100, 3], [0, 0, 0]))]);
    expect(abs + rel).to.be.at.least(MARGIN * 2 ** -23);
  });

  it('should find none if a non-finite value does not match or the margin leaves float32', () => {
    expect(fitTolerance([made([1], [Infinity])])).to.equal(undefined);
    expect(fitTolerance([made([0, 1], [3e38, 0])])).to.equal(undefined);
  });

  it('should measure the largest of all results, and mismatches as infinite', () => {
    const float = (...values: number[]) => tensorFrom('float32', [4], values);
    const found = deviationsOf(float(1, -2, Infinity, NaN), [
      float(1.5, -2, Infinity, NaN),
      float(0.75, -4, Infinity, 1),
    ]);
    expect([...found.size]).to.deep.equal([1, 2, 0, 0]);
    expect([...found.deviation]).to.deep.equal([0.5, 2, 0, Infinity]);
    const whole = (...values: number[]) => tensorFrom('int32', [2], values);
    expect([...deviationsOf(whole(1, 2), [whole(1, 3)]).deviation]).to.deep.equal([0, Infinity]);
  });
});
