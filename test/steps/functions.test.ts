/** The correctly rounded functions on chain, on bit patterns, against core and against the inputs nearest to a rounding boundary. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import hre, { network } from 'hardhat';
import { bitsOf } from '#core/semantics/functions/bits.ts';
import { KINDS } from '#core/semantics/kinds.ts';
import { seeded } from '../support/seeded.ts';
import { CASES, type Case, NAN, randomInput } from './functionCases.ts';

const { ethers, networkHelpers } = await network.create('local');
const { loadFixture } = networkHelpers;
const harness = () => ethers.deployContract('FunctionStepHarness');
type Harness = Awaited<ReturnType<typeof harness>>;

/** Inputs of each function; of each exponent of Pow a tenth of it. STEP_FUZZ multiplies, STEP_SEED gives others. */

const INPUTS = 1_000 * Number(process.env['STEP_FUZZ'] ?? 1);
const SEED = Number(process.env['STEP_SEED'] ?? 1);
const BATCH = 1_000;

/** Erf is the dearest, and dearer on the build via IR: 23,708 there, 17,849 on the default one. */
const MOST_GAS = hre.globalOptions.buildProfile === 'production' ? 25_000 : 20_000;

const INFINITE = 0x7f800000;
const SIGN = 0x80000000;
const ONE = 0x3f800000;

const hex = (bits: number) => bits.toString(16).padStart(8, '0');
const recorded = JSON.parse(readFileSync('test/vectors/functions.json', 'utf8')) as Record<string, string[]>;
const known = (name: string) =>
  (recorded[name] ?? []).map((line) => line.split(' ').map((word) => Number.parseInt(word, 16)) as [number, number]);
const named = (name: string) => CASES.find((one) => one.name === name) as Case;

function packed(inputs: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * inputs.length));
  for (const [i, bits] of inputs.entries()) view.setUint32(4 * i, bits);
  return new Uint8Array(view.buffer);
}

async function apply(contract: Harness, { kind, attribute }: Case, inputs: readonly number[]): Promise<number[]> {
  const outputs = ethers.getBytes(await contract.many(kind, attribute, packed(inputs)));
  const view = new DataView(outputs.buffer, outputs.byteOffset);
  return inputs.map((_, i) => view.getUint32(4 * i));
}

async function expectResults(contract: Harness, f: Case, pairs: readonly (readonly [number, number])[]) {
  const results = await apply(
    contract,
    f,
    pairs.map(([input]) => input),
  );
  for (const [i, [input, result]] of pairs.entries())
    if (results[i] !== result)
      expect.fail(`${f.name} of ${hex(input)} is ${hex(result)}, the chain says ${hex(results[i] as number)}`);
}

const byCore = (f: Case, inputs: readonly number[]) => inputs.map((bits) => [bits, f.evaluate(bits)] as const);

const EDGES = [0, 1, 2, 0x7fffff, 0x800000, 0x800001, ONE - 1, ONE, ONE + 1, 0x7f7fffff, INFINITE];
const NANS = [NAN, INFINITE + 1, 0x7fffffff, 0xff800001, 0xffc00000, 0xffffffff];

