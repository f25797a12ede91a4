/**
 * Every model under models/: one lie per kind of operator is refuted by the step contract of that operator, and the same element of the true
 * trace is not. Whole disputes on the real contracts.
 */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { KnownTree } from '#core/challenges/knownTree.ts';
import { padded } from '#core/challenges/openings.ts';
import { leafCount } from '#core/challenges/position.ts';
import type { ReferenceTrace } from '#core/challenges/reference.ts';
import { stepProof } from '#core/challenges/stepProof.ts';
import { DTYPES } from '#core/commitment/dtype.ts';
import { LEAF_ELEMENTS } from '#core/commitment/leaf.ts';
import { rootOf } from '#core/commitment/opening.ts';
import type { Bytes32 } from '#core/hex.ts';
import { toHex } from '#core/hex.ts';
import type { OpenTensor } from '#core/semantics/opening.ts';
import type { Operator, Program } from '#core/semantics/program.ts';
import { elementCount, type Tensor } from '#core/tensor.ts';
import type { IStepVerifier } from '#types';
import { asArgument } from '../../sdk/mutable.ts';
import { ethers, networkHelpers } from '../support/contracts/chain.ts';
import { Dispute, type DisputeSystem, disputeSystem, publishProgram } from '../support/contracts/disputes.ts';
import { lyingTrace } from '../support/lies.ts';
import { randomInputs } from '../support/randomInputs.ts';
import { seeded } from '../support/seeded.ts';

const MODELS = [
  'breast-cancer-mlp',
  'char-lm',
  'diabetes-regressor',
  'digit-generator',
  'digits-cnn',
  'digits-conv-int8',
  'mlp-int8',
  'text-embedder',
  'volatility-forecaster',
];
/** Their output is too large for calldata, or quantised: only the reference output is right. */
const EXACT = ['char-lm', 'digits-conv-int8', 'mlp-int8'];
/** Elements of the true trace that are tried per kind of operator. */
const TRUE_ELEMENTS = 3;

/** The first operator of each kind and dtypes. */
function kindsOf({ operators }: Program): Map<string, number> {
  const found = new Map<string, number>();
  const nameOf = ({ kind, dtype, operands }: Operator) =>
    `${kind} of ${operands.map((access) => access?.dtype ?? 'nothing').join(', ')} to ${dtype}`;
  for (const [k, operator] of operators.entries()) if (!found.has(nameOf(operator))) found.set(nameOf(operator), k);
  return found;
}

for (const name of MODELS)
  describe(`disputes over ${name}`, function () {
    this.timeout(300_000);
    const random = seeded(7);
    let d: Dispute;
    let honest: ReferenceTrace;

    before(async () => {
      const s: DisputeSystem = await networkHelpers.loadFixture(disputeSystem);
      const onnx = readFileSync(`models/${name}/model.onnx`);
      const published = await publishProgram(s, onnx, EXACT.includes(name) ? 'exact' : { atol: 0, rtol: 0 });
      const input = randomInputs(published.program, random);
      const right = new Dispute(s, published, undefined as never, [input], []).trace().outputs;
      d = await Dispute.of(s, published, [input], [right]);
      honest = d.trace();
    });

    it('refute a lie in each kind of operator, at that operator', async () => {
      const { program, commitment } = d.published;
      for (const [kind, k] of kindsOf(program)) {
        const e = random.int(elementCount((program.operators[k] as Operator).space));
        const lie = lyingTrace(program, commitment, d.inputs[0] as readonly Tensor[], k, e);
        const snapshot = await networkHelpers.takeSnapshot();
        const challenge = await d.challenge(d.s.attacker, lie);
        const end = await d.playOut(challenge, d.s.other, honest, d.s.attacker, lie);
        expect(end.state, `${kind}, element ${e}`).to.equal('fallen');
        expect(end.refuted, `${kind}, element ${e}`).to.deep.equal({ operator: k, element: e });
        await snapshot.restore();
        d.challenges = new Map();
      }
    });

    it('find nothing inconsistent in the true trace', async () => {
      const { program, meaning } = d.published;
      const verifier = (await ethers.getContractAt(
        'IStepVerifier',
        await d.s.game.stepVerifier(),
      )) as unknown as IStepVerifier;
      const salt = d.salt(d.s.rival);
      const slots = honest.slots(salt);
      const known = new KnownTree(program.operators.length, slots);
      known.agreeUpTo(program.operators.length);
      const trace = {
        ...salt,
        root: toHex(rootOf(slots)) as Bytes32,
        items: 1,
        input: d.story.terms.input,
        operators: meaning.program.operators,
        records: meaning.program.records,
      };
      for (const [kind, k] of kindsOf(program))
        for (let i = 0; i < TRUE_ELEMENTS; i++) {
          const e = random.int(elementCount((program.operators[k] as Operator).space));
          const proof = stepProof(honest, k, e, claimedOf(honest, k), known, d.link(0));
          expect(await verifier.isInconsistent(trace, asArgument(proof)), `${kind}, element ${e}`).to.equal(false);
        }
    });
  });

/** One's own output of operator k, as if another party had revealed it. */
function claimedOf(trace: ReferenceTrace, k: number) {
  const [open] = trace.open(k) as [OpenTensor];
  const leaves = leafCount(open.tensor.shape);
  const tree = new KnownTree(leaves, open.tree);
  tree.agreeUpTo(leaves);
  const size = LEAF_ELEMENTS * DTYPES[open.tensor.dtype].bytes;
  return { tree, leaf: (index: number) => padded(open.leaves(index).bytes, size) };
}
