import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { fromHex } from '#core/hex.ts';
import { unpackCost } from '#core/protocol/cost.ts';
import { itemFrom } from '#core/protocol/rows.ts';
import { parseSchema } from '#core/protocol/schema.ts';
import { unpackVersionWord, VersionFlags } from '#core/protocol/version.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import type { Tensor } from '#core/tensor.ts';
import { type ExampleModel, exampleModel } from '../../scripts/demo/models.ts';
import { evidence } from '../../scripts/demo/receipts.ts';
import { type AskedOne, type Publication, request, waitForResult } from '../../sdk/index.ts';
import { assess } from '../../sdk/publishing/assess.ts';
import type { Assessment } from '../../sdk/publishing/assessment.ts';
import { type E2e, e2e, OPG, reaches, type Served, serve, sumsAddUp, until } from './network.ts';

type Item = Readonly<Record<string, Tensor>>;

/** A model as its owner publishes it, and what it means for one of its vectors. */
interface Subject {
  readonly model: ExampleModel;
  readonly onnx: Uint8Array;
  readonly assessment: Assessment;
  readonly input: Item;
  readonly reference: readonly Tensor[];
}

async function subjectOf(name: string): Promise<Subject> {
  const model = exampleModel(name);
  const onnx = readFileSync(model.file);
  const single = model.vectors.filter(({ inputs }) => Object.values(inputs).every(({ shape }) => shape[0] === 1));
  const samples = single.slice(0, 4).map(({ inputs }) => inputs);
  const assessment = await assess(onnx, model.card, { samples, generate: 4 });
  // Its last vector: not one of the samples.
  const input = single.at(-1)?.inputs as Item;
  const { outputs } = execute(compile(onnx), itemFrom(parseSchema(model.card).inputs, input));
  return { model, onnx, assessment, input, reference: outputs };
}

describe('results that are held against the reference', function () {
  this.timeout(120_000);
  let net: E2e;
  let digits: Subject;
  let quantised: Subject;

  before(async () => {
    [net, digits, quantised] = await Promise.all([e2e(), subjectOf('digits-cnn'), subjectOf('mlp-int8')]);
  });
  after(() => sumsAddUp(net));

  const publish = ({ onnx, model, assessment }: Subject, change: Partial<Publication>): Promise<Served> =>
    serve(net, onnx, model.card, { assessment, ...change });
  const ask = ({ version }: Served, { input }: Subject): Promise<AskedOne> =>
    request(net.accounts.requester, { version, node: net.accounts.node.address }, input);
  const answerTo = async (served: Served, subject: Subject): Promise<readonly Tensor[]> => {
    const { items } = await waitForResult(net.net, await ask(served, subject));
    return subject.model.schema.outputs.map(({ name = '' }) => items?.[0]?.[name] as Tensor);
  };
  const counted = async (metric: string, outcome: string): Promise<number> => {
    const text = await (await fetch(`${net.node.url}/metrics`)).text();
    return Number(new RegExp(`${metric}{outcome="${outcome}"} (\\d+)`).exec(text)?.[1] ?? 0);
  };
  const checks = (outcome: string) => counted('worker_execute_checks_total', outcome);

  it('are ONNX Runtime’s own where the published tolerance accepts them', async () => {
    const { multiplyAdds } = digits.assessment;
    const served = await publish(digits, { multiplyAdds });
    const { word } = await net.net.models.terms(served.version);
    const { flags, cost } = unpackVersionWord(word);
    expect(flags & VersionFlags.VERIFIABLE).to.equal(VersionFlags.VERIFIABLE);
    expect(unpackCost(cost)).to.equal(multiplyAdds);
    const before = await checks('within');
    const [probs] = await answerTo(served, digits);
    const [wanted] = digits.reference;
    expect([...(probs?.data ?? [])]).to.not.deep.equal([...(wanted?.data ?? [])]);
    expect(await checks('within')).to.equal(before + 1);
  });

  it('are the reference where ONNX Runtime is outside the tolerance', async () => {
    const served = await publish(digits, { tolerance: { abs: 0, rel: 0 }, exact: false });
    const before = await checks('outside');
    expect(await answerTo(served, digits)).to.deep.equal(digits.reference);
    expect(await checks('outside')).to.equal(before + 1);
  });

  it('are the reference in exact mode, which a quantised model needs', async () => {
    expect(quantised.assessment.tolerance).to.equal(undefined);
    const served = await publish(quantised, { exact: true });
    expect(await answerTo(served, quantised)).to.deep.equal(quantised.reference);
  });

  /** Its root with one byte changed. */
  const anotherRoot = (change: number) => {
    const bytes = fromHex(digits.assessment.programRoot);
    bytes[31] = (bytes[31] ?? 0) ^ change;
    return `0x${Buffer.from(bytes).toString('hex')}` as Assessment['programRoot'];
  };

  it('do not come about for a version that names another program, and its later requests are declined', async () => {
    const programRoot = anotherRoot(1);
    const served = await publish(digits, { programRoot });
    const first = await reaches(net, (await ask(served, digits)).id, 'quarantined');
    expect(first.reason)
      .to.match(/^executor\.root_mismatch: /)
      .and.contain(programRoot);
    const second = await reaches(net, (await ask(served, digits)).id, 'declined');
    expect(second.reason).to.contain('executor.root_mismatch');
  });

  describe('when the request names nobody, and would be accepted first', () => {
    const askAnybody = ({ version }: Served, deadlineSeconds?: number) =>
      request(
        net.accounts.requester,
        { version, fee: 2n * OPG, ...(deadlineSeconds === undefined ? {} : { deadlineSeconds }) },
        digits.input,
      );
    const count = async (name: 'Accepted' | 'Undelivered', { id }: AskedOne) =>
      (await evidence(net.net, [id], name)).events.length;

    it('it is accepted once the program is proven', async () => {
      const before = await counted('worker_execute_proofs_total', 'proven');
      const asked = await askAnybody(await publish(digits, {}));
      const { items } = await waitForResult(net.net, asked);
      expect(items?.[0]).to.have.property('probs');
      expect(await count('Accepted', asked)).to.equal(1);
      expect(await counted('worker_execute_proofs_total', 'proven')).to.equal(before + 1);
      await until(net, 'Finalised', [asked.id]);
    });

    it('it is never accepted if the program is another one, and costs the node nothing', async () => {
      const programRoot = anotherRoot(2);
      const served = await publish(digits, { programRoot });
      // Both before anybody knows.
      const asked = [await askAnybody(served, 15), await askAnybody(served, 15)];
      for (const { id } of asked)
        expect((await reaches(net, id, 'declined')).reason)
          .to.match(/^executor\.root_mismatch: /)
          .and.contain(programRoot);
      await until(
        net,
        'Expired',
        asked.map(({ id }) => id),
      );
      for (const one of asked)
        expect([await count('Accepted', one), await count('Undelivered', one)]).to.deep.equal([0, 0]);
    });
  });
});
