/** The largest steps there are, decided in one transaction each: a Dot of 8,192 terms on its dearest path, and a selection among 151,936. */
import { expect } from 'chai';
import type { TensorData } from '#core/commitment/dtype.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { MAX_OUTPUTS } from '#core/semantics/cost.ts';
import { type Tensor, tensor } from '#core/tensor.ts';
import { asArgument } from '../../sdk/mutable.ts';
import { networkHelpers } from '../support/contracts/chain.ts';
import { type Dispute, type DisputeSystem, disputeSystem } from '../support/contracts/disputes.ts';
import { checkMoney } from '../support/contracts/money.ts';
import { alteredData, Trial } from '../support/contracts/trials.ts';
import { largeChoice, largeSum, logitAt, VOCABULARY } from '../support/largeModels.ts';

/** What one step may cost, its proofs included. */
const LIMIT = 12_000_000n;
/** Of a transaction, less what is not calldata: nodes derived from go-ethereum pass on no more than 128 KiB. */
const MOST_BYTES = 131_072 - 512;
/** Another value at any magnitude. */
const doubled = (data: TensorData) =>
  Float32Array.from(data as Float32Array, (v, i) => (i === 0 ? (v === 0 ? 1 : v * 2) : v));

describe('the largest steps', function () {
  this.timeout(300_000);
  let s: DisputeSystem;
  beforeEach(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
  });
  afterEach(() => checkMoney(s));

  /** One lie about each Dot, refuted by a proof; the true trace is not. */
  async function provesEach(trial: Trial, d: Dispute): Promise<bigint[]> {
    const { operators } = d.published.program;
    const costs: bigint[] = [];
    for (const [k, { kind }] of operators.entries()) {
      if (kind !== 'Dot') continue;
      const last = operators.length - 1;
      const lie = trial.trace(0, (i, data) => (i === k || i === last ? doubled(data) : data));
      const snapshot = await d.snapshot();
      const c = await d.challenge(s.attacker, lie);
      // An estimate would run the step many times.
      const { proof } = d.foresee(c, d.trace(), lie);
      const prove = s.game
        .connect(s.other)
        .prove(d.claimOf(c), d.published.meaning, asArgument(proof), [], { gasLimit: LIMIT });
      await d.move('prove', prove);
      expect(d.now(c).refuted).to.deep.equal({ operator: k, element: 0 });
      costs.push(d.gas.at(-1)?.gas ?? 0n);
      await snapshot.restore();
    }
    return costs;
  }

  for (const [terms, dots] of [
    [8_192, 1],
    [8_193, 2],
  ] as const)
    it(`dispute 27: a Dot over ${terms} terms of the widest exponents: ${dots} ${dots === 1 ? 'step' : 'steps'}, each within 12M gas`, async () => {
      const trial = await Trial.of(s, largeSum(terms), [[tensor('float32', [1, 1], Float32Array.of(1.5))]]);
      const d = await trial.rightly();
      const costs = await provesEach(trial, d);
      expect(costs.length).to.equal(dots);
      for (const gas of costs) expect(gas <= LIMIT, `${gas} gas`).to.equal(true);
      // The dearest path was taken: more than the side by side sum of a million.
      expect((costs[0] as bigint) > 2_000_000n, `${costs[0]} gas`).to.equal(true);
    });

  it(`dispute 28: an ArgMax over ${VOCABULARY} is refuted by one counter-example`, async () => {
    const trial = await Trial.of(s, largeChoice(), [[tensor('float32', [1], Float32Array.of(0.25))]]);
    const d = await trial.rightly();
    const [[token]] = trial.reference as unknown as [[Tensor]];
    expect(token.data[0]).to.equal(BigInt(argMax()));
    const k = d.published.program.operators.findIndex(({ kind }) => kind === 'ArgMax');
    for (const by of [-1, 1, 1_000]) {
      const lie = trial.trace(0, (i, data) => (i === k ? alteredData(data, 0, by) : data));
      const snapshot = await d.snapshot();
      const c = await d.challenge(s.attacker, lie);
      const end = await d.playOut(c, s.other, d.trace(), s.attacker, lie);
      expect(end.refuted).to.deep.equal({ operator: k, element: 0 });
      const gas = d.gas.at(-1)?.gas ?? 0n;
      expect(gas <= 500_000n, `${gas} gas, whatever the number of candidates`).to.equal(true);
      await snapshot.restore();
    }
  });

  /** From the definition: the first of the largest. */
  function argMax(): number {
    let best = 0;
    const at = (i: number) => Math.fround(Math.fround(logitAt(i)) + 0.25);
    for (let i = 1; i < VOCABULARY; i++) if (at(i) > at(best)) best = i;
    return best;
  }

  it('a challenge of the most outputs a program may have: nodes pass it on, and a block holds it', async () => {
    const names = Array.from({ length: MAX_OUTPUTS }, (_, i) => `y${i}`);
    const model = buildModel({
      inputs: { x: ['float32', [1]] },
      outputs: Object.fromEntries(names.map((name) => [name, ['float32', [1]]] as const)),
      nodes: names.map((name) => node('Neg', ['x'], [name])),
    });
    const trial = await Trial.of(s, model, [[tensor('float32', [1], Float32Array.of(1))]]);
    const d = await trial.wrongly(MAX_OUTPUTS - 1);
    const { claim, meaning, children, evidence } = d.posting(s.rival, d.trace());
    const { data } = await s.game.challenge.populateTransaction(claim, meaning, children, evidence, 0);
    expect((data.length - 2) / 2).to.be.below(MOST_BYTES);
    await d.challenge(s.rival, d.trace());
    expect(d.gas.at(-1)?.gas ?? LIMIT).to.be.below(LIMIT);
  });
});
