/** Trees of every depth: many operators, large tensors, bundles, several outputs. Demands lead to the element, one level after the other. */
import { expect } from 'chai';
import { openDemands } from '#core/challenges/follow.ts';
import { isAbove, leafCount, type PositionKind } from '#core/challenges/position.ts';
import type { ReferenceTrace } from '#core/challenges/reference.ts';
import type { OpenTensor } from '#core/semantics/opening.ts';
import { tensor } from '#core/tensor.ts';
import { networkHelpers, onAFork } from '../support/contracts/chain.ts';
import { type Dispute, type DisputeSystem, disputeSystem } from '../support/contracts/disputes.ts';
import { checkMoney } from '../support/contracts/money.ts';
import { demandOf, positionsOf } from '../support/contracts/positions.ts';
import { floatsOf, integers, SELECT, SELECT_INPUT, shifts, wide } from '../support/contracts/programs.ts';
import { alteredData, Trial } from '../support/contracts/trials.ts';

describe('disputes of every depth', function () {
  this.timeout(300_000);
  let s: DisputeSystem;
  beforeEach(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
  });
  afterEach(() => checkMoney(s));

  const kindsOf = (d: Dispute): PositionKind[] => {
    const [c] = [...d.challenges.values()];
    return [...(c?.demands.values() ?? [])].map(({ demand }) => demand.position.kind);
  };

  /** The lie is refuted where it is after those demands; and falls at whichever of them is not answered. */
  async function refutes(
    d: Dispute,
    lie: ReferenceTrace,
    k: number,
    e: number,
    demands: PositionKind[],
  ): Promise<void> {
    for (let silent = 0; silent <= demands.length; silent++)
      await onAFork(async () => {
        const c = await d.challenge(s.attacker, lie);
        const end = await d.playOut(c, s.other, d.trace(), s.attacker, lie, silent);
        expect(end.state).to.equal('fallen');
        expect(kindsOf(d)).to.deep.equal(demands.slice(0, silent + 1));
        if (silent === demands.length) expect(end.refuted).to.deep.equal({ operator: k, element: e });
        await checkMoney(s);
        d.challenges = new Map();
      });
  }

  /** A true challenge answers every demand on the way to the operator's last element, and is upheld. */
  async function survives(trial: Trial, k: number, lane: number): Promise<void> {
    const d = await trial.wrongly(0, 0, 0, lane);
    const mine = d.trace();
    const c = await d.challenge(s.rival, mine, 0, lane);
    const leaves = leafCount((mine.open(k)[0] as OpenTensor).tensor.shape);
    for (const position of positionsOf(d.published.program).filter((one) => isAbove(one, k, leaves - 1))) {
      await d.demand(s.node, c, demandOf(mine, d.salt(s.rival), position), 100 + lane * 50);
      const [open] = openDemands(d.now(c));
      if (open) await d.answer(s.rival, c, mine, open.demand);
    }
    await d.uphold(s.keeper, c);
  }

  for (const [operators, lists] of [
    [1, 0],
    [64, 0],
    [65, 1],
    [129, 1],
    [4_096, 1],
    [4_097, 2],
  ] as const)
    it(`${operators} operators: ${lists} lists above the slots`, async () => {
      const trial = await Trial.of(s, shifts(operators), [[tensor('float32', [2], Float32Array.of(3, 5))]]);
      expect(trial.published.program.operators.length).to.equal(operators);
      const demands: PositionKind[] = [...Array.from({ length: lists }, (): PositionKind => 'list'), 'operator'];
      const d = await trial.rightly();
      // Traces of thousands of operators take seconds each.
      const places = operators > 1_000 ? [operators >> 1] : [0, operators >> 1, operators - 1];
      for (const k of new Set(places)) {
        const last = operators - 1;
        const lie = trial.trace(0, (i, data) =>
          i === k ? alteredData(data, 1) : i === last ? alteredData(data, 1, 7) : data,
        );
        await refutes(d, lie, k, 1, demands);
      }
      await survives(trial, operators - 1, 1);
    });

  for (const [repeats, leaves, demands] of [
    [17, 16, ['operator']],
    [18, 17, ['operator', 'leaf']],
    [68, 64, ['operator', 'leaf']],
    [69, 65, ['operator', 'tree', 'leaf']],
    [4_369, 4_096, ['operator', 'tree', 'leaf']],
    [4_370, 4_097, ['operator', 'tree', 'tree', 'leaf']],
  ] as const)
    it(`a tensor of ${leaves} leaves: ${demands.join(', ')}`, async () => {
      const trial = await Trial.of(s, wide(repeats), [[floatsOf(60), integers(0, 1, 2)]]);
      expect(leafCount(trial.published.program.operators[0]?.shape ?? [])).to.equal(leaves);
      expect(trial.published.meaning.program.levels).to.equal(BigInt(demands.length));
      const d = await trial.rightly();
      const last = 60 * repeats - 1;
      for (const e of [0, 63, 64, Math.floor(last / 2), last]) {
        const lie = trial.trace(0, (i, data) => (i === 0 ? alteredData(data, e) : alteredData(data, 0)));
        await refutes(d, lie, 0, e, [...demands]);
      }
      await survives(trial, 0, 1);
    });

  it('items of a bundle: each has a trace of its own, and one that is wrong ends them all', async () => {
    const items = Array.from({ length: 5 }, (_, i) => [
      tensor('float32', [4], Float32Array.of(i + 1, -i, 8 - 3 * i, 0.25)),
      integers(i % 5, 1, -3),
    ]);
    const trial = await Trial.of(s, SELECT, items);
    const right = await trial.rightly();
    for (const item of [0, 2, 4])
      for (const k of [0, 1]) {
        const lie = trial.trace(item, (i, data) =>
          i === k ? alteredData(data, k) : i === 1 ? alteredData(data, 0, 9) : data,
        );
        await onAFork(async () => {
          const c = await right.challenge(s.attacker, lie, item);
          expect(c.item).to.equal(item);
          const end = await right.playOut(c, s.other, right.trace(item), s.attacker, lie);
          expect(end.refuted).to.deep.equal({ operator: k, element: k });
        });
        right.challenges = new Map();
      }
    const wrong = await trial.wrongly(0, 2, 3, 1);
    const c = await wrong.challenge(s.rival, wrong.trace(3), 3, 1);
    await wrong.uphold(s.keeper, c);
    await wrong.story.is('over');
  });

  it('several outputs: each can be challenged, each operator behind them is decided', async () => {
    const trial = await Trial.of(s, SELECT, [SELECT_INPUT]);
    for (const [lane, [output, element]] of (
      [
        [0, 0],
        [0, 2],
        [1, 0],
      ] as const
    ).entries()) {
      const d = await trial.wrongly(output, element, 0, lane);
      const c = await d.challenge(s.rival, d.trace(), 0, lane);
      await d.uphold(s.keeper, c);
    }
    const d = await trial.rightly(3);
    const lie = trial.trace(0, (k, data) => (k === 2 ? alteredData(data, 0) : data));
    await refutes(d, lie, 2, 0, ['operator']);
  });
});
