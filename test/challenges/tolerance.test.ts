/** What evidence is accepted: the boundary of the tolerance, decided by rationals here and by integers of two words on chain. */
import { expect } from 'chai';
import { openLeaf } from '#core/challenges/openings.ts';
import { encodeHeader } from '#core/commitment/header.ts';
import { commitList } from '#core/commitment/list.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import { taggedHash } from '#core/hash.ts';
import { toAddress, wordOf, wordOfAddress } from '#core/hex.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { Tags } from '#core/protocol/tags.ts';
import { OpenTensor } from '#core/semantics/opening.ts';
import { type Tensor, tensor } from '#core/tensor.ts';
import { asArgument } from '../../sdk/mutable.ts';
import { ethers, networkHelpers } from '../support/contracts/chain.ts';
import { disputeSystem } from '../support/contracts/disputes.ts';
import { checkMoney } from '../support/contracts/money.ts';
import { integers, SELECT } from '../support/contracts/programs.ts';
import { alteredData, Trial } from '../support/contracts/trials.ts';
import { add, bitsOf, compare, fromBits, mul, rational } from '../support/rationals.ts';
import { seeded } from '../support/seeded.ts';

/** Random pairs beside the chosen ones; more with DISPUTE_TOLERANCE. */
const RANDOM = Number(process.env['DISPUTE_TOLERANCE'] ?? 640);

interface Rule {
  readonly atol: number;
  readonly rtol: number;
}

/** |y - r| <= atol + rtol * |r|, from the definition. */
function accepts(y: number, r: number, { atol, rtol }: Rule): boolean {
  if (Number.isNaN(y) || Number.isNaN(r)) return Number.isNaN(y) && Number.isNaN(r);
  if (y === r) return true;
  if (!Number.isFinite(y) || !Number.isFinite(r)) return false;
  const minus = rational(-r);
  const distance = add(rational(y), minus);
  const size = { n: distance.n < 0n ? -distance.n : distance.n, d: distance.d };
  const share = mul({ n: BigInt(rtol), d: 1n << 32n }, rational(Math.abs(r)));
  return compare(size, add(rational(fromBits(atol)), share)) <= 0;
}

/** The float32 as many steps further from zero. */
const ulps = (x: number, steps: number): number => fromBits(bitsOf(x) + steps);

const LEAST = 2 ** -149;
const LARGEST = 3.4028234663852886e38;
const VALUES = [0, -0, LEAST, -LEAST, 2 ** -126, 1, -1, 1.5, 3, 1e-10, 16_777_216, LARGEST, -LARGEST];
const ODD = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
const RULES: readonly Rule[] = [
  { atol: 0, rtol: 0 },
  { atol: 1, rtol: 0 },
  { atol: bitsOf(1e-4), rtol: 0 },
  { atol: 0, rtol: 1 },
  { atol: 0, rtol: 2 ** 32 - 1 },
  { atol: bitsOf(LARGEST), rtol: 0 },
  { atol: bitsOf(LARGEST), rtol: 2 ** 32 - 1 },
  { atol: bitsOf(1e-6), rtol: 42_950 },
];

