import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { command } from '../../support/command.ts';
import { scratch } from '../../support/graphs.ts';

const BUNDLES = 'test/vectors/disputes';
const MODEL = ['--model', 'models/digits-cnn/model.onnx'];

describe('opg dispute', function () {
  this.timeout(30_000);
  const directory = scratch();
  const opg = command();
  const run = (...argv: string[]) => opg.run('dispute', ...argv);
  after(() => directory.remove());
  const place = (name: string) => path.join(directory.path, name);

  for (const name of ['refuted', 'condemned'])
    it(`should print for ${name}.json what docs/disputes.md shows`, async () => {
      const { code, out, err } = await run('check', `${BUNDLES}/${name}.json`, ...MODEL);
      expect([code, err]).to.deep.equal([0, '']);
      expect(readFileSync('docs/disputes.md', 'utf8')).to.contain(out);
    });

  it('should decide a refutation without the model, and leave open what takes it', async () => {
    for (const [name, loser] of [
      ['refuted', 'challenger'],
      ['condemned', 'unknown'],
    ]) {
      const { code, out } = await run('check', `${BUNDLES}/${name}.json`, '--json');
      const { ok, intact, executed, challenges } = JSON.parse(out);
      expect([code, ok, intact, executed]).to.deep.equal([0, true, true, false]);
      const losers = challenges.map(({ verdict }: { verdict: { loser: string } }) => verdict.loser);
      expect(losers.at(-1), `${losers}`).to.equal(loser);
    }
  });

  it('should give all numbers of a proof as JSON', async () => {
    const { out } = await run('check', `${BUNDLES}/refuted.json`, ...MODEL, '--json');
    const { proof } = JSON.parse(out).challenges[0].moves.find(({ kind }: { kind: string }) => kind === 'proof');
    expect(proof).to.deep.include({
      operator: 0,
      element: 0,
      resultBytes: '0x3e8fe284',
      claimedBytes: '0x3f0fe284',
      inconsistent: true,
    });
    expect(proof.exact).to.deep.equal({ hex: '0x1.1fc508ap-2', decimals: '2.8102506138384342193603515625e-1' });
  });

  it('should exit with 1 at what does not hold, and say what', async () => {
    const bundle = readFileSync(`${BUNDLES}/refuted.json`, 'utf8');
    writeFileSync(place('changed.json'), bundle.replace('3f0fe284', '3f0fe285'));
    const changed = await run('check', place('changed.json'));
    expect(changed.code).to.equal(1);
    expect(changed.out).to.contain('does not hold:').and.contain('NOT that of the file');
    writeFileSync(place('other.json'), '{"format": "another"}');
    const other = await run('check', place('other.json'), '--json');
    expect([other.code, JSON.parse(other.out).error.code]).to.deep.equal([1, 'dispute.bundle']);
    const wrong = await run('check', `${BUNDLES}/refuted.json`, '--model', 'models/mlp-int8/model.onnx');
    expect([wrong.code, wrong.err.split(':')[0]]).to.deep.equal([1, 'dispute.wrong_model']);
  });

  it('should exit with 2 at what cannot be used', async () => {
    writeFileSync(place('text.json'), 'no JSON');
    for (const [argv, message] of [
      [['check', place('text.json')], 'is no JSON'],
      [['check', place('absent.json')], 'does not exist'],
      [['check'], 'FILE is missing'],
      [['replay', '0x12', '--deployment', 'x', '--rpc', 'y'], '64 hex digits'],
      [['replay', `0x${'1'.repeat(64)}`, '--rpc', 'y'], '--deployment FILE'],
      [['replay', `0x${'1'.repeat(64)}`, '--deployment', 'x'], '--deployment FILE'],
      [['replay', `0x${'1'.repeat(64)}`, '--deployment', place('absent.json'), '--rpc', 'y'], 'does not exist'],
    ] as const) {
      const { code, err } = await run(...argv);
      expect(code, argv.join(' ')).to.equal(2);
      expect(err).to.contain(message);
    }
  });
});
