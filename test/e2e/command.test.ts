import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { PNG } from 'pngjs';
import type { Tensor } from '#core/tensor.ts';
import { exampleModel, type Vector } from '../../scripts/demo/models.ts';
import { newNode, type Transacted } from '../../sdk/index.ts';
import { transact } from '../../sdk/transact.ts';
import { command } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { type E2e, e2e, OPG, STAKE } from './network.ts';

interface Published {
  readonly version: string;
  readonly uris: readonly string[];
}

/** What a newcomer does with nothing but the command: a network, an account, a model of one's own, an answer. */
describe('the opg command on a network', function () {
  this.timeout(180_000);
  const { home, run, json } = command();
  let net: E2e;
  let node: string;
  const file = (name: string) => path.join(home, name);
  const model = (name: string) => `models/${name}/model.onnx`;
  const vector = (name: string, id: string): Vector => {
    const found = exampleModel(name).vectors.find((one) => one.id === id);
    if (found === undefined) throw new Error(`${name} has no vector ${id}`);
    return found;
  };

  before(async () => {
    net = await e2e();
    const { accounts, local, addressesFile } = net;
    node = accounts.node.address;
    const network = ['--rpc', local.chain.url, '--deployment', addressesFile, '--store', local.storage.url];
    await json('network', 'use', 'here', ...network);
    for (const party of ['requester', 'owner', 'node'] as const)
      await json('account', 'import', party, '--key-file', local.keys.fileOf(party));
    await json('account', 'use', 'requester');
    await newNode(accounts.node, { endpoint: net.node.url });
  });

  const publish = async (name: string, ...options: string[]): Promise<Published> => {
    await json('model', 'create', `command/${name}`, '--account', 'owner');
    const published = await json<Published>(
      'model',
      'publish',
      `command/${name}`,
      model(name),
      '--account',
      'owner',
      '--generate',
      '2',
      '--vectors',
      some(name),
      ...options,
    );
    await json('node', 'offer', `command/${name}`, '--price', '0.5', '--account', 'node');
    return published;
  };
  /** A folder with two vectors of the model: enough to be measured with here. */
  const some = (name: string): string => {
    const folder = file(`${name}-vectors`);
    mkdirSync(folder, { recursive: true });
    for (const id of ['00', '01'])
      writeFileSync(path.join(folder, `${id}.json`), readFileSync(`models/${name}/vectors/${id}.json`));
    return folder;
  };

  it('should publish a model, offer it, ask it, and show what became of it', async () => {
    const { version, uris } = await publish('breast-cancer-mlp', '--royalty', '0.1');
    expect(uris[0]).to.match(new RegExp(`^${net.local.storage.url}/v1/blobs/`));
    const shown = await json<{
      versions: { version: string; royalty: string; offers: { node: string; fee: string }[] }[];
    }>('model', 'show', 'command/breast-cancer-mlp');
    expect(shown.versions).to.have.length(1);
    expect(shown.versions[0]).to.include({ version, royalty: String(OPG / 10n) });
    expect(shown.versions[0]?.offers.map((offer) => offer.node)).to.deep.equal([node]);

    const input = 'models/breast-cancer-mlp/vectors/00.json';
    const got = await json<{ request: string; fee: string; items: Record<string, Tensor>[] }>(
      'infer',
      'command/breast-cancer-mlp',
      '--input',
      input,
      '--final',
    );
    expect(got.fee).to.equal(shown.versions[0]?.offers[0]?.fee);
    const { outputs } = vector('breast-cancer-mlp', '00');
    const { abs, rel } = exampleModel('breast-cancer-mlp').tolerance('p_malignant');
    const [want, have] = [Number(outputs['p_malignant']?.data[0]), Number(got.items[0]?.['p_malignant']?.data[0])];
    expect(Math.abs(want - have)).to.be.lessThan(abs + rel * Math.abs(want));

    const steps = await json<{ state: string; steps: { event: { type: string } }[] }>('request', 'show', got.request);
    expect(steps.state).to.equal('Final');
    expect(steps.steps.map(({ event }) => event.type)).to.deep.equal(['Requested', 'Submitted', 'Finalised']);
    const listed = await json<{ requests: { id: string; state: string }[] }>('request', 'list', '--limit', '1');
    expect(listed.requests).to.have.length(1);
    expect(listed.requests[0]).to.include({ id: got.request, state: 'Final' });
    const { code, out } = await run('request', 'watch', got.request);
    expect(code).to.equal(0);
    expect(out.match(/Finalised/g)).to.have.length(1);
  });

  it('should fetch the file of a version and check it', async () => {
    const target = file('again.onnx');
    await json('model', 'download', 'command/breast-cancer-mlp', '--out', target);
    expect(readFileSync(target).equals(readFileSync(model('breast-cancer-mlp')))).to.equal(true);
  });

  it('should take a picture for an input, whatever its size', async () => {
    await publish('digits-cnn');
    const { inputs, outputs } = vector('digits-cnn', '11');
    const pixels = inputs['image']?.data as Float32Array;
    const best = (data: ArrayLike<number>) => Array.from(data).indexOf(Math.max(...Array.from(data)));
    const picture = new PNG({ width: 32, height: 32 });
    for (let i = 0; i < 32 * 32; i++) {
      const value = Math.round(255 * (pixels[8 * Math.floor(i / 32 / 4) + Math.floor((i % 32) / 4)] ?? 0));
      picture.data.set([value, value, value, 255], 4 * i);
    }
    writeFileSync(file('digit.png'), PNG.sync.write(picture));
    const { items } = await json<{ items: Record<string, { data: number[] }>[] }>(
      'infer',
      'command/digits-cnn',
      '--image',
      `image=${file('digit.png')}`,
    );
    expect(best(items[0]?.['probs']?.data ?? [])).to.equal(best(outputs['probs']?.data as Float32Array));
  });

  it('should write an output that is a picture', async () => {
    await publish('digit-generator');
    const { outputs } = vector('digit-generator', '00');
    const { code, out, err } = await run(
      'infer',
      'command/digit-generator',
      '--input',
      'models/digit-generator/vectors/00.json',
      '--picture',
      file('made.png'),
    );
    expect(code, err).to.equal(0);
    expect(out).to.contain('image float32 [1, 1, 32, 32]');
    const made = PNG.sync.read(readFileSync(file('made.png')));
    expect([made.width, made.height]).to.deep.equal([256, 256]);
    const want = outputs['image']?.data as Float32Array;
    const wrong = Array.from(want).filter((value, i) => {
      const at = 4 * (8 * Math.floor(i / 32) * 256 + 8 * (i % 32));
      return Math.abs((made.data[at] ?? 0) - 255 * value) > 1.5;
    });
    expect(wrong).to.deep.equal([]);
  });

  it('should move OPG in and out of Escrow', async () => {
    type Balance = { readonly wallet: string; readonly available: string };
    const before = await json<Balance>('account', 'balance');
    await json('account', 'deposit', '3');
    await json('account', 'withdraw', '1.5');
    await json('account', 'send', '0.25', 'owner');
    const now = await json<Balance>('account', 'balance');
    expect(BigInt(now.available) - BigInt(before.available)).to.equal((3n * OPG) / 2n);
    expect(BigInt(before.wallet) - BigInt(now.wallet)).to.equal((3n * OPG) / 2n + OPG / 4n);
  });

  it('should move stake there and back, and give consent once', async () => {
    type Stake = { readonly stake: string; readonly unbonding: string };
    const { stake: before } = await json<Stake>('account', 'balance');
    await json('node', 'stake', '2');
    await json('node', 'unstake', '2');
    const { stake, unbonding } = await json<Stake>('node', 'restake', '1.5');
    expect(BigInt(stake) - BigInt(before)).to.equal((3n * OPG) / 2n);
    expect(BigInt(unbonding)).to.equal(OPG / 2n);
    type Consent = { readonly consents: boolean; readonly changed: boolean };
    const consent = (...args: string[]) => json<Consent>('account', 'consent', ...args);
    expect(await consent()).to.include({ consents: true, changed: true });
    expect(await consent()).to.include({ consents: true, changed: false });
    expect(await consent('--withdraw')).to.include({ consents: false, changed: true });
  });

  it('should make a node that its doctor finds well but for what is missing', async () => {
    const { accounts, faucet, local } = net;
    await json('account', 'import', 'fresh', '--key-file', local.keys.fileOf('cheat'));
    await fund(accounts.cheat.address, 60n * OPG);
    const folder = file('fresh');
    const made = await json<{ hotKey: string; transactions: number }>(
      'node',
      'init',
      folder,
      '--stake',
      '50',
      '--account',
      'fresh',
    );
    expect(made.transactions).to.be.greaterThan(2);
    const again = await json<{ hotKey: string; transactions: number }>(
      'node',
      'init',
      folder,
      '--stake',
      '50',
      '--account',
      'fresh',
    );
    expect(again).to.include({ hotKey: made.hotKey, transactions: 0 });

    const { code, out } = await run('node', 'doctor', folder, '--json');
    expect(code).to.equal(1);
    const { findings } = JSON.parse(out) as {
      findings: { area: string; state: string; found: string; remedy: string }[];
    };
    const bad = findings.filter(({ state }) => state === 'bad');
    expect(bad.map(({ area }) => area)).to.deep.equal(['key', 'endpoint']);
    expect(bad.every(({ remedy }) => remedy !== '')).to.equal(true);
    await net.local.fundGas(made.hotKey);
    const later = JSON.parse((await run('node', 'doctor', folder, '--json')).out) as {
      findings: { area: string; state: string }[];
    };
    expect(later.findings.filter(({ state }) => state === 'bad').map(({ area }) => area)).to.deep.equal(['endpoint']);

    await json('node', 'revoke', made.hotKey, '--account', 'fresh');
    const revoked = JSON.parse((await run('node', 'doctor', folder, '--json')).out) as typeof later;
    expect(revoked.findings.filter(({ state }) => state === 'bad').map(({ area }) => area)).to.deep.equal([
      'key',
      'endpoint',
    ]);

    async function fund(address: string, wei: bigint): Promise<Transacted> {
      return await transact(faucet, await faucet.token.transfer.populateTransaction(address, wei));
    }
  });

  it('should end a request that nobody served', async () => {
    const asked = await json<{ request: string }>(
      'infer',
      'command/breast-cancer-mlp',
      '--input',
      'models/breast-cancer-mlp/vectors/00.json',
      '--node',
      'fresh',
      '--fee',
      '1',
      '--deadline',
      '2',
      '--no-wait',
    );
    const early = await run('request', 'finalise', asked.request);
    expect([early.code, early.err]).to.satisfy(
      ([code, err]: [number, string]) => code === 1 && /request\.not_submitted/.test(err),
    );
    // The network's keeper may be first.
    await eventually('the deadline is over', async () => {
      const { code, err } = await run('request', 'expire', asked.request);
      return code === 0 || err.includes('Requests_NotCurrent');
    });
    expect(await json('request', 'show', asked.request)).to.include({ state: 'Expired' });
  });

  it('should show a node with its offers', async () => {
    const status = await json<{ roles: string[]; healthy: boolean; stake: string; offers: { active: boolean }[] }>(
      'node',
      'status',
      '--of',
      'node',
    );
    expect(status).to.include({ healthy: true });
    expect(status.roles).to.deep.equal(['inference']);
    expect(BigInt(status.stake) <= STAKE).to.equal(true);
    expect(status.offers.filter(({ active }) => active)).to.have.length.of.at.least(3);
  });

  it('should say in one line what a person can do about a mistake', async () => {
    const cases: [string[], number, RegExp][] = [
      [['infer', 'command/nothing', '--set', 'x=1'], 1, /model\.unknown/],
      [['infer', 'command/breast-cancer-mlp'], 2, /no input is given: it takes features float32 \[N, 30\]/],
      [['infer', 'command/breast-cancer-mlp', '--set', 'features=[1'], 2, /is no JSON/],
      [['infer', 'command/breast-cancer-mlp', '--set', 'features=[1,2]'], 1, /tensor\.length/],
      [['account', 'withdraw', '1000000'], 1, /Escrow_/],
      [['account', 'withdraw', '1,5'], 2, /amount of OPG/],
      [['account', 'balance', '--of', 'somebody'], 2, /there is no account "somebody", but/],
      [['network', 'show', '--network', 'there'], 2, /there is no network "there", but here/],
      [
        [
          'model',
          'publish',
          'command/digits-cnn',
          'README.md',
          '--account',
          'owner',
          '--card',
          'models/digits-cnn/card.json',
        ],
        1,
        /onnx\./,
      ],
      [['model', 'retire', 'command/digits-cnn'], 2, /--yes/],
      [['request', 'show', '0x12'], 2, /64 hex digits/],
      [['request', 'show', `0x${'12'.repeat(32)}`], 1, /request\.unknown/],
    ];
    for (const [argv, code, message] of cases) {
      const said = await run(...argv);
      expect(said.code, argv.join(' ')).to.equal(code);
      expect(said.err, argv.join(' ')).to.match(message);
      expect(said.err).not.to.contain('fault of this program');
    }
  });
});