describe('FunctionStep: the functions', () => {
  it('should round the inputs nearest to a boundary exactly', async () => {
    const contract = await loadFixture(harness);
    let vectors = 0;
    for (const f of CASES) {
      const pairs = known(f.name);
      vectors += pairs.length;
      await expectResults(contract, f, pairs);
    }
    const all = Object.values(recorded).reduce((sum, lines) => sum + lines.length, 0);
    expect(vectors).to.equal(all);
  });

  it('should give the special results of the page', async () => {
    const contract = await loadFixture(harness);
    const rows: Record<string, readonly [negativeZero: number, zero: number, negative: number, positive: number]> = {
      exp: [ONE, ONE, 0, INFINITE],
      log: [INFINITE + SIGN, INFINITE + SIGN, NAN, INFINITE],
      tanh: [SIGN, 0, ONE + SIGN, ONE],
      erf: [SIGN, 0, ONE + SIGN, ONE],
      sin: [SIGN, 0, NAN, NAN],
      cos: [ONE, ONE, NAN, NAN],
    };
    for (const [name, results] of Object.entries(rows)) {
      const inputs = [SIGN, 0, INFINITE + SIGN, INFINITE];
      await expectResults(
        contract,
        named(name),
        inputs.map((input, i) => [input, results[i] as number]),
      );
      await expectResults(
        contract,
        named(name),
        NANS.map((bits) => [bits, NAN]),
      );
    }
    await expectResults(contract, named('log'), [
      [ONE, 0],
      [ONE + SIGN, NAN],
      [1 + SIGN, NAN],
    ]);
  });

  it('should give the special results of C99 for powers', async () => {
    const contract = await loadFixture(harness);
    for (const f of CASES.filter(({ kind }) => kind === KINDS.Pow.code)) {
      const y = Number(f.name.slice('pow '.length));
      if (y === 0) {
        await expectResults(
          contract,
          f,
          [...EDGES, ...NANS, SIGN, ONE + SIGN, INFINITE + SIGN].map((x) => [x, ONE]),
        );
        continue;
      }
      const sign = Number.isInteger(y) && y % 2 !== 0 ? SIGN : 0;
      const [atZero, atInfinity] = y > 0 ? [0, INFINITE] : [INFINITE, 0];
      await expectResults(contract, f, [
        ...NANS.map((bits): [number, number] => [bits, NAN]),
        [ONE, ONE],
        [0, atZero],
        [SIGN, atZero + sign],
        [INFINITE, atInfinity],
        [INFINITE + SIGN, atInfinity + sign],
        [ONE + SIGN, Number.isInteger(y) ? ONE + sign : NAN],
        [1 + SIGN, Number.isInteger(y) ? f.evaluate(1 + SIGN) : NAN],
      ]);
    }
  });

  it('should round ties of powers to even', async () => {
    const contract = await loadFixture(harness);
    const tie = async (base: number, y: number, exact: number) => {
      expect(exact >= 2 ** 24 && exact < 2 ** 25 && exact % 2 === 1).to.equal(true);
      const half = (exact - 1) / 2;
      await expectResults(contract, named(`pow ${y}`), [[bitsOf(base), bitsOf(2 * (half + (half % 2)))]]);
    };
    for (let m = 4097; m <= 5791; m += 154) await tie(m, 2, m * m);
    for (let m = 257; m <= 321; m += 16) {
      await tie(m, 3, m ** 3);
      await tie(m * m, 1.5, m ** 3);
    }
    for (const m of [29, 31]) {
      await tie(m, 5, m ** 5);
      await tie(m ** 2, 2.5, m ** 5);
      await tie(m ** 4, 1.25, m ** 5);
    }
  });

  it('should agree with core at the ends of all ranges', async () => {
    const contract = await loadFixture(harness);
    for (const f of CASES) {
      const around = f.thresholds.flatMap((bits) => [-2, -1, 0, 1, 2].map((by) => Math.max(bits + by, 0)));
      const both = [...EDGES, ...around].flatMap((bits) => [bits, bits + SIGN]);
      await expectResults(contract, f, byCore(f, both));
    }
  });

  for (const f of CASES.slice(0, 6))
    it(`should agree with core at random inputs: ${f.name}`, async function () {
      this.timeout(0);
      await fuzz(await loadFixture(harness), f, INPUTS);
    });

  it('should agree with core at random inputs: pow', async function () {
    this.timeout(0);
    const contract = await loadFixture(harness);
    for (const f of CASES.slice(6)) await fuzz(contract, f, Math.ceil(INPUTS / 10));
  });

  it('should cost less than 20,000 gas for one element, and less than 25,000 on the build via IR', async () => {
    const contract = await loadFixture(harness);
    for (const f of CASES) {
      const r = seeded(f.kind + f.attribute);
      const count = f.kind === KINDS.Pow.code ? 10 : 200;
      const inputs = [...known(f.name).map(([input]) => input), ...f.thresholds].slice(0, count);
      while (inputs.length < 2 * count) inputs.push(randomInput(f, inputs, r));
      const [most, input] = await contract.dearest(f.kind, f.attribute, packed(inputs));
      if (process.env['STEP_GAS']) console.log(`${f.name}: ${most} gas at ${hex(Number(input))}`);
      expect(Number(most), `${f.name} of ${hex(Number(input))}`).to.be.below(MOST_GAS);
    }
  });

  it('should refuse kinds and exponents that have no definition', async () => {
    const contract = await loadFixture(harness);
    const input = packed([ONE]);
    for (const kind of [0, 1, KINDS.Sqrt.code, KINDS.Pow.code + 1, 255])
      await expect(contract.many(kind, 0, input))
        .to.be.revertedWithCustomError(contract, 'Step_UnknownKind')
        .withArgs(kind);
    const others = [
      17,
      -17,
      18,
      2 ** 24,
      2 ** 30,
      4.25,
      -4.5,
      5.5,
      0.125,
      0.3,
      Math.PI,
      1e30,
      2 ** -149,
      Infinity,
      NaN,
    ];
    const patterns = others.map((y) => bitsOf(Math.fround(y)));
    for (const one of CASES.slice(-13)) if (one.attribute !== 0) patterns.push(one.attribute + 1, one.attribute - 1);
    for (const pattern of patterns)
      await expect(contract.many(KINDS.Pow.code, pattern, input), hex(pattern)).to.be.revertedWithCustomError(
        contract,
        'Step_UnknownKind',
      );
    // -0 is 0.
    await expectResults(contract, { ...named('pow 0'), attribute: SIGN }, [[NAN, ONE]]);
  });
});

async function fuzz(contract: Harness, f: Case, count: number) {
  const r = seeded(SEED + f.kind + f.attribute);
  const hard = known(f.name).map(([input]) => input);
  for (let done = 0; done < count; done += BATCH) {
    const inputs = Array.from({ length: Math.min(BATCH, count - done) }, () => randomInput(f, hard, r));
    await expectResults(contract, f, byCore(f, inputs));
  }
}
