import { expect } from 'chai';
import { foremost, precedes } from '#core/semantics/execute/ranking.ts';
import { seeded } from '../../../support/seeded.ts';

const { int, pick } = seeded(29);

describe('the foremost of candidates', () => {
  it('should be the first of all when they are sorted: NaN before everything, ties to the lowest, absent ones nowhere', () => {
    const draws: readonly (() => number | bigint | undefined)[] = [
      () => pick([0, -0, 1, -1, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, undefined]),
      () => int(1_000_000),
      () => BigInt(int(4)) * 2n ** 61n,
    ];
    for (let round = 0; round < 500; round++) {
      const draw = pick(draws);
      const values = Array.from({ length: int(60) }, () => draw()) as (number | undefined)[];
      const largest = int(2) === 0;
      const sorted = values
        .flatMap((value, i) => (value === undefined ? [] : [i]))
        .sort((i, j) => {
          const [x, y] = [values[i] as number, values[j] as number];
          return precedes(x, y, largest) ? -1 : precedes(y, x, largest) ? 1 : i - j;
        });
      const count = 1 + int(70);
      expect(foremost(values.length, count, (i) => values[i], largest)).to.deep.equal(sorted.slice(0, count));
    }
  });

  it('should need room for what is asked for, not for the candidates', () => {
    const many = 2 ** 25;
    expect(foremost(many, 2, (i) => (i * 7) % 1_000_003, true)).to.have.length(2);
  });
});
