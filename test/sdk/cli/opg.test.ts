import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { buildModel, node } from '#core/onnx/build.ts';
import { encodeTensorProto } from '#core/onnx/tensorProto.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { multiplyAdds } from '#core/semantics/cost.ts';
import { programRoot } from '#core/semantics/record.ts';
import { type Tensor, tensorFrom } from '#core/tensor.ts';
import type { Command } from '../../../sdk/cli/command.ts';
import { COMMANDS } from '../../../sdk/cli/commands.ts';
import { opg } from '../../../sdk/cli/main.ts';
import { readVector, vectorText } from '../../../sdk/files/vector.ts';
import { scratch } from '../../support/graphs.ts';
import { expectEqual, runReference } from '../../support/semantics.ts';

async function run(...argv: string[]) {
  let [out, err] = ['', ''];
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    interactive: false,
  };
  const code = await opg(argv, terminal);
  return { code, out, err };
}

const DIGITS = 'models/digits-cnn';

describe('opg', () => {
  const directory = scratch();
  after(() => directory.remove());
  const file = (name: string, content: string | Uint8Array): string => {
    const place = path.join(directory.path, name);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, content);
    return place;
  };
  const unknown = () =>
    file(
      'unknown.onnx',
      buildModel({
        inputs: { x: ['float32', [1]] },
        outputs: { y: ['float32', [1]] },
        nodes: [node('Bernoulli', ['x'], ['y'])],
      }),
    );

  it('should list its commands, and exit with 2 where none is named', async () => {
    for (const argv of [['--help'], ['help'], ['-h']]) {
      const { code, out } = await run(...argv);
      expect(code).to.equal(0);
      for (const { name, summary } of COMMANDS) expect(out).to.contain(name).and.contain(summary);
    }
    expect(await run()).to.include({ code: 2, out: '' });
    const mistaken = await run('compil', 'x.onnx');
    expect(mistaken).to.include({ code: 2, out: '' });
    expect(mistaken.err).to.contain('there is no command "compil"').and.contain('conformance DIR');
  });

  for (const { name } of COMMANDS)
    it(`should explain ${name} with --help, whatever else is said`, async () => {
      for (const argv of [
        [...name.split(' '), '--help'],
        [...name.split(' '), 'a', 'b', '--json', '-h'],
      ]) {
        const { code, out, err } = await run(...argv);
        expect([code, err]).to.deep.equal([0, '']);
        expect(out).to.contain(`usage: opg ${name}`).and.contain('--json').and.contain('Exit code: 0 ok; 1 ');
      }
    });

  it('should assess a model with the vectors beside it', async () => {
    const { code, out } = await run('assess', `${DIGITS}/model.onnx`);
    expect(code).to.equal(0);
    expect(out).to.contain('probs').and.contain('rtol').and.contain('TF32 products');
    const json = await run('assess', `${DIGITS}/model.onnx`, '--json', '--generate', '2');
    const found = JSON.parse(json.out);
    expect(found.programRoot).to.equal(programRoot(compile(readFileSync(`${DIGITS}/model.onnx`))));
    expect(found.tolerance.rtol).to.be.greaterThan(0);
    const exact = await run('assess', 'models/mlp-int8/model.onnx');
    expect(exact.code).to.equal(1);
    expect(exact.out).to.contain('exact mode only');
  });

  const unusable: [string[], RegExp][] = [
    [['assess', `${DIGITS}/model.onnx`, '--card', 'gone.json'], /gone\.json does not exist/],
    [['assess', `${DIGITS}/model.onnx`, '--card', `${DIGITS}/model.onnx`], /model\.onnx is no card/],
    [['assess', `${DIGITS}/model.onnx`, '--generate', '1.5'], /--generate takes a whole number/],
    [['compile'], /FILE\.onnx is missing/],
    [['compile', 'a', 'b'], /unexpected argument "b"/],
    [['compile', 'gone.onnx'], /gone\.onnx does not exist/],
    [['compile', 'models'], /models is a folder/],
    [['compile', `${DIGITS}/model.onnx`, '--frobnicate'], /Unknown option '--frobnicate'/],
    [['compile', `${DIGITS}/model.onnx`, '--dim', 'N'], /--dim takes name=size/],
    [['compile', `${DIGITS}/model.onnx`, '--dim', 'N=two'], /--dim takes name=size/],
    [['compile', `${DIGITS}/model.onnx`, '--dim'], /argument/],
    [['reference', `${DIGITS}/model.onnx`], /--input VECTOR\.json is missing/],
    [['reference', `${DIGITS}/model.onnx`, '--input', 'gone.json'], /gone\.json.*no such file/],
    [
      ['reference', `${DIGITS}/model.onnx`, '--input', 'package.json'],
      /package\.json is no vector: it has no "inputs"/,
    ],
    [['compare', `${DIGITS}/model.onnx`, '--abs', 'few'], /--abs takes a number/],
    [['compare', `${DIGITS}/model.onnx`, '--card', 'package.json'], /package\.json is no card/],
    [['compare', `${DIGITS}/model.onnx`, '--vectors', 'core'], /no vector \(\*\.json\) in core/],
    [['conformance', 'core'], /no case in core: <case>\/model\.onnx/],
    [['conformance', 'gone'], /gone does not exist/],
  ];
  for (const [argv, reason] of unusable)
    it(`should exit with 2 and say what is wrong: opg ${argv.join(' ')}`, async () => {
      const { code, out, err } = await run(...argv);
      expect([code, out]).to.deep.equal([2, '']);
      expect(err)
        .to.match(reason)
        .and.contain(`usage: opg ${argv[0]}`)
        .and.not.match(/\n\s+at /);
      const json = await run(...argv, ...(argv.at(-1) === '--dim' ? ['N=1', '--foo'] : []), '--json');
      expect(json.code).to.equal(2);
      expect(JSON.parse(json.out)).to.have.property('ok', false);
    });

  describe('compile', () => {
    const program = compile(readFileSync(`${DIGITS}/model.onnx`));

    it('should tell what a program is', async () => {
      const { code, out } = await run('compile', `${DIGITS}/model.onnx`, '--json');
      const found = JSON.parse(out);
      expect(code).to.equal(0);
      expect(found.programRoot).to.equal(programRoot(program));
      expect(found.operators).to.deep.equal({ Relu: 4, Conv: 3, Gemm: 2, Flatten: 1, MaxPool: 1, Softmax: 1 });
      expect(Object.values<number>(found.primitives).reduce((a, b) => a + b)).to.equal(program.operators.length);
      expect(found.multiplyAdds).to.equal(String(multiplyAdds(program)));
      expect(found.inputs).to.deep.equal([{ name: 'image', dtype: 'float32', shape: [1, 1, 8, 8], rows: true }]);
      const words = await run('compile', `${DIGITS}/model.onnx`);
      expect(words.code).to.equal(0);
      expect(words.out)
        .to.contain(programRoot(program))
        .and.contain('Conv 3')
        .and.contain('image float32 [1, 1, 8, 8], by rows');
    });

    it('should bind free dimensions', async () => {
      const found = JSON.parse((await run('compile', `${DIGITS}/model.onnx`, '--dim', 'N=3', '--json')).out);
      expect(found.inputs[0]).to.deep.include({ shape: [3, 1, 8, 8], rows: false });
      expect(found.programRoot).not.to.equal(programRoot(program));
    });

    it('should exit with 1 and the error itself for a model without a program', async () => {
      const model = unknown();
      const { code, out, err } = await run('compile', model);
      expect([code, out]).to.deep.equal([1, '']);
      expect(err).to.match(/^compile\.unsupported_operator: Operator Bernoulli .*\n$/);
      const { out: json } = await run('compile', model, '--json');
      expect(JSON.parse(json).error).to.deep.equal({ code: 'compile.unsupported_operator', message: err.trim() });
    });
  });

  describe('reference', () => {
    it('should write the reference outputs as a vector', async () => {
      const input = `${DIGITS}/vectors/15.json`;
      const given = readVector(input);
      const want = runReference(readFileSync(`${DIGITS}/model.onnx`), given.inputs);
      const target = path.join(directory.path, 'out.json');
      const { code, out } = await run('reference', `${DIGITS}/model.onnx`, '--input', input, '--out', target);
      expect(code).to.equal(0);
      expect(out).to.contain(target);
      const made = readVector(target);
      expectEqual(made.outputs, want);
      expectEqual(made.inputs, given.inputs);
      for (const extra of [[], ['--json']]) {
        const printed = await run('reference', `${DIGITS}/model.onnx`, '--input', input, ...extra);
        expectEqual(readVector(file('printed.json', printed.out)).outputs, want);
        expect(printed.out.trimEnd().split('\n').length === 1).to.equal(extra.length === 1);
      }
    });

    it('should exit with 1 for inputs that do not fit', async () => {
      const inputs = { image: tensorFrom('float32', [1, 1, 8, 7], new Float32Array(56)) };
      const input = file('misfit.json', vectorText({ id: '0', note: {}, inputs, outputs: {} }));
      const { code, err } = await run('reference', `${DIGITS}/model.onnx`, '--input', input);
      expect(code).to.equal(1);
      expect(err).to.match(/^execute\.input: Input image does not fit the program: it has shape/);
    });
  });

  describe('compare', () => {
    const model = () =>
      file(
        'sum/model.onnx',
        buildModel({
          inputs: { x: ['float32', ['N', 2]] },
          outputs: { y: ['float32', ['N', 2]], i: ['int32', ['N', 2]] },
          nodes: [node('Add', ['x', 'x'], ['y']), node('Cast', ['x'], ['i'], { to: 6 })],
        }),
      );
    const vector = (name: string, y: readonly number[]) =>
      file(
        `sum/vectors/${name}.json`,
        vectorText({
          id: name,
          note: {},
          inputs: { x: tensorFrom('float32', [2, 2], [1, 2, 3, 4]) },
          outputs: { y: tensorFrom('float32', [2, 2], y), i: tensorFrom('int32', [2, 2], [1, 2, 3, 4]) } as Record<
            string,
            Tensor
          >,
        }),
      );

    it('should be within the tolerance of the card of an example model, and say so', async () => {
      const { code, out } = await run('compare', 'models/mlp-int8/model.onnx', '--vectors', 'models/mlp-int8/vectors');
      expect(code).to.equal(0);
      expect(out)
        .to.contain('16 vectors')
        .and.match(/logits +reference, vectors +0 +0 +100\.0 %.*within/);
      expect(out).to.match(/probs +ONNX Runtime, reference .*within/);
    });

    it('should exit with 1 and the worst errors when an output is outside', async () => {
      const place = model();
      vector('0', [2, 4, 6, 8]);
      vector('1', [2, 4, 6.5, 8]);
      const { code, out } = await run('compare', place, '--abs', '0.1', '--json');
      expect(code).to.equal(1);
      const [y, i] = JSON.parse(out).outputs;
      expect(y.reference).to.include({ worstAbs: 0.5, outside: 1, elements: 8, equal: 7 / 8, within: false });
      expect(y.onnxRuntime).to.include({ worstAbs: 0, outside: 0, elements: 8, equal: 1, within: true });
      expect(i.reference).to.include({ worstAbs: 0, within: true });
      const words = await run('compare', place, '--rel', '0.01');
      expect(words.code).to.equal(1);
      expect(words.out).to.contain('outside: 1 of 8 elements').and.contain('y: vector 1: element 2 is 6, wanted 6.5');
      expect((await run('compare', place, '--abs', '0.5')).code).to.equal(0);
    });

    it('should want a tolerance from somewhere', async () => {
      const place = model();
      vector('0', [2, 4, 6, 8]);
      const { code, err } = await run('compare', place);
      expect(code).to.equal(2);
      expect(err).to.contain('card.json does not exist').and.contain('--card').and.contain('--abs');
    });
  });

  describe('conformance', () => {
    it('should give each case its verdict, and exit with 1 if one failed', async () => {
      const onnx = buildModel({
        inputs: { x: ['float32', [1]] },
        outputs: { y: ['float32', [1]] },
        nodes: [node('Neg', ['x'], ['y'])],
      });
      const write = (name: string, model: Uint8Array, y: number) => {
        file(`suites/${name}/model.onnx`, model);
        file(`suites/${name}/test_data_set_0/input_0.pb`, encodeTensorProto(tensorFrom('float32', [1], [1])));
        file(`suites/${name}/test_data_set_0/output_0.pb`, encodeTensorProto(tensorFrom('float32', [1], [y])));
      };
      const dir = path.join(directory.path, 'suites');
      write('node/test_neg', onnx, -1);
      write('alone', readFileSync(unknown()), -1);
      const good = await run('conformance', dir);
      expect(good.code).to.equal(0);
      expect(good.out)
        .to.match(/node\/test_neg +passed/)
        .and.match(/alone +unsupported .*Operator Bernoulli/);
      expect(good.out).to.contain('2 cases: 1 passed (0 with inputs bound as constants), 0 failed, 1 unsupported');
      write('node/test_wrong', onnx, 1);
      const bad = await run('conformance', dir, '--json');
      expect(bad.code).to.equal(1);
      const found = JSON.parse(bad.out);
      expect(found).to.include({ ok: false, passed: 1, failed: 1, unsupported: 1 });
      expect(
        found.cases.map(({ name, status }: { name: string; status: string }) => `${name} ${status}`),
      ).to.deep.equal(['alone unsupported', 'node/test_neg passed', 'node/test_wrong failed']);
    });
  });

  it('should find a command of two words before one of one', async () => {
    const said: string[] = [];
    const command = (name: string): Command => ({
      name,
      summary: name,
      positionals: [],
      options: {},
      explained: [],
      finding: 'never',
      run: () => said.push(name) - said.length,
    });
    const commands = [command('model'), command('model publish')];
    const terminal = { out: () => {}, err: () => {}, interactive: false };
    expect(await opg(['model', 'publish'], terminal, commands)).to.equal(0);
    expect(await opg(['model'], terminal, commands)).to.equal(0);
    expect(said).to.deep.equal(['model publish', 'model']);
  });

  it('should print nothing but JSON on stdout when run as a process, from wherever npm was called', () => {
    const env = { ...process.env, npm_lifecycle_event: 'opg', INIT_CWD: path.resolve(DIGITS) };
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['scripts/opg.ts', 'compile', 'model.onnx', '--json'],
      { env, encoding: 'utf8' },
    );
    expect([status, stderr]).to.deep.equal([0, '']);
    expect(JSON.parse(stdout)).to.have.property('ok', true);
  });
});
