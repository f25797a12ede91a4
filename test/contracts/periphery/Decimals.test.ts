// Numbers and float32, each way, against exact rationals (test/support/rationals.ts), which share nothing with the contract.
import { expect } from 'chai';
import type { DecimalsHarness } from '#types';
import { ethers, loadFixture } from '../../support/contracts/chain.ts';
import { bitsOf, fromBits, nearestFloat32, type Rational, rational } from '../../support/rationals.ts';
import { type Seeded, seeded } from '../../support/seeded.ts';

const CASES = Number(process.env['DECIMALS_CASES'] ?? 400);
const BATCH = 300;
const REFUSAL = { None: 0n, Decimals: 1n, Inexact: 2n, Range: 3n, NotFinite: 4n } as const;
const MOST = 2n ** 127n - 1n;
const INFINITY = 0x7f800000;

interface Decimal {
  readonly value: bigint;
  readonly decimals: bigint;
}

const harness = () => ethers.deployContract('DecimalsHarness');
const decimal = (value: bigint | number, decimals: bigint | number): Decimal => ({
  value: BigInt(value),
  decimals: BigInt(decimals),
});

const exact = ({ value, decimals }: Decimal): Rational =>
  decimals >= 0n ? { n: value, d: 10n ** decimals } : { n: value * 10n ** -decimals, d: 1n };
const same = (a: Rational, b: Rational) => a.n * b.d === b.n * a.d;

/** What the contract should make of a number: bits, or the reason it refuses. */
function wantedBits(number: Decimal, nearest: boolean): [bits: bigint, refusal: bigint] {
  const { decimals } = number;
  if (decimals < -38n || decimals > 67n) return [0n, REFUSAL.Decimals];
  const x = exact(number);
  const near = nearestFloat32(x);
  if (!Number.isFinite(near)) return [0n, REFUSAL.Range];
  if (!nearest && !same(x, rational(near))) return [0n, REFUSAL.Inexact];
  // A negative number that rounds to nothing keeps its sign, as IEEE 754 has it.
  const negative = near === 0 && x.n < 0n;
  return [BigInt(negative ? 0x80000000 : bitsOf(near)), REFUSAL.None];
}

