/** A true challenge cannot be refuted: no opening of it, right, wrong or from elsewhere, is a proof. */
import { expect } from 'chai';
import type { Challenge } from '#core/challenges/follow.ts';
import { packRun } from '#core/challenges/openings.ts';
import { operatorAt } from '#core/challenges/position.ts';
import { ReferenceTrace } from '#core/challenges/reference.ts';
import type { StepProof } from '#core/challenges/stepProof.ts';
import { encodeHeader } from '#core/commitment/header.ts';
import type { Bytes32, Hex } from '#core/hex.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { openRecord } from '#core/semantics/opening.ts';
import type { Access, Operator, Program } from '#core/semantics/program.ts';
import { tensor } from '#core/tensor.ts';
import type { IStepVerifier, ITraceVerifier } from '#types';
import { asArgument } from '../../sdk/mutable.ts';
import { ethers, networkHelpers } from '../support/contracts/chain.ts';
import { Dispute, type DisputeSystem, disputeSystem, publishProgram } from '../support/contracts/disputes.ts';
import { checkMoney } from '../support/contracts/money.ts';
import { demandOf } from '../support/contracts/positions.ts';
import { integers, SELECT, SELECT_INPUT } from '../support/contracts/programs.ts';
import { openingOf } from '../support/contracts/proofs.ts';
import { refused } from '../support/contracts/refusals.ts';
import { alteredData, BITS, Trial } from '../support/contracts/trials.ts';

/** Two rows of 70, gathered row by row and summed up by a window: operands in several leaves of several sources. */
const ROWS = buildModel({
  inputs: { x: ['float32', [2, 70]], i: ['int64', [1]] },
  outputs: { y: ['float32', [2, 70]], r: ['float32', [1, 70]] },
  constants: { pads: integers(0, 1, 0, -1) },
  nodes: [
    node('Pad', ['x', 'pads'], ['h']),
    node('Transpose', ['h'], ['t']),
    node('Pad', ['h', 'pads'], ['y']),
    node('Gather', ['h', 'i'], ['r'], { axis: 0 }),
  ],
});
const ROWS_INPUT = [
  tensor(
    'float32',
    [2, 70],
    Float32Array.from({ length: 140 }, (_, i) => i + 1),
  ),
  integers(1),
];

