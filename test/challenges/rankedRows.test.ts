/** A TopK is decided by its whole row of indices: the leaves that the row lies in are asked for together, or there would not be time. */
import { expect } from 'chai';
import { type Challenge, openDemands } from '#core/challenges/follow.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { type Tensor, tensor } from '#core/tensor.ts';
import { asArgument } from '../../sdk/mutable.ts';
import { at, networkHelpers } from '../support/contracts/chain.ts';
import { type Dispute, disputeSystem } from '../support/contracts/disputes.ts';
import { availableOf, checkMoney } from '../support/contracts/money.ts';
import { integers } from '../support/contracts/programs.ts';
import { R, Trial, W } from '../support/contracts/trials.ts';

/** A table of rows x columns, one number added to all: the indices of the `ranks` largest of each row, and three of those of row 0. */
const ranking = (rows: number, columns: number, ranks: number) =>
  buildModel({
    inputs: { x: ['float32', [1]], i: ['int64', [3]] },
    outputs: { y: ['int64', [rows, 3]] },
    constants: {
      k: integers(ranks),
      table: tensor(
        'float32',
        [rows, columns],
        Float32Array.from({ length: rows * columns }, (_, i) => ((i * 7_919) % 10_007) / 64),
      ),
    },
    nodes: [
      node('Add', ['table', 'x'], ['h']),
      node('TopK', ['h', 'k'], ['values', 'order'], { axis: 1 }),
      node('Gather', ['order', 'i'], ['y'], { axis: 1 }),
    ],
  });

describe('rows of a TopK', function () {
  this.timeout(120_000);

  for (const [name, rows, columns, ranks, elements] of [
    ['several leaves', 3, 500, 400, [0, 600, 1_199]],
    // Elements 4,000 to 4,099: leaves 62 to 64 of 71, under two nodes.
    ['two nodes of the tree', 45, 120, 100, [4_003, 4_095, 4_096]],
  ] as const)
    for (const late of [false, true])
      it(`dispute 17: a lie in a row of ${name} is refuted, though every answer comes in its last second${late ? ', and every demand' : ''}`, async () => {
        const s = await networkHelpers.loadFixture(disputeSystem);
        const x = tensor('float32', [1], Float32Array.of(0.5));
        const trial = await Trial.of(s, ranking(rows, columns, ranks), [[x, integers(0, ranks >> 1, ranks - 1)]]);
        const d = await trial.rightly();
        const k = d.published.program.operators.findIndex(({ kind }) => kind === 'TopK');
        for (const e of elements) {
          // Two ranks have changed places; the outputs show one of them, or another lie.
          const lie = trial.trace(0, (i, data) => {
            const copy = data.slice() as BigInt64Array;
            const other = e % ranks === 0 ? e + 1 : e - 1;
            if (i === k) [copy[e], copy[other]] = [copy[other] as bigint, copy[e] as bigint];
            if (i === trial.published.program.operators.length - 1) copy[0] = (copy[0] as bigint) + 1n;
            return i >= k ? copy : data;
          });
          const snapshot = await d.snapshot();
          const before = await availableOf(s, s.other);
          const c = await d.challenge(s.attacker, lie);
          for (let level = 0; ; level++) {
            let move = d.next(c, d.trace());
            // All of a level at once; late: so that its last transaction is in by the last second.
            if (late && move.kind === 'demand') await at(c.postedAt + W + 2 * level * R - 10);
            for (; move.kind === 'demand'; move = d.next(c, d.trace())) await d.demand(s.other, c, move);
            if (move.kind === 'prove') {
              if (late) await at(d.now(c).end);
              await d.prove(s.other, c, move);
              break;
            }
            for (const { demand } of openDemands(d.now(c))) {
              await at(demand.due);
              await d.answer(s.attacker, c, lie, demand);
            }
          }
          const end = d.now(c);
          expect(end.state).to.equal('fallen');
          expect(end.refuted?.operator).to.equal(k);
          expect((await availableOf(s, s.other)) > before, 'the refuter gains').to.equal(true);
          await checkMoney(s);
          await snapshot.restore();
        }
      });

  it('dispute 28: every row of 3 ranks among 4 candidates is proved wrong, but for the right one', async () => {
    const s = await networkHelpers.loadFixture(disputeSystem);
    const onnx = buildModel({
      inputs: { x: ['float32', [4]] },
      outputs: { order: ['int64', [3]] },
      constants: { k: integers(3) },
      nodes: [node('TopK', ['x', 'k'], ['values', 'order'])],
    });
    // Two of them tie.
    const trial = await Trial.of(s, onnx, [[tensor('float32', [4], Float32Array.of(2, -1, 2, 7))]]);
    const d = await trial.rightly();
    const honest = d.trace();
    const [right] = trial.reference[0] as [Tensor];
    expect([...right.data].map(Number)).to.deep.equal([3, 0, 2]);
    const k = d.published.program.operators.findIndex(({ kind }) => kind === 'TopK');
    const taps = [-1n, 0n, 1n, 2n, 3n, 4n];
    let rows = 0;
    for (const row of taps.flatMap((a) => taps.flatMap((b) => taps.map((c) => [a, b, c])))) {
      if (row.every((tap, i) => tap === right.data[i])) continue;
      const lie = trial.trace(0, (i, data) => (i === k ? BigInt64Array.from(row) : data));
      const posting = d.posting(s.attacker, lie);
      const e = row.findIndex((tap, i) => tap !== right.data[i]);
      const salt = d.salt(s.attacker);
      const claimed = { ...posting.claim, item: 0 } as unknown as Challenge;
      const proof = asArgument(d.proofFrom(claimed, honest, lie, k, e));
      const trace = { ...salt, root: posting.claim.trace, items: 1, input: d.story.terms.input, ...programOf(d) };
      expect(await s.steps.isInconsistent(trace, proof), row.join(' ')).to.equal(true);
      rows++;
    }
    expect(rows).to.equal(215);
  });
});

const programOf = ({ published }: Dispute) => {
  const { operators, records } = published.meaning.program;
  return { operators, records };
};