/** An integer division rounded to nearest, ties to even; n >= 0. */
function rounded(n: bigint, d: bigint): bigint {
  const [quotient, twice] = [n / d, (n % d) * 2n];
  return twice > d || (twice === d && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

/** The decimal of 9 significant digits nearest to a positive rational, in normal form. */
function nineDigits({ n, d }: Rational): Decimal {
  const digits = n.toString().length - d.toString().length;
  for (let decimals = 10n - BigInt(digits); ; decimals--) {
    const value = decimals >= 0n ? rounded(n * 10n ** decimals, d) : rounded(n, d * 10n ** -decimals);
    if (value < 10n ** 9n) return normal(decimal(value, decimals));
  }
}

function normal({ value, decimals }: Decimal): Decimal {
  if (decimals < 0n) return decimal(value * 10n ** -decimals, 0);
  return value % 10n === 0n && decimals > 0n ? normal(decimal(value / 10n, decimals - 1n)) : { value, decimals };
}

/** Fewest decimals at which a rational over a power of two is an integer over a power of ten. */
function equalDecimal({ n, d }: Rational): Decimal {
  if (n % 2n === 0n && d % 2n === 0n) return equalDecimal({ n: n / 2n, d: d / 2n });
  const decimals = BigInt(d.toString(2).length - 1);
  return decimal((n * 10n ** decimals) / d, decimals);
}

function wantedNumber(bits: number, nearest: boolean): [number: Decimal, refusal: bigint] {
  const none = decimal(0, 0);
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= INFINITY) return [none, REFUSAL.NotFinite];
  const negative = bits >>> 31 === 1;
  if (magnitude === 0) return [none, negative && !nearest ? REFUSAL.Inexact : REFUSAL.None];
  const x = rational(fromBits(magnitude));
  const found = nearest ? nineDigits(x) : equalDecimal(x);
  if (found.value > MOST) return [none, found.decimals === 0n ? REFUSAL.Range : REFUSAL.Inexact];
  return [decimal(negative ? -found.value : found.value, found.decimals), REFUSAL.None];
}

const sliced = <T>(all: readonly T[]) =>
  Array.from({ length: Math.ceil(all.length / BATCH) }, (_, i) => all.slice(i * BATCH, (i + 1) * BATCH));

async function checkNumbers(contract: DecimalsHarness, numbers: readonly Decimal[]): Promise<void> {
  for (const part of sliced(numbers))
    for (const nearest of [false, true]) {
      const [bits, refusals] = await contract.toFloat32([...part], nearest);
      const line = ({ value, decimals }: Decimal, result: bigint | undefined, refusal: bigint | undefined) =>
        `${value} / 10^${decimals}, nearest ${nearest}: ${result?.toString(16)}, refusal ${refusal}`;
      const got = part.map((number, i) => line(number, bits[i], refusals[i]));
      expect(got).to.deep.equal(part.map((number) => line(number, ...wantedBits(number, nearest))));
    }
}

async function checkFloats(contract: DecimalsHarness, floats: readonly number[]): Promise<void> {
  for (const part of sliced(floats))
    for (const nearest of [false, true]) {
      const [numbers, refusals] = await contract.fromFloat32([...part], nearest);
      const line = (bits: number, number: Decimal | undefined, refusal: bigint | undefined) =>
        `0x${bits.toString(16)}, nearest ${nearest}: ${number?.value} / 10^${number?.decimals}, refusal ${refusal}`;
      const got = part.map((bits, i) => line(bits, numbers[i], refusals[i]));
      expect(got).to.deep.equal(part.map((bits) => line(bits, ...wantedNumber(bits, nearest))));
    }
}

/** A whole number of any length up to 127 bits. */
function anyValue(random: Seeded): bigint {
  const wide = [0, 32, 64, 96].reduce((all, shift) => all | (BigInt(random.bits()) << BigInt(shift)), 0n);
  const value = wide >> BigInt(1 + random.int(127));
  return random.int(2) === 0 ? value : -value;
}

describe('Decimals', () => {
  it('makes of numbers the float32 that equals them, or the nearest one', async () => {
    const contract = await loadFixture(harness);
    const edges: Decimal[] = [0, 1, -1, 5, 25, 16_777_215, 16_777_216, 16_777_217, 16_777_219, 33_554_435].flatMap(
      (value) => [0, 1, 2, 3, 7].map((decimals) => decimal(value, decimals)),
    );
    const ends = [MOST, -MOST - 1n, 1n, -1n].flatMap((value) =>
      [-39, -38, -1, 0, 1, 44, 45, 46, 66, 67, 68, 2n ** 126n, -(2n ** 126n)].map((decimals) =>
        decimal(value, decimals),
      ),
    );
    // The largest float32, half a place above it (a tie that rounds to 2^128), and the tie's neighbours; the least ones likewise.
    const top = 2n ** 128n - 2n ** 103n;
    const range = [-1n, 0n, 1n].map((by) => decimal((top + by * 10n) / 10n, -1));
    const small = ['7006492321624085354618', '7006492321624085354619', '14012984643248170709237'].map((digits) =>
      decimal(BigInt(digits), 45 + digits.length - 1),
    );
    await checkNumbers(contract, [...edges, ...ends, ...range, ...small]);
    const random = seeded(11);
    const any = Array.from({ length: CASES }, () => decimal(anyValue(random), random.int(106) - 38));
    // Halfway between two neighbours, and a hair to either side: exact decimals of float32 sums.
    const halves = Array.from({ length: CASES / 4 }, () => {
      const bits = 0x38000000 + random.int(0x0f000000);
      const [a, b] = [rational(fromBits(bits)), rational(fromBits(bits + 1))];
      const middle = equalDecimal({ n: a.n * b.d + b.n * a.d, d: a.d * b.d * 2n });
      return [-1n, 0n, 1n].map((by) => decimal(middle.value * 10n + by, middle.decimals + 1n));
    }).flat();
    await checkNumbers(contract, [...any, ...halves.filter(({ value }) => value <= MOST)]);
  });

  it('gives every way of writing a number the same bits', async () => {
    const contract = await loadFixture(harness);
    const ways = Array.from({ length: 30 }, (_, i) => decimal(15n * 10n ** BigInt(i), 1 + i));
    const [bits] = await contract.toFloat32(ways, false);
    expect(new Set(bits)).to.deep.equal(new Set([0x3fc00000n]));
  });

  it('makes of float32 the decimal that equals it, or the nearest of nine digits', async () => {
    const contract = await loadFixture(harness);
    const signs = [0, 0x80000000];
    const powers = Array.from({ length: 255 }, (_, e) => (e << 23) >>> 0);
    const around = powers.flatMap((bits) => [bits - 1, bits, bits + 1]).filter((bits) => bits >= 0);
    const odd = [INFINITY, INFINITY + 1, 0x7fc00000, 0x7fffffff];
    const all = [...around, ...odd].flatMap((bits) => signs.map((sign) => (bits | sign) >>> 0));
    await checkFloats(contract, all);
    const random = seeded(12);
    await checkFloats(
      contract,
      Array.from({ length: CASES }, () => random.bits()),
    );
    // Between 2^-23 and 2^23, where results are.
    await checkFloats(
      contract,
      Array.from({ length: CASES }, () => 0x34000000 + random.int(0x17000000)),
    );
  });

  it('loses no float32 on the way there and back: nine digits name it, an equal decimal is it', async () => {
    const contract = await loadFixture(harness);
    const random = seeded(13);
    const floats = Array.from({ length: 2 * CASES }, () => random.bits()).filter(
      (bits) => (bits & 0x7fffffff) < 0x7f000000,
    );
    for (const part of sliced(floats))
      for (const nearest of [false, true]) {
        const [numbers, refusals] = await contract.fromFloat32(part, nearest);
        const kept = part.filter((_, i) => refusals[i] === REFUSAL.None);
        if (nearest) expect(kept).to.deep.equal(part);
        const back = numbers
          .filter((_, i) => refusals[i] === REFUSAL.None)
          .map(({ value, decimals }) => decimal(value, decimals));
        const [bits] = await contract.toFloat32(back, nearest);
        expect(bits.map(Number)).to.deep.equal(kept);
      }
  });

  it('makes integers of whole numbers within the range, and of nothing else', async () => {
    const contract = await loadFixture(harness);
    const random = seeded(14);
    const ranges = [
      [0n, 255n],
      [-128n, 127n],
      [-(2n ** 31n), 2n ** 31n - 1n],
      [-(2n ** 63n), 2n ** 63n - 1n],
      [0n, 1n],
    ] as const;
    const edges = ranges.flatMap(([low, high]) => [low - 1n, low, high, high + 1n]);
    const numbers = [
      ...edges.flatMap((value) => [decimal(value, 0), decimal(value * 100n, 2), decimal(value * 10n + 1n, 1)]),
      ...[-39, 68].map((decimals) => decimal(1, decimals)),
      ...Array.from({ length: 60 }, () => decimal(anyValue(random), random.int(106) - 38)),
    ];
    for (const number of numbers)
      for (const [low, high] of ranges) {
        const { n, d } = exact(number);
        const told = await contract.toInteger(number, low, high);
        const { decimals } = number;
        if (decimals < -38n || decimals > 67n) expect(told.refusal).to.equal(REFUSAL.Decimals);
        else if (n % d !== 0n) expect(told.refusal).to.equal(REFUSAL.Inexact);
        else if (n / d < low || n / d > high) expect(told.refusal).to.equal(REFUSAL.Range);
        else expect([told.value, told.refusal]).to.deep.equal([n / d, REFUSAL.None]);
      }
  });
});
