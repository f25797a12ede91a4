/** What moves cost against what they are paid: whoever answers or refutes gains, and whoever makes others work pays for it. */
import { expect } from 'chai';
import { type Demand, openDemands } from '#core/challenges/follow.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { tensor } from '#core/tensor.ts';
import { networkHelpers } from '../support/contracts/chain.ts';
import { type Dispute, type DisputeSystem, disputeSystem, GAS_PRICE } from '../support/contracts/disputes.ts';
import { availableOf, checkMoney } from '../support/contracts/money.ts';
import { demandOf, positionsOf } from '../support/contracts/positions.ts';
import { floatsOf, integers, SELECT, SELECT_INPUT, shifts, wide } from '../support/contracts/programs.ts';
import { alteredData, Trial } from '../support/contracts/trials.ts';

/** 1,024 of the widest elements: all that a whole answer can hold. */
const WIDEST = buildModel({
  inputs: { x: ['int64', [64]], i: ['int64', [1]] },
  outputs: { y: ['int64', [1]] },
  constants: { times: integers(16) },
  nodes: [node('Tile', ['x', 'times'], ['h']), node('Gather', ['h', 'i'], ['y'])],
});
/** No two bytes alike, none of them zero: the dearest calldata. */
const dense = tensor(
  'int64',
  [64],
  BigInt64Array.from({ length: 64 }, (_, i) => 0x0123456789abcdefn + BigInt(i) * 0x0101010101010101n),
);

const PROGRAMS = [
  ['a small program', SELECT, [SELECT_INPUT]],
  ['16 leaves of int64', WIDEST, [[dense, integers(5)]]],
  ['64 leaves', wide(68), [[floatsOf(60), integers(0, 1, 2)]]],
  ['65 leaves', wide(69), [[floatsOf(60), integers(0, 1, 2)]]],
  ['65 operators', shifts(65), [[tensor('float32', [2], Float32Array.of(3, 5))]]],
] as const;

describe('what disputes cost', function () {
  this.timeout(120_000);
  let s: DisputeSystem;
  beforeEach(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
  });
  afterEach(() => checkMoney(s));

  const lastGas = (d: Dispute) => d.gas.at(-1)?.gas ?? 0n;

  for (const [name, onnx, inputs] of PROGRAMS) {
    it(`case 19: ${name}: every answer is paid more than it costs, every demand that led to a proof as well`, async () => {
      const trial = await Trial.of(s, onnx, inputs);
      const d = await trial.wrongly();
      const mine = d.trace();
      const c = await d.challenge(s.rival, mine);
      // The first of each kind, and whole tensors of every size there is.
      const all = positionsOf(d.published.program);
      const kinds = all.filter(({ kind }, i) => all.findIndex((one) => one.kind === kind) === i);
      for (const position of new Set([...kinds, ...all.filter(({ kind }) => kind === 'operator').slice(0, 3)])) {
        await d.demand(s.node, c, demandOf(mine, d.salt(s.rival), position));
        const demanding = lastGas(d);
        const demand = openDemands(d.now(c))[0]?.demand as Demand;
        await d.answer(s.rival, c, mine, demand);
        const answering = lastGas(d);
        const told = `${position.kind}: ${answering} gas, ${demand.fee / GAS_PRICE} paid`;
        expect(demand.fee >= answering * GAS_PRICE, told).to.equal(true);
        // Twice the fee comes back: the fee and the gas of the demand.
        expect(demand.fee >= demanding * GAS_PRICE, `${position.kind}: a demand takes ${demanding} gas`).to.equal(true);
      }
      await d.uphold(s.keeper, c);
    });

    it(`case 19: ${name}: who refutes gains after gas, and the liar loses more than anybody spent on it`, async () => {
      const trial = await Trial.of(s, onnx, inputs);
      const d = await trial.rightly();
      const last = d.published.program.operators.length - 1;
      const lie = trial.trace(0, (k, data) =>
        k === 0 ? alteredData(data, data.length - 1) : k === last ? alteredData(data, 0, 3) : data,
      );
      for (const silentAt of [Number.POSITIVE_INFINITY, 0]) {
        const snapshot = await d.snapshot();
        d.gas.length = 0;
        const [other, liar] = [await availableOf(s, s.other), await availableOf(s, s.attacker)];
        const c = await d.challenge(s.attacker, lie);
        await d.playOut(c, s.other, d.trace(), s.attacker, lie, silentAt);
        const spent = d.gas
          .filter(({ move }) => /^(demand|prove|lapse)/.test(move))
          .reduce((sum, { gas }) => sum + gas, 0n);
        const gain = (await availableOf(s, s.other)) - other;
        expect(gain > spent * GAS_PRICE, `gains ${gain / GAS_PRICE} for ${spent} gas`).to.equal(true);
        const lost = liar - (await availableOf(s, s.attacker));
        expect(lost > 2n * spent * GAS_PRICE, `the liar loses ${lost / GAS_PRICE}`).to.equal(true);
        await snapshot.restore();
      }
    });
  }
});
