/** What StepVerifier refuses of a proof, part by part: a right one is changed in one place each time. */
import { expect } from 'chai';
import { packRun } from '#core/challenges/openings.ts';
import type { StepProof } from '#core/challenges/stepProof.ts';
import { type TraceRoots, verifyStep } from '#core/challenges/verifyStep.ts';
import { encodeHeader } from '#core/commitment/header.ts';
import { taggedHash } from '#core/hash.ts';
import type { Bytes32, Hex } from '#core/hex.ts';
import { toAddress, wordOf } from '#core/hex.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { Tags } from '#core/protocol/tags.ts';
import { KINDS } from '#core/semantics/kinds.ts';
import { asArgument } from '../../sdk/mutable.ts';
import { ethers } from '../support/contracts/chain.ts';
import { floatsOf } from '../support/contracts/programs.ts';
import { openingOf } from '../support/contracts/proofs.ts';
import { SALT, type STEPS, stepVerifier, traced } from '../support/contracts/verifiers.ts';

const N = 70;
const { verifier, steps } = await stepVerifier();

/** One operator: an input times a constant, two leaves each. */
const PRODUCT = buildModel({
  inputs: { x: ['float32', [N]] },
  outputs: { y: ['float32', [N]] },
  constants: { c: floatsOf(N, 5) },
  nodes: [node('Mul', ['x', 'c'], ['y'])],
});
/** A Dot without a second factor: its operands are present, absent, absent. */
const SUM = buildModel({
  inputs: { x: ['float32', [N]] },
  outputs: { y: ['float32', []] },
  nodes: [node('ReduceSum', ['x'], ['y'], { keepdims: 0 })],
});

function opened(onnx: Uint8Array, element: number) {
  const { reference, trace, link } = traced(onnx, [floatsOf(N)]);
  return { trace, proof: openingOf(reference, SALT, 0, element, link) };
}
type Opened = ReturnType<typeof opened>;

const rootsOf = ({ trace: { root, challenger, ...rest } }: Opened): TraceRoots => ({
  ...rest,
  trace: root,
  challenger: toAddress(challenger),
});
const ask = ({ trace, proof }: Opened) => verifier.isInconsistent(trace, asArgument(proof));
const changed = ({ trace, proof }: Opened, change: Partial<StepProof>, traceChange = {}): Opened => ({
  trace: { ...trace, ...traceChange },
  proof: { ...proof, ...change },
});
const stepped = (of: Opened, change: Partial<StepProof['step']>) =>
  changed(of, { step: { ...of.proof.step, ...change } });
const bound = (of: Opened, j: number, change: Partial<StepProof['bindings'][0]>) =>
  changed(of, { bindings: of.proof.bindings.map((one, i) => (i === j ? { ...one, ...change } : one)) });
const shown = (of: Opened, j: number, change: Partial<StepProof['step']['opened'][0]>) =>
  stepped(of, { opened: of.proof.step.opened.map((one, i) => (i === j ? { ...one, ...change } : one)) });
/** With another record, which the trace is said to have in its place. */
const recorded = (of: Opened, record: readonly Bytes32[]) =>
  changed(stepped(of, { record }), {}, { records: taggedHash(Tags.RECORD, record) });