describe('the evidence of a challenge', function () {
  this.timeout(600_000);

  /** Asks the verifier itself: a program of one operator, whose slot is T. */
  async function judge() {
    const s = await networkHelpers.loadFixture(disputeSystem);
    const traces = await ethers.getContractAt('ITraceVerifier', await s.game.traceVerifier());
    const request = wordOf(7n);
    const challenger = toAddress(s.rival.address);
    return async (y: Tensor, r: Tensor, element: number, rule: Rule): Promise<boolean> => {
      const [got, want] = [commitTensor(y), commitTensor(r)];
      const header = encodeHeader(r);
      const outputs = [0n, BigInt(header)];
      const root = taggedHash(Tags.SLOT, [request, wordOf(0n), wordOfAddress(challenger), wordOf(0n), want]);
      const trace = {
        root,
        request,
        challenger,
        item: 0,
        items: 1,
        input: wordOf(0n),
        operators: 1,
        records: wordOf(0n),
      };
      const outputsHash = taggedHash(Tags.PROGRAM_OUTPUTS, outputs.map(wordOf));
      const standard = { outputs: outputsHash, outputHash: commitList([got]), ...rule, exact: false };
      const [right, wrong] = [r, y].map((one) => openLeaf(new OpenTensor(one), element));
      const evidence = {
        item: 0,
        output: 0,
        element,
        outputs,
        slotPath: [],
        expected: want,
        submitted: [got],
        itemPath: [],
        right,
        wrong,
      };
      try {
        await traces.checkEvidence(trace, standard, asArgument(evidence) as never);
        return true;
      } catch (error) {
        expect(String(error)).to.include('Traces_NoEvidence("element")');
        return false;
      }
    };
  }

  const floats = (values: readonly number[]) => tensor('float32', [values.length], Float32Array.from(values));

  async function agrees(pairs: readonly (readonly [number, number, Rule])[]): Promise<void> {
    const isEvidence = await judge();
    // 64 pairs share two tensors.
    for (let from = 0; from < pairs.length; from += 64) {
      const some = pairs
        .slice(from, from + 64)
        .map(([got, want, rule]) => [Math.fround(got), Math.fround(want), rule] as const);
      const [y, r] = [floats(some.map(([one]) => one)), floats(some.map(([, other]) => other))];
      for (const [element, [got, want, rule]] of some.entries())
        expect(await isEvidence(y, r, element, rule), `${got} for ${want}, ${JSON.stringify(rule)}`).to.equal(
          !accepts(got, want, rule),
        );
    }
  }

  it('dispute 25: zeros, subnormals, infinities, NaN and the largest values under every rule', async () => {
    const all = [...VALUES, ...ODD];
    const pairs = RULES.flatMap((rule) => all.flatMap((y) => all.map((r) => [y, r, rule] as const)));
    await agrees(pairs);
  });

  it('dispute 25: equality with the bound, and a step beyond it', async () => {
    const pairs: [number, number, Rule][] = [];
    for (const r of [1, -1, 3, 1e-10, 16_777_216, 2 ** -126, LEAST, 0])
      for (const atol of [LEAST, 2 ** -24, 1, 1024])
        for (const rtol of [0, 2 ** 31, 2 ** 22]) {
          // Nothing is rounded where r + bound is a float32: the bound is on the spot.
          const bound = atol + (rtol / 2 ** 32) * Math.abs(r);
          for (const edge of [r + bound, r - bound])
            for (const steps of [-1, 0, 1])
              pairs.push([ulps(Math.fround(edge), steps), r, { atol: bitsOf(atol), rtol }]);
        }
    await agrees(pairs.filter(([y]) => !Number.isNaN(y)));
  });

  it('dispute 25: random bits, and random values near each other', async () => {
    const random = seeded(25);
    const pairs = Array.from({ length: RANDOM }, (_, i): [number, number, Rule] => {
      const rule = { atol: random.int(0x7f800000), rtol: random.bits() };
      const r = fromBits(random.bits());
      if (i % 2 === 0) return [fromBits(random.bits()), r, rule];
      const near = fromBits((bitsOf(r) + random.int(64) - 32) >>> 0);
      return [near, r, { atol: random.int(0x1000000), rtol: random.int(4_096) }];
    });
    await agrees(pairs.map(([y, r, rule]) => [canonical(y), canonical(r), rule]));
  });
  const canonical = (x: number) => (Number.isNaN(x) ? Number.NaN : x);

  it('dispute 25: a trace with another NaN still has the same value; integers and bools must be equal', async () => {
    const isEvidence = await judge();
    const rule = { atol: bitsOf(LARGEST), rtol: 2 ** 32 - 1 };
    const wide = (values: bigint[]) => tensor('int64', [values.length], BigInt64Array.from(values));
    for (const [y, r] of [
      [0n, 0n],
      [0n, 1n],
      [-1n, 1n],
      [1n << 62n, (1n << 62n) + 1n],
    ] as const)
      expect(await isEvidence(wide([y]), wide([r]), 0, rule)).to.equal(y !== r);
    const flags = (value: number) => tensor('bool', [1], Uint8Array.of(value));
    for (const [y, r] of [
      [0, 1],
      [1, 1],
    ] as const)
      expect(await isEvidence(flags(y), flags(r), 0, rule)).to.equal(y !== r);
  });

  it('dispute 26: an input that overflows or points nowhere: the reference is a safe answer, every challenge falls', async () => {
    const s = await networkHelpers.loadFixture(disputeSystem);
    const x = tensor('float32', [4], Float32Array.of(LARGEST, Number.NaN, Number.POSITIVE_INFINITY, -0));
    const trial = await Trial.of(s, SELECT, [[x, integers(2 ** 40, -6, 2)]]);
    const d = await trial.rightly();
    expect(() => d.posting(s.rival, d.trace())).to.throw('nothing to challenge');
    for (const k of [0, 1, 2]) {
      const lie = trial.trace(0, (i, data) =>
        i === k ? alteredData(data, 0, 2) : i === 2 ? alteredData(data, 0) : data,
      );
      const c = await d.challenge(s.attacker, lie);
      const end = await d.playOut(c, s.other, d.trace(), s.attacker, lie);
      expect(end.refuted).to.deep.equal({ operator: k, element: 0 });
    }
    const squares = buildModel({
      inputs: { x: ['float32', [4]] },
      outputs: { y: ['float32', [4]] },
      nodes: [node('Mul', ['x', 'x'], ['y'])],
    });
    const over = await Trial.of(s, squares, [[x]]);
    const other = await over.rightly(1);
    expect([...((over.reference[0] as Tensor[])[0] as Tensor).data]).to.deep.equal([Infinity, NaN, Infinity, 0]);
    const lie = over.trace(0, (_, data) =>
      Float32Array.from(data as Float32Array, (value, e) => (e === 0 ? LARGEST : value)),
    );
    const c = await other.challenge(s.attacker, lie, 0, 1);
    const end = await other.playOut(c, s.other, other.trace(), s.attacker, lie);
    expect(end.refuted).to.deep.equal({ operator: 0, element: 0 });
    await checkMoney(s);
  });
});
