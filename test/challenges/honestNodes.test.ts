/** Who computes as it should is safe whatever it computes on; who runs another model, or copies somebody's result, is not. */
import { expect } from 'chai';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { openLeaf } from '#core/challenges/openings.ts';
import { ReferenceTrace } from '#core/challenges/reference.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { OpenTensor } from '#core/semantics/opening.ts';
import { commitProgram } from '#core/semantics/record.ts';
import { type Tensor, tensor } from '#core/tensor.ts';
import { asArgument } from '../../sdk/mutable.ts';
import { networkHelpers } from '../support/contracts/chain.ts';
import { Dispute, type DisputeSystem, disputeSystem } from '../support/contracts/disputes.ts';
import { changes, checkMoney, stakeOf } from '../support/contracts/money.ts';
import { refused } from '../support/contracts/refusals.ts';
import { request } from '../support/contracts/request.ts';
import { alteredData, SLICE, Trial } from '../support/contracts/trials.ts';
import { bitsOf } from '../support/rationals.ts';
import { seeded } from '../support/seeded.ts';
import { bytesOf } from '../support/tensorBytes.ts';

const [ROWS, INNER, COLUMNS] = [6, 200, 9];

const normal = (shape: number[], seed: number): Tensor => {
  const random = seeded(seed);
  return tensor(
    'float32',
    shape,
    Float32Array.from({ length: (shape[0] ?? 1) * (shape[1] ?? 1) }, () => random.normal()),
  );
};

/** A product of matrices and a sigmoid of it; `weight` changes one of 1,800 weights. */
const model = (weight = 0) =>
  buildModel({
    inputs: { x: ['float32', [ROWS, INNER]] },
    outputs: { y: ['float32', [ROWS, COLUMNS]] },
    constants: {
      w: { ...normal([INNER, COLUMNS], 5), data: alteredData(normal([INNER, COLUMNS], 5).data, 77, weight) },
    },
    nodes: [node('MatMul', ['x', 'w'], ['h']), node('Sigmoid', ['h'], ['y'])],
  });
const x = normal([ROWS, INNER], 6);

describe('honest and other nodes', function () {
  this.timeout(120_000);
  let s: DisputeSystem;
  beforeEach(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
  });
  afterEach(() => checkMoney(s));

  /** As ONNX Runtime computes it on this machine. */
  async function fast(): Promise<Tensor[]> {
    const session = await InferenceSession.create(model());
    const { y } = await session.run({ x: new OrtTensor('float32', x.data as Float32Array, [ROWS, INNER]) });
    await session.release();
    return [tensor('float32', [ROWS, COLUMNS], Float32Array.from(y?.data as Float32Array))];
  }

  it('case 75: a result of other arithmetic within the tolerance cannot be challenged, and every lie about it falls', async () => {
    const trial = await Trial.of(s, model(), [[x]], { atol: bitsOf(1e-5), rtol: 0 });
    const result = await fast();
    const reference = trial.reference[0] as Tensor[];
    const differs = [...(result[0]?.data ?? [])].filter((value, i) => value !== reference[0]?.data[i]).length;
    expect(differs, 'elements that this machine rounds in another way').to.be.greaterThan(0);
    const d = await Dispute.of(s, trial.published, [[x]], [result]);
    expect(() => d.posting(s.rival, d.trace())).to.throw('nothing to challenge');

    // The chain says the same of every element, whatever is claimed about it.
    const shown = new Dispute(
      s,
      trial.published,
      d.story,
      [[x]],
      [[{ ...(result[0] as Tensor), data: alteredData(reference[0]?.data as Float32Array, 0) }]],
    );
    const { claim, meaning, children, evidence } = shown.posting(s.rival, d.trace());
    const [own, theirs] = [new OpenTensor(reference[0] as Tensor), new OpenTensor(result[0] as Tensor)];
    for (let element = 0; element < ROWS * COLUMNS; element++) {
      const honest = {
        ...evidence,
        element,
        submitted: result.map(commitTensor),
        right: openLeaf(own, element),
        wrong: openLeaf(theirs, element),
      };
      await expect(s.game.connect(s.rival).challenge(claim, meaning, children, asArgument(honest), 0))
        .to.be.revertedWithCustomError(s.traces, 'Traces_NoEvidence')
        .withArgs('element');
    }
    for (const k of d.published.program.operators.keys()) {
      const lie = trial.trace(0, (i, data) => (i === k ? Float32Array.from(data as Float32Array, (v) => v + 3) : data));
      const snapshot = await d.snapshot();
      const c = await d.challenge(s.attacker, lie);
      expect((await d.playOut(c, s.other, d.trace(), s.attacker, lie)).state).to.equal('fallen');
      await snapshot.restore();
    }
    await d.story.finalise();
  });

  it('case 74: a node that runs another model is condemned, a challenger that does falls at its weight', async () => {
    const trial = await Trial.of(s, model(), [[x]]);
    const program = compile(model(0.5));
    const swapped = new ReferenceTrace(program, commitProgram(program), [x]);
    const d = await Dispute.of(s, trial.published, [[x]], [swapped.outputs]);
    const gains = await changes(s, { node: s.node }, async () => {
      await d.uphold(s.keeper, await d.challenge(s.rival, d.trace()));
    });
    expect(gains.node).to.equal(0n); // the slice had left it at submit, and does not come back
    await d.story.is('over');

    const right = await trial.rightly(1);
    const c = await right.challenge(s.attacker, swapped, 0, 1);
    const end = await right.playOut(c, s.other, right.trace(), s.attacker, swapped);
    expect(end.state).to.equal('fallen');
    expect(right.published.program.operators[end.refuted?.operator as number]?.kind).to.equal('Dot');
    // Nor can the other model be passed off as the version's.
    const other = await Trial.of(s, model(0.5), [[x]]);
    const { claim, children, evidence } = d.posting(s.other, d.trace());
    await refused(s.traces, 'Traces_WrongVersion', () =>
      s.game.connect(s.other).challenge(claim, other.published.meaning, children, evidence, 5),
    );
  });

  it('case 73: a node that copies another’s result answers for it with a slice of its own', async () => {
    const trial = await Trial.of(s, model(), [[x]]);
    const first = await trial.wrongly();
    const copied = first.submitted[0] as Tensor[];
    const { shape, version } = trial.published;
    const asked = await request(s, { version, shape, lane: 1, node: s.rival, input: bytesOf([x]) });
    await asked.submit(s.rival, bytesOf(copied));
    const second = new Dispute(s, trial.published, asked, [[x]], [copied]);
    const before = [await stakeOf(s, s.node), await stakeOf(s, s.rival)];
    for (const [lane, d] of [first, second].entries()) {
      const c = await d.challenge(s.other, d.trace(), 0, lane);
      await d.uphold(s.keeper, c);
      await d.story.is('over');
    }
    expect([await stakeOf(s, s.node), await stakeOf(s, s.rival)]).to.deep.equal(before);
    const slashed = await s.requests.queryFilter(s.requests.filters.Condemned());
    expect(slashed.map(({ args }) => args.node)).to.deep.equal([s.node.address, s.rival.address]);
    expect(slashed.map(({ args }) => args.toRequester + args.toPot + args.burned)).to.deep.equal(
      [0, 1].map(() => SLICE + first.story.terms.fee),
    );
  });
});