describe('what StepVerifier refuses', () => {
  const product = opened(PRODUCT, 3);
  const garbage = wordOf(0xbadn);
  const [x, c, own] = product.proof.bindings as [
    StepProof['bindings'][0],
    StepProof['bindings'][0],
    StepProof['bindings'][0],
  ];
  const [first] = product.proof.step.opened as [StepProof['step']['opened'][0]];

  it('takes the right proof, which shows nothing wrong', async () => {
    expect(product.proof.bindings.length).to.equal(3);
    expect([x.path.length, c.path.length, own.path.length]).to.deep.equal([1, 1, 1]);
    expect(await ask(product)).to.equal(false);
  });

  for (const [what, of, error, argument] of [
    ['nothing opened', changed(stepped(product, { opened: [] }), { bindings: [] }), 'Steps_WrongOpening', 0],
    ['a tensor without a binding', changed(product, { bindings: [x, c] }), 'Steps_WrongOpening', 3],
    ['a record path that goes on', changed(product, { recordPath: [garbage] }), 'Steps_WrongRecord', 0],
    [
      'an output with another header',
      bound(product, 2, { header: encodeHeader({ dtype: 'float32', shape: [N + 1] }) }),
      'Steps_WrongOpening',
      2,
    ],
    ['a slot path that goes on', bound(product, 2, { link: [garbage] }), 'Steps_WrongOpening', 2],
    ['a path that goes on', bound(product, 0, { path: [...x.path, garbage] }), 'Steps_WrongOpening', 0],
    ['no run', shown(bound(product, 0, { path: [] }), 0, { runs: [], data: '0x' }), 'Steps_WrongOpening', 0],
    [
      'two runs that lead to two roots',
      shown(bound(product, 0, { path: [...x.path, garbage] }), 0, {
        runs: [packRun(0, 1), packRun(0, 1)],
        data: `${first.data}${first.data.slice(2)}` as Hex,
      }),
      'Steps_WrongOpening',
      0,
    ],
    ['another constant', shown(product, 1, { data: first.data }), 'Steps_WrongOpening', 1],
    [
      'a tensor with other elements in as many leaves',
      bound(product, 0, { header: encodeHeader({ dtype: 'float32', shape: [N + 1] }) }),
      'Steps_WrongSource',
      0,
    ],
    ['an input list without the input', bound(product, 0, { link: [] }), 'Steps_WrongOpening', 0],
    [
      'a list of a bundle without its path',
      changed(bound(product, 0, { link: [] }), {}, { items: 3 }),
      'Steps_WrongOpening',
      0,
    ],
  ] as const)
    it(what, async () => {
      await expect(ask(of)).to.be.revertedWithCustomError(verifier, error).withArgs(argument);
    });

  it('an opening for an operand that is absent', async () => {
    const sum = opened(SUM, 0);
    expect(await ask(sum)).to.equal(false);
    await expect(ask(stepped(sum, { sources: '0x0000' })))
      .to.be.revertedWithCustomError(verifier, 'Steps_WrongSource')
      .withArgs(1);
  });

  it('no source for an operand: the step has nothing to read', async () => {
    const step = await ethers.getContractAt('ArithmeticStep', steps['arithmetic'] as string);
    for (const [sources, operand] of [
      ['0x', 0],
      ['0x00', 1],
    ] as const)
      await expect(ask(stepped(product, { sources })))
        .to.be.revertedWithCustomError(step, 'Step_NotOpened')
        .withArgs(operand, 3);
  });

  describe('an operand that is said not to be read', () => {
    /** Operands are named as not read (255), and opening 255, which is of no commitment, holds zeros for them. */
    const smuggled = (of: Opened, count: number): Opened => {
      const { bindings, step } = of.proof;
      const fill = <T>(own: readonly T[], other: (j: number) => T) =>
        Array.from({ length: count }, (_, j) => (j === count - 1 ? (own.at(-1) as T) : other(j)));
      const zeros = { runs: [packRun(0, 2)], data: `0x${'00'.repeat(512)}` as Hex };
      const opened = fill(step.opened, (j) => (j === 255 ? zeros : { runs: [], data: '0x' as Hex }));
      const none = { header: ethers.ZeroHash as Bytes32, path: [], link: [] };
      return changed(stepped(of, { sources: '0x', opened }), { bindings: fill(bindings, () => none) });
    };

    for (const [name, onnx] of [
      ['a product', PRODUCT],
      ['a sum', SUM],
    ] as const)
      it(`dispute 41: is not read from opening 255 by ${name}, nor are there so many openings`, async () => {
        const honest = opened(onnx, 0);
        for (const count of [256, 257]) {
          const of = smuggled(honest, count);
          await expect(ask(of)).to.be.revertedWithCustomError(verifier, 'Steps_WrongOpening').withArgs(count);
          expect(() => verifyStep(rootsOf(of), of.proof)).to.throw('more openings than operands can name');
        }
        const of = smuggled(honest, 257);
        const kind = Number(BigInt(of.proof.step.record[0] as Bytes32) >> 248n);
        const step = await ethers.getContractAt('IStep', await verifier.stepOf(kind));
        const errors = await ethers.getContractAt('ArithmeticStep', await step.getAddress());
        await expect(step.isWrong(asArgument(of.proof.step)))
          .to.be.revertedWithCustomError(errors, 'Step_NotOpened')
          .withArgs(0, 0);
      });

    it('may be one of many: 255 openings are the most', async () => {
      const of = smuggled(product, 255);
      const step = await ethers.getContractAt('ArithmeticStep', steps['arithmetic'] as string);
      await expect(ask(of)).to.be.revertedWithCustomError(step, 'Step_NotOpened').withArgs(0, 3);
    });
  });

  it('a kind that no step contract decides', async () => {
    const [head, ...rest] = product.proof.step.record as [Bytes32, ...Bytes32[]];
    for (const kind of [0, 99])
      await expect(
        ask(recorded(product, [`0x${kind.toString(16).padStart(2, '0')}${head.slice(4)}` as Bytes32, ...rest])),
      )
        .to.be.revertedWithCustomError(verifier, 'Steps_NoStep')
        .withArgs(kind);
  });

  it('has a contract for each kind of the protocol, and for no other number', async () => {
    const family = (kind: string): keyof typeof STEPS => {
      if (kind === 'Dot') return 'dot';
      if (kind === 'IntegerDot') return 'integerDot';
      if (/^(Move|Gather)$/.test(kind)) return 'movement';
      if (/^(ArgMax|ArgMin|TopK)$/.test(kind)) return 'selection';
      if (/^(Cast|Quantize|Dequantize)$/.test(kind)) return 'conversion';
      if (/^(Exp|Log|Tanh|Erf|Sin|Cos|Pow)$/.test(kind)) return 'functions';
      if (/^(Equal|Less|LessOrEqual|And|Or|Xor|Not|Where|Clip)$/.test(kind)) return 'logic';
      return 'arithmetic';
    };
    const wanted = new Map(Object.entries(KINDS).map(([kind, { code }]) => [code, steps[family(kind)]]));
    for (const [code, contract] of wanted) expect(await verifier.stepOf(code), `kind ${code}`).to.equal(contract);
    // Numbers between two kinds of one family name that family, whose contract refuses them.
    for (const code of [0, 8, 15, 41, 47, 55, 63, 74, 79, 82, 255])
      expect(BigInt(await verifier.stepOf(code)), `kind ${code}`).to.equal(0n);
  });
});
