/** Taps of resized axes against coordinates in exact fractions. */
import { expect } from 'chai';
import { type AxisResize, axisTaps, type ResizeMode } from '#core/semantics/compile/resample.ts';

/** n / d, d > 0. */
interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

const floorOf = ({ n, d }: Fraction) => Number(n >= 0n ? n / d : -((-n + d - 1n) / d));
const numberOf = ({ n, d }: Fraction) => Number(n) / Number(d);

/** The coordinate as ONNX writes it, the scale being output / input; undefined for an input of no width. */
const EXACT: Readonly<Record<string, (i: bigint, input: bigint, output: bigint) => Fraction>> = {
  asymmetric: (i, input, output) => ({ n: i * input, d: output }),
  half_pixel: (i, input, output) => ({ n: (2n * i + 1n) * input - output, d: 2n * output }),
  half_pixel_symmetric: (i, input, output) => ({ n: (2n * i + 1n) * input - output, d: 2n * output }),
  pytorch_half_pixel: (i, input, output) =>
    output > 1n ? { n: (2n * i + 1n) * input - output, d: 2n * output } : { n: 0n, d: 1n },
  align_corners: (i, input, output) => (output > 1n ? { n: i * (input - 1n), d: output - 1n } : { n: 0n, d: 1n }),
};

const mode = (over: Partial<ResizeMode>): ResizeMode => ({
  mode: 'nearest',
  transformation: 'half_pixel',
  nearest: 'floor',
  cubicA: -0.75,
  excludeOutside: false,
  antialias: false,
  ...over,
});

const axis = (input: number, output: number): AxisResize => ({
  input,
  output,
  scale: Math.fround(output / input),
  roi: [0, 1],
});

function tapsOf(resize: AxisResize, how: ResizeMode) {
  const taps = axisTaps(resize, how);
  if (typeof taps === 'string') throw new Error(taps);
  return taps;
}

/** chai's closeTo is the chain matchers' where these are loaded, and takes whole numbers only. */
function expectNear(got: number, wanted: number, distance: number, what: string): void {
  if (!(Math.abs(got - wanted) <= distance)) expect.fail(`${what}: ${got}, wanted ${wanted}`);
}

describe('taps of resized axes', () => {
  const SIZES = Array.from({ length: 34 }, (_, i) => i + 1);
  const clamp = (i: number, input: number) => Math.min(input - 1, Math.max(0, i));

  for (const transformation of Object.keys(EXACT))
    it(`nearest should round the exact coordinate of ${transformation}`, () => {
      let ties = 0;
      for (const input of SIZES)
        for (const output of SIZES)
          for (const nearest of ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']) {
            const { indices } = tapsOf(axis(input, output), mode({ transformation, nearest }));
            for (let i = 0; i < output; i++) {
              const x = EXACT[transformation]?.(BigInt(i), BigInt(input), BigInt(output)) as Fraction;
              const rounds = nearest.startsWith('round');
              const twice = 2n * (x.n - BigInt(floorOf(x)) * x.d);
              const [tie, whole] = [twice === x.d, twice === 0n];
              // A whole number that float32 misses by one place falls on either side: that is the semantics, not an error.
              if (whole && !rounds) continue;
              // Beyond 16 one place of float32 is more than what still counts as a half.
              if (tie && numberOf(x) > 16) continue;
              ties += tie && rounds ? 1 : 0;
              const up =
                nearest === 'ceil' ? !whole : rounds ? twice > x.d || (tie && nearest === 'round_prefer_ceil') : false;
              const wanted = clamp(floorOf(x) + (up ? 1 : 0), input);
              if (indices[i] !== wanted)
                expect.fail(`${nearest} ${input} to ${output}: position ${i} is ${indices[i]}, wanted ${wanted}`);
            }
          }
      expect(ties).to.be.greaterThan(100);
    });

  /** float64 from the exact coordinate; weights that fall on one position are one. */
  function exactWeights(x: number, input: number, kernel: (d: number) => number, reach: number, exclude: boolean) {
    const weights = new Array<number>(input).fill(0);
    let total = 0;
    for (let p = Math.floor(x) - reach; p <= Math.floor(x) + reach + 1; p++) {
      const weight = exclude && (p < 0 || p >= input) ? 0 : kernel(Math.abs(p - x));
      total += weight;
      weights[clamp(p, input)] = (weights[clamp(p, input)] as number) + weight;
    }
    return exclude ? weights.map((weight) => weight / total) : weights;
  }

  const KERNELS: Readonly<Record<string, (d: number, a: number) => number>> = {
    linear: (d) => Math.max(0, 1 - d),
    cubic: (d, a) =>
      d <= 1 ? (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1 : d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0,
  };

  for (const kind of ['linear', 'cubic'] as const)
    it(`${kind} weights should be those of the exact coordinate`, () => {
      for (const transformation of Object.keys(EXACT))
        for (const input of [1, 2, 3, 5, 8, 13])
          for (const output of [1, 2, 3, 4, 7, 9, 16, 20])
            for (const cubicA of kind === 'cubic' ? [-0.5, -0.75] : [-0.75])
              for (const excludeOutside of kind === 'cubic' ? [false, true] : [false]) {
                const how = mode({ mode: kind, transformation, cubicA, excludeOutside });
                const { taps, indices, weights } = tapsOf(axis(input, output), how);
                for (let i = 0; i < output; i++) {
                  const x = numberOf(EXACT[transformation]?.(BigInt(i), BigInt(input), BigInt(output)) as Fraction);
                  const wanted = exactWeights(
                    x,
                    input,
                    (d) => KERNELS[kind]?.(d, cubicA) as number,
                    kind === 'cubic' ? 2 : 1,
                    excludeOutside,
                  );
                  const got = new Array<number>(input).fill(0);
                  for (let t = i * taps; t < (i + 1) * taps; t++)
                    got[indices[t] as number] =
                      (got[indices[t] as number] as number) + ((weights as Float32Array)[t] as number);
                  for (let p = 0; p < input; p++)
                    expectNear(
                      got[p] as number,
                      wanted[p] as number,
                      1e-5,
                      `${transformation} ${input} to ${output}, a ${cubicA}: ${i} from ${p}`,
                    );
                }
              }
    });

  it('an antialiased kernel should be stretched over what shrinks and sum to 1', () => {
    for (const kind of ['linear', 'cubic'] as const)
      for (const input of [4, 9, 16])
        for (const output of [1, 2, 3, 7]) {
          const { taps, indices, weights } = tapsOf(axis(input, output), mode({ mode: kind, antialias: true }));
          const stretch = Math.min(1, output / input);
          for (let i = 0; i < output; i++) {
            const x = numberOf(EXACT['half_pixel']?.(BigInt(i), BigInt(input), BigInt(output)) as Fraction);
            let sum = 0;
            for (let t = i * taps; t < (i + 1) * taps; t++) {
              const weight = (weights as Float32Array)[t] as number;
              sum += weight;
              const far = Math.abs((indices[t] as number) - x) * stretch > (kind === 'cubic' ? 2 : 1) + 1e-6;
              if (far) expect(weight, `${kind} ${input} to ${output}: ${i}`).to.equal(0);
            }
            expectNear(sum, 1, 1e-6, `${kind} ${input} to ${output}: ${i}`);
          }
        }
  });

  it('should say what is unknown', () => {
    expect(axisTaps(axis(3, 4), mode({ transformation: 'x' }))).to.equal('coordinate_transformation_mode x');
    expect(axisTaps(axis(3, 4), mode({ nearest: 'y' }))).to.equal('nearest_mode y');
  });
});
