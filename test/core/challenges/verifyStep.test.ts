/** The verdict on one element from its proof alone, against the traces it comes from; the contracts judge the same proofs in test/challenges. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { headerOf } from '#core/challenges/claim.ts';
import { KnownTree } from '#core/challenges/knownTree.ts';
import { padded } from '#core/challenges/openings.ts';
import { leafCount } from '#core/challenges/position.ts';
import { ReferenceTrace } from '#core/challenges/reference.ts';
import { type StepProof, stepProof } from '#core/challenges/stepProof.ts';
import { type TraceRoots, verifyStep } from '#core/challenges/verifyStep.ts';
import { DTYPES } from '#core/commitment/dtype.ts';
import { LEAF_ELEMENTS } from '#core/commitment/leaf.ts';
import { commitList } from '#core/commitment/list.ts';
import { rootOf } from '#core/commitment/opening.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import type { Bytes32 } from '#core/hex.ts';
import { toAddress, toHex, wordOf } from '#core/hex.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import type { OpenTensor } from '#core/semantics/opening.ts';
import type { Operator, Program } from '#core/semantics/program.ts';
import { readRecord } from '#core/semantics/readRecord.ts';
import { commitProgram, type ProgramCommitment, recordWords } from '#core/semantics/record.ts';
import { elementCount, type Tensor } from '#core/tensor.ts';
import { lyingTrace } from '../../support/lies.ts';
import { type Seeded, seeded } from '../../support/seeded.ts';

const MODELS = [
  'breast-cancer-mlp',
  'digit-generator',
  'digits-cnn',
  'digits-conv-int8',
  'mlp-int8',
  'text-embedder',
  'volatility-forecaster',
];
const TRUE_ELEMENTS = 5;

function inputOf({ inputs }: Program, random: Seeded): Tensor[] {
  return inputs.map(({ dtype, shape }): Tensor => {
    const data = new DTYPES[dtype].Data(elementCount(shape));
    if (data instanceof Float32Array) for (let i = 0; i < data.length; i++) data[i] = random.normal();
    else if (data instanceof BigInt64Array) for (let i = 0; i < data.length; i++) data[i] = BigInt(random.int(60));
    else for (let i = 0; i < data.length; i++) data[i] = random.int(2);
    return { dtype, shape, data };
  });
}

/** The first operator of each kind and dtype. */
function kindsOf({ operators }: Program): [string, number][] {
  const found = new Map<string, number>();
  for (const [k, { kind, dtype }] of operators.entries())
    if (!found.has(`${kind} to ${dtype}`)) found.set(`${kind} to ${dtype}`, k);
  return [...found];
}

for (const name of MODELS)
  describe(`a step proof over ${name}`, function () {
    this.timeout(120_000);
    const random = seeded(11);
    let program: Program;
    let commitment: ProgramCommitment;
    let inputs: Tensor[];
    let honest: ReferenceTrace;
    const salt = { request: wordOf(77n), item: 0, challenger: toAddress(`0x${'ab'.repeat(20)}`) };

    before(() => {
      program = compile(readFileSync(`models/${name}/model.onnx`));
      commitment = commitProgram(program);
      inputs = inputOf(program, random);
      honest = new ReferenceTrace(program, commitment, inputs);
    });

    /** Element e of operator k of a trace that is wholly known, on the operands of the reference. */
    function proofOf(trace: ReferenceTrace, k: number, e: number): [TraceRoots, StepProof] {
      const own = trace.slots(salt);
      const slots = new KnownTree(program.operators.length, own);
      slots.agreeUpTo(program.operators.length);
      const [open] = trace.open(k) as [OpenTensor];
      const leaves = leafCount(open.tensor.shape);
      const tree = new KnownTree(leaves, open.tree);
      tree.agreeUpTo(leaves);
      const size = LEAF_ELEMENTS * DTYPES[open.tensor.dtype].bytes;
      const claimed = { tree, leaf: (index: number) => padded(open.leaves(index).bytes, size) };
      const tensors = inputs.map(commitTensor);
      const roots: TraceRoots = {
        ...salt,
        items: 1,
        trace: toHex(rootOf(own)) as Bytes32,
        input: commitList(tensors),
        operators: program.operators.length,
        records: headerOf(program, commitment).records,
      };
      return [roots, stepProof(honest, k, e, claimed, slots, { tensors, path: [] })];
    }

    it('is inconsistent where the trace lies, and the reference gives what it says', () => {
      for (const [kind, k] of kindsOf(program)) {
        const e = random.int(elementCount((program.operators[k] as Operator).space));
        const step = verifyStep(...proofOf(lyingTrace(program, commitment, inputs, k, e), k, e));
        expect(step.inconsistent, `${kind}, element ${e}`).to.equal(true);
        const [open] = honest.open(k) as [OpenTensor];
        if (step.result !== undefined) expect(step.result, kind).to.deep.equal(open.tensor.data[e]);
      }
    });

    it('is consistent in the reference', () => {
      for (const [kind, k] of kindsOf(program))
        for (let i = 0; i < TRUE_ELEMENTS; i++) {
          const e = random.int(elementCount((program.operators[k] as Operator).space));
          expect(verifyStep(...proofOf(honest, k, e)).inconsistent, `${kind}, element ${e}`).to.equal(false);
        }
    });

    it('is refused under another root, and with another path, record or operand', () => {
      const k = program.operators.length - 1;
      const [roots, proof] = proofOf(honest, k, 0);
      const bad = wordOf(1n);
      for (const change of [
        { trace: bad },
        { records: bad },
        { request: bad },
        { item: 1 },
        { operators: 2 * roots.operators },
      ])
        expect(() => verifyStep({ ...roots, ...change }, proof), JSON.stringify(change)).to.throw();
      const { step, bindings } = proof;
      const opened = step.opened.map(({ runs, data }) => ({
        runs,
        data: `${data.slice(0, -1)}${data.endsWith('1') ? '2' : '1'}` as const,
      }));
      for (const change of [
        { recordPath: [...proof.recordPath, bad] },
        { operator: 0 },
        { bindings: bindings.map((binding) => ({ ...binding, link: [bad, ...binding.link.slice(1)] })) },
        { bindings: bindings.slice(1) },
        { step: { ...step, record: [...step.record, bad] } },
        { step: { ...step, opened } },
      ])
        expect(() => verifyStep(roots, { ...proof, ...change } as StepProof), Object.keys(change).join()).to.throw();
    });

    it('has records that read back as their operators', () => {
      for (const operator of program.operators) {
        const words = recordWords(operator, commitment.constantRoots);
        const { operator: read, constants } = readRecord(words);
        expect(plain(read, constants)).to.equal(plain(operator, commitment.constantRoots));
        expect(() => readRecord(words.slice(0, -1))).to.throw();
        expect(() => readRecord([...words, wordOf(0n)])).to.throw();
      }
    });
  });

/** As text, in which -0 is 0; constants by their commitments. */
const plain = ({ operands, ...rest }: Operator, roots: readonly Bytes32[]): string =>
  JSON.stringify({
    ...rest,
    operands: operands.map((access) => {
      if (access?.source.from !== 'constant') return access ?? null;
      return { ...access, source: roots[access.source.index] };
    }),
  });
