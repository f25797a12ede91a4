/**
 * Everything that a liar can do on a small program: every element of every operator another one, silence at every demand or none, and what is
 * no trace at all. Always the right loser, and the sums of the whole system conserved. EXHAUSTIVE=1 tries every element; a sample otherwise.
 */
import { expect } from 'chai';
import { ReferenceTrace, treeOfHashes } from '#core/challenges/reference.ts';
import type { Tree } from '#core/commitment/opening.ts';
import type { Bytes32 } from '#core/hex.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import type { TraceSalt } from '#core/semantics/trace.ts';
import { traceSlots } from '#core/semantics/trace.ts';
import { elementCount, type Tensor, tensor } from '#core/tensor.ts';
import { lieAt } from '../../workers/liar/lie.ts';
import { networkHelpers } from '../support/contracts/chain.ts';
import {
  Dispute,
  type DisputeSystem,
  disputeSystem,
  type Published,
  publishProgram,
} from '../support/contracts/disputes.ts';
import { availableOf, checkMoney } from '../support/contracts/money.ts';
import { lyingTrace } from '../support/lies.ts';

const ALL = process.env['EXHAUSTIVE'] === '1';
/** Of the elements of an operator, in the short form: the first, the last, and every so many between. */
const STRIDE = 37;

/** A gathered table, a product, a selection of the largest, and what it picks: six kinds of operators, tensors of 1 to 20 leaves. */
const onnx = buildModel({
  inputs: { ids: ['int64', [20]] },
  outputs: { y: ['float32', [20, 1]] },
  nodes: [
    node('Gather', ['table', 'ids'], ['rows']),
    node('MatMul', ['rows', 'w'], ['h']),
    node('Relu', ['h'], ['r']),
    node('ReduceMax', ['r'], ['m'], { axes: [1], keepdims: 1 }),
    node('Exp', ['m'], ['e']),
    node('Div', ['e', 'scale'], ['y']),
  ],
  constants: {
    table: tensor(
      'float32',
      [9, 6],
      Float32Array.from({ length: 54 }, (_, i) => (((i * 7) % 11) - 5) / 4),
    ),
    w: tensor(
      'float32',
      [6, 60],
      Float32Array.from({ length: 360 }, (_, i) => (((i * 5) % 7) - 3) / 8),
    ),
    scale: tensor('float32', [1], Float32Array.of(3)),
  },
});
const ids = tensor(
  'int64',
  [20],
  BigInt64Array.from({ length: 20 }, (_, i) => BigInt((i * 4) % 9)),
);

/** A trace in which one slot commits to something that nobody can open. */
class GarbledTrace extends ReferenceTrace {
  garbled = 0;
  override slots(salt: TraceSalt): Tree {
    const slots = traceSlots(this.tensors, salt);
    slots[this.garbled] = `0x${'ab'.repeat(32)}` as Bytes32;
    return treeOfHashes(slots);
  }
}

describe('a liar', function () {
  this.timeout(ALL ? 3_600_000 : 180_000);
  let s: DisputeSystem;
  let published: Published;
  let right: Dispute;

  before(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
    published = await publishProgram(s, onnx, { atol: 0, rtol: 0 });
    const reference = new Dispute(s, published, undefined as never, [[ids]], []).trace().outputs;
    right = await Dispute.of(s, published, [[ids]], [reference as Tensor[]]);
  });

  /** Plays and puts everything back. The refuter has gained, the liar has lost, the request goes on. */
  async function falls(lie: ReferenceTrace, silentAt: number, what: string): Promise<number> {
    const snapshot = await right.snapshot();
    const [liar, refuter] = [await availableOf(s, s.attacker), await availableOf(s, s.other)];
    const c = await right.challenge(s.attacker, lie);
    const end = await right.playOut(c, s.other, right.trace(), s.attacker, lie, silentAt);
    expect(end.state, what).to.equal('fallen');
    expect((await availableOf(s, s.other)) > refuter, `${what}: the refuter gains`).to.equal(true);
    expect((await availableOf(s, s.attacker)) <= liar - c.bond / 2n, `${what}: the liar loses`).to.equal(true);
    await right.story.is('Submitted');
    await checkMoney(s);
    const demands = end.demands.size;
    await snapshot.restore();
    return demands;
  }

  it('loses whichever element of whichever operator it lies about, and wherever it falls silent', async () => {
    let tried = 0;
    for (const [k, operator] of published.program.operators.entries()) {
      const n = elementCount(operator.space);
      for (let e = 0; e < n; e += ALL ? 1 : Math.min(STRIDE, Math.max(1, n - 1 - e))) {
        const lie = lyingTrace(published.program, published.commitment, [ids], k, e);
        const what = `element ${e} of operator ${k} (${operator.kind})`;
        const demands = await falls(lie, Number.POSITIVE_INFINITY, what);
        const silences = ALL || e === 0 ? demands : 0;
        for (let silentAt = 0; silentAt < silences; silentAt++)
          await falls(lie, silentAt, `${what}, silent at demand ${silentAt}`);
        tried += 1 + silences;
      }
    }
    expect(tried).to.be.greaterThan(published.program.operators.length);
  });

  it('loses with a slot that nobody can open', async () => {
    const output = Math.max(...published.program.outputs.map(({ operator }) => operator ?? -1));
    for (let k = 0; k < output; k++) {
      const lie = new GarbledTrace(published.program, published.commitment, [ids], {
        after: lieAt(published.program, [output, 0]),
      });
      lie.garbled = k;
      await falls(lie, 0, `slot ${k}`);
    }
  });
});