describe('proofs against a true challenge', () => {
  let s: DisputeSystem;
  let traces: ITraceVerifier;
  let steps: IStepVerifier;
  beforeEach(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
    traces = (await ethers.getContractAt('ITraceVerifier', await s.game.traceVerifier())) as unknown as ITraceVerifier;
    steps = (await ethers.getContractAt('IStepVerifier', await s.game.stepVerifier())) as unknown as IStepVerifier;
  });
  afterEach(() => checkMoney(s));

  const proving = (d: Dispute, c: Challenge, proof: StepProof) =>
    s.game.connect(s.attacker).prove(d.claimOf(c), d.published.meaning, asArgument(proof), []);

  const reading = (proof: StepProof, change: Partial<StepProof['step']>): StepProof => ({
    ...proof,
    step: { ...proof.step, ...change },
  });
  const binding = (proof: StepProof, j: number, change: Partial<StepProof['bindings'][0]>): StepProof => ({
    ...proof,
    bindings: proof.bindings.map((one, i) => (i === j ? { ...one, ...change } : one)),
  });
  const opening = (proof: StepProof, j: number, change: Partial<StepProof['step']['opened'][0]>): StepProof =>
    reading(proof, { opened: proof.step.opened.map((one, i) => (i === j ? { ...one, ...change } : one)) });

  async function standing(trial: Trial) {
    const d = await trial.wrongly();
    const c = await d.challenge(s.rival, d.trace());
    return { d, c, of: (k: number, e: number) => openingOf(d.trace(), d.salt(s.rival), k, e, d.link(0)) };
  }

  it('dispute 5: no operator at N or beyond, no element beyond the last', async () => {
    const { d, c, of } = await standing(await Trial.of(s, SELECT, [SELECT_INPUT]));
    for (const operator of [3, 4, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1])
      await refused(steps, 'Steps_WrongRecord', () => proving(d, c, { ...of(1, 0), operator }));
    for (const element of [3, 64, 2 ** 32 - 1])
      await refused(steps, 'Steps_NoSuchElement', () => proving(d, c, reading(of(1, 0), { element })));
    const move = demandOf(d.trace(), d.salt(s.rival), operatorAt(1));
    for (const operator of [3, 4, 2 ** 32 - 1])
      await refused(traces, 'Traces_NoSuchPosition', () =>
        d.demand(s.attacker, c, { ...move, position: operatorAt(operator) }),
      );
  });

  it('dispute 5: no evidence by an output that does not exist, or with the opening of another one', async () => {
    const trial = await Trial.of(s, SELECT, [SELECT_INPUT]);
    const d = await trial.wrongly(0, 1);
    const { claim, meaning, children, evidence } = d.posting(s.rival, d.trace());
    const posting = (changes_: Partial<Record<keyof typeof evidence, unknown>>) =>
      s.game.connect(s.rival).challenge(claim, meaning, children, { ...evidence, ...changes_ } as typeof evidence, 0);
    const because = (part: string, ...calls: (() => Promise<unknown>)[]) =>
      Promise.all(
        calls.map((call) => expect(call()).to.be.revertedWithCustomError(traces, 'Traces_NoEvidence').withArgs(part)),
      );
    await because(
      'output',
      () => posting({ output: 2 }),
      () => posting({ output: 2n ** 255n }),
    );
    await because(
      'slotPath',
      () => posting({ output: 1 }),
      () => posting({ slotPath: evidence.slotPath.slice(1) }),
    );
    await because(
      'outputs',
      () => posting({ outputs: evidence.outputs.slice(2) }),
      () => posting({ outputs: [] }),
    );
    await because('item', () => posting({ itemPath: [claim.trace] }));
    await because(
      'slotPath',
      () => posting({ item: 1 }),
      () => posting({ item: 256 }),
      () => posting({ item: 2n ** 255n }),
    );
    await because('submitted', () => posting({ submitted: evidence.submitted.slice(1) }));
    await because('submitted', () => posting({ submitted: [...evidence.submitted, claim.trace] }));
    await because(
      'element',
      () => posting({ element: 0 }),
      () => posting({ element: 3 }),
      () => posting({ element: 2n ** 255n }),
    );
    await because('right', () => posting({ right: evidence.wrong }));
    await because('wrong', () => posting({ wrong: evidence.right }));
    await because('right', () => posting({ right: { ...evidence.right, data: '0x' } }));
    await because('children', async () =>
      s.game.connect(s.rival).challenge(claim, meaning, [...children, ...children.slice(0, 1)], evidence, 0),
    );
    await d.challenge(s.rival, d.trace());
  });

  it('dispute 6: a record whose operand is the operator itself or a later one proves nothing', async () => {
    const honest = compile(SELECT);
    for (const index of [1, 2]) {
      const program = redirected(honest, 1, index);
      const published = await publishProgram(s, Uint8Array.of(index), BITS, program);
      const reference = new ReferenceTrace(honest, published.commitment, SELECT_INPUT);
      const d = await Dispute.of(s, published, [SELECT_INPUT], [reference.outputs], index);
      const lie = new ReferenceTrace(honest, published.commitment, SELECT_INPUT, {
        after: (k, data) => (k === 1 ? alteredData(data, 0) : data),
      });
      const c = await d.challenge(s.attacker, lie, 0, index);
      // What the honest program's proof opens, under the record that says otherwise.
      const proof = openingOf(lie, d.salt(s.attacker), 1, 0, d.link(0));
      const { record, recordPath } = recordOf(program, d);
      const wrong = reading({ ...proof, recordPath }, { record });
      await refused(steps, 'Steps_WrongSource', () => proving(d, c, wrong));
    }
  });

  it('dispute 7: another row, leaf, stride, source or slot opened as an operand proves nothing', async () => {
    const { d, c, of } = await standing(await Trial.of(s, ROWS, [ROWS_INPUT]));
    const program = d.published.program;
    const gather = program.operators.findIndex(({ kind }) => kind === 'Gather');
    const proof = of(gather, 69); // reads element 139 of h: its third leaf; and the index
    await refused(s.game, 'Game_Consistent', () => proving(d, c, proof));
    const first = of(0, 0);
    const early = of(gather, 0); // element 70: the second leaf
    const swap = (j: number, from: StepProof) =>
      opening(binding(proof, j, { path: from.bindings[j]?.path ?? [] }), j, from.step.opened[j] ?? {});
    const data = (proof.step.opened[0]?.data ?? '0x') as Hex;
    const tries: Record<string, readonly [string, StepProof]> = {
      'another row, opened rightly': ['Step_NotOpened', swap(0, early)],
      'another row, said to be this one': [
        'Steps_WrongOpening',
        opening(swap(0, early), 0, { runs: proof.step.opened[0]?.runs ?? [] }),
      ],
      'a run that says another leaf': ['Steps_WrongOpening', opening(proof, 0, { runs: [packRun(1, 1)] })],
      'a run beyond the tensor': ['Merkle_RunOutside', opening(proof, 0, { runs: [packRun(2 ** 32 - 1, 1)] })],
      'a run of nothing beside it': [
        'Merkle_RunOutside',
        opening(proof, 0, { runs: [...(proof.step.opened[0]?.runs ?? []), packRun(0, 0)] }),
      ],
      'elements of another value': ['Steps_WrongOpening', opening(proof, 0, { data: `${data.slice(0, -2)}01` as Hex })],
      'data behind the last run': ['Steps_WrongOpening', opening(proof, 0, { data: `${data}00` as Hex })],
      'data that ends too early': ['panic', opening(proof, 0, { data: data.slice(0, -2) as Hex })],
      'the slot of another operator': [
        'Steps_WrongOpening',
        binding(proof, 0, { link: of(1, 0).bindings.at(-1)?.link ?? [] }),
      ],
      'the operator’s own output as its operand': ['Steps_WrongSource', reading(proof, { sources: '0x0201' })],
      'operands that have changed places': ['Steps_WrongSource', reading(proof, { sources: '0x0100' })],
      'one source for both': ['Steps_WrongSource', reading(proof, { sources: '0x0000' })],
      'nothing opened of an operand': ['Step_NotOpened', reading(proof, { sources: '0xff01' })],
      'an index from another input': [
        'Steps_WrongOpening',
        binding(proof, 1, { link: [...(proof.bindings[1]?.link ?? [])].reverse() }),
      ],
      'an input list that goes on': [
        'Steps_WrongOpening',
        binding(proof, 1, { link: [...(proof.bindings[1]?.link ?? []), c.trace] }),
      ],
      'a header with as many elements': [
        'Steps_WrongOpening',
        binding(proof, 0, { header: encodeHeader({ dtype: 'float32', shape: [140] }) }),
      ],
      'a header of another dtype': [
        'Steps_WrongSource',
        binding(proof, 0, { header: `0x06${proof.bindings[0]?.header.slice(4)}` as Bytes32 }),
      ],
      'the record of another operator': ['Steps_WrongRecord', { ...reading(proof, { record: first.step.record }) }],
      'that record in its own place': [
        'Steps_WrongRecord',
        { ...reading(proof, { record: first.step.record }), recordPath: first.recordPath },
      ],
      'an output that is not the operator’s': [
        'Steps_WrongOpening',
        opening(proof, 2, { data: first.step.opened.at(-1)?.data ?? '0x' }),
      ],
    };
    const movement = await ethers.getContractAt('StepBase', await steps.stepOf(3));
    const trees = await ethers.getContractFactory('StepVerifier');
    for (const [name, [error, wrong]] of Object.entries(tries)) {
      const sent = proving(d, c, wrong);
      const contract = error.startsWith('Step_') ? movement : error.startsWith('Merkle') ? trees : steps;
      if (error === 'panic') await expect(sent, name).to.be.revertedWithPanic(0x11);
      else await expect(sent, name).to.be.revertedWithCustomError(contract, error);
    }
    await d.uphold(s.keeper, c);
    expect(d.now(c).state).to.equal('upheld');
  });

  it('dispute 8: a pad tap of a convolution is absent, whatever is opened', async () => {
    const onnx = buildModel({
      inputs: { x: ['float32', [1, 1, 4, 4]] },
      outputs: { y: ['float32', [1, 1, 4, 4]] },
      constants: { w: tensor('float32', [1, 1, 3, 3], Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)) },
      nodes: [node('Conv', ['x', 'w'], ['y'], { pads: [1, 1, 1, 1] })],
    });
    const x = tensor(
      'float32',
      [1, 1, 4, 4],
      Float32Array.from({ length: 16 }, (_, i) => i + 1),
    );
    const { d, c, of } = await standing(await Trial.of(s, onnx, [[x]]));
    const k = d.published.program.operators.findIndex(({ kind }) => kind === 'Dot');
    for (let e = 0; e < 16; e++) {
      const proof = of(k, e);
      await refused(s.game, 'Game_Consistent', () => proving(d, c, proof));
    }
    // The corner reads 4 of its 9 taps. Zeros that are opened beside them are another tensor.
    const corner = of(k, 0);
    const wide = opening(corner, 0, {
      runs: [packRun(0, 2)],
      data: `${corner.step.opened[0]?.data}${'00'.repeat(256)}` as Hex,
    });
    const trees = await ethers.getContractFactory('StepVerifier');
    await expect(proving(d, c, wide)).to.be.revertedWithCustomError(trees, 'Merkle_RunOutside');
    await d.uphold(s.keeper, c);
  });

  it('case 71, case 18: a proof holds for one challenge of one request, and surplus or missing bytes change nothing', async () => {
    const trial = await Trial.of(s, SELECT, [SELECT_INPUT]);
    const lie = trial.trace(0, (k, data) => (k === 1 ? alteredData(data, 2) : data));
    const d = await trial.rightly();
    const other = await trial.rightly(1);
    const c = await d.challenge(s.attacker, lie);
    const elsewhere = await other.challenge(s.attacker, lie, 0, 1);
    const third = await d.challenge(s.rival, lie);
    const { proof } = d.foresee(c, d.trace(), lie);
    await refused(
      steps,
      'Steps_WrongOpening',
      () => proving(other, elsewhere, proof),
      () => proving(d, third, proof),
    );
    const meaning = { ...d.published.meaning, program: { ...d.published.meaning.program, largestStep: 1n } };
    await refused(traces, 'Traces_WrongProgram', () => s.game.prove(d.claimOf(c), meaning, asArgument(proof), []));
    const version = { ...d.published.meaning.version, tolerance: 1n };
    await refused(traces, 'Traces_WrongVersion', () =>
      s.game.prove(d.claimOf(c), { ...d.published.meaning, version }, asArgument(proof), []),
    );
    const call = await s.game.prove.populateTransaction(d.claimOf(c), d.published.meaning, asArgument(proof), []);
    const data = call.data as Hex;
    await expect(s.other.sendTransaction({ ...call, data: data.slice(0, -64) })).to.be.revert(ethers);
    await d.move('prove', s.other.sendTransaction({ ...call, data: `${data}${'ab'.repeat(36)}` }));
    expect(d.now(c).state).to.equal('fallen');
    await refused(s.game, 'Game_NotOpen', () => proving(d, c, proof));
  });
});

/** The program with another operator named as the first operand of operator k. */
function redirected(program: Program, k: number, index: number): Program {
  const operators = program.operators.map((operator, i): Operator => {
    if (i !== k) return operator;
    const [first, ...rest] = operator.operands as [Access, ...Access[]];
    return { ...operator, operands: [{ ...first, source: { from: 'operator', index } }, ...rest] };
  });
  return { ...program, operators };
}

const recordOf = (program: Program, { published }: Dispute) => openRecord(program, published.commitment, 1);
