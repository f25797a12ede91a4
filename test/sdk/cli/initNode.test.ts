/** `opg node init` in a folder that it made before: it does what is not done yet, and undoes nothing that an operator did since. */
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { Roles, setNode } from '../../../sdk/index.ts';
import { say, told } from '../../support/commandLine.ts';
import type { Devnet } from '../../support/devnet.ts';
import { operatedNode } from '../../support/operated.ts';

interface Made {
  readonly hotKey: string;
  readonly endpoint: string;
  readonly transactions: number;
}
interface Rotated {
  readonly hotKey: string;
  readonly oldKey: string;
}
const PUBLIC = 'https://node.example.org';

describe('opg node init, again', function () {
  this.timeout(180_000);
  const operated = operatedNode();
  const { file } = operated;
  let devnet: Devnet;
  let first: string;
  const config = () => JSON.parse(readFileSync(file('node/config.json'), 'utf8'));
  const change = (changed: (written: ReturnType<typeof config>) => void) => {
    const written = config();
    changed(written);
    writeFileSync(file('node/config.json'), JSON.stringify(written));
  };
  const init = (...options: string[]) => told<Made>('node', 'init', file('node'), ...options);
  const registered = async () => {
    const { roles, endpoint } = await devnet.node.nodes.nodeOf(devnet.node.address);
    return [Number(roles), endpoint];
  };
  const permissions = async (key: string) =>
    Number((await devnet.node.nodes.keyOf(devnet.node.address, key)).permissions);

  before(async () => {
    ({ devnet, hot: first } = await operated.make('node'));
  });
  after(() => operated.end());

  it('says whose the key is without a chain, and does nothing where all is done', async () => {
    expect(await told('node', 'key', file('node'))).to.deep.include({
      account: devnet.node.address,
      hotKey: first,
      former: [],
    });
    expect(await init()).to.include({ hotKey: first, transactions: 0 });
  });

  it('keeps the configuration for its owner alone: a URL in it may hold a key of a provider', async () => {
    const folder = file('second');
    await told('node', 'init', folder);
    const mode = () => statSync(`${folder}/config.json`).mode & 0o777;
    expect(mode()).to.equal(0o600);
    chmodSync(`${folder}/config.json`, 0o644);
    await told('node', 'rotate', folder);
    expect(mode()).to.equal(0o600);
  });

  it('leaves endpoint and roles as they are published, until an endpoint is given', async () => {
    const roles = Roles.INFERENCE + Roles.STORAGE;
    await setNode(devnet.node, roles, PUBLIC);
    expect(await init()).to.include({ endpoint: PUBLIC, transactions: 0 });
    expect(await registered()).to.deep.equal([roles, PUBLIC]);
    await init('--endpoint', `${PUBLIC}/node`);
    expect(await registered()).to.deep.equal([roles, `${PUBLIC}/node`]);
  });

  it('leaves a key with what it was granted', async () => {
    await (await devnet.node.nodes.connect(devnet.node.signer).setKey(first, 2 ** 40 - 1, 3)).wait();
    expect(await init()).to.include({ transactions: 0 });
    expect(await permissions(first)).to.equal(3);
  });

  it('refuses options that would change nothing, and takes what was said before', async () => {
    const { httpPort } = config().process;
    const wrong: [string, string, string][] = [
      ['--port', '9000', 'process.httpPort'],
      ['--finality', '64', 'network.finality'],
      ['--min-net', '0.5', 'admission.minNetPerItem'],
      ['--key-password-file', file('another'), 'signer.passwordFile'],
    ];
    for (const [option, given, setting] of wrong) {
      const { code, err } = await say('node', 'init', file('node'), option, given);
      expect([code, err.includes(`${option} would change nothing: set ${setting} in `)], err).to.deep.equal([2, true]);
    }
    const same = ['--port', `${httpPort}`, '--finality', '2', '--key-password-file', file('password')];
    expect(await init(...same)).to.include({ transactions: 0 });
  });

  it('is for the account and the network that the folder is of', async () => {
    writeFileSync(file('other.key'), `0x${'77'.repeat(32)}`, { mode: 0o600 });
    await told('account', 'import', 'other', '--key-file', file('other.key'));
    const other = await say('node', 'init', file('node'), '--account', 'other');
    expect([other.code, /is a node of .*, not of /.test(other.err)]).to.deep.equal([2, true]);

    const elsewhere = structuredClone(devnet.deployment) as { addresses: { nodes: string } };
    elsewhere.addresses.nodes = devnet.deployment.addresses.token;
    writeFileSync(file('elsewhere.json'), JSON.stringify(elsewhere));
    change(({ network }) => {
      network.deployment = file('elsewhere.json');
    });
    const { code, err } = await say('node', 'init', file('node'));
    expect([code, /is a node of another network/.test(err)]).to.deep.equal([2, true]);
    change(({ network }) => {
      network.deployment = 'deployment.json';
    });
  });

  it('grants no key anew that was revoked, whatever the folder still holds', async () => {
    const { hotKey: second } = await told<Rotated>('node', 'rotate', file('node'));
    await told('node', 'revoke', first);
    expect(await init()).to.include({ hotKey: second, transactions: 0 });
    expect([await permissions(first), await permissions(second)]).to.deep.equal([0, 7]);
    expect(await told('node', 'key', file('node'))).to.deep.include({ hotKey: second, former: [first] });

    // Revoked before it is rotated, as of a stolen one: nothing is done, and the next key is none that was there before.
    await told('node', 'revoke', second);
    const refused = await say('node', 'init', file('node'), '--stake', '600000', '--endpoint', `${PUBLIC}/new`);
    expect([refused.code, /node\.key_revoked/.test(refused.err)]).to.deep.equal([1, true]);
    expect(await registered()).to.deep.equal([Roles.INFERENCE + Roles.STORAGE, `${PUBLIC}/node`]);
    change(({ signer }) => {
      signer.keyFile = 'hot.json';
      signer.retiredKeyFiles = [];
    });
    const { hotKey: third } = await told<Rotated>('node', 'rotate', file('node'));
    expect([first, second]).to.not.include(third);
    for (const key of [first, second]) expect(await permissions(key)).to.equal(0);
  });

  it('takes up an unfinished rotation, and a key that nobody was granted', async () => {
    const { hotKey: last, oldKey } = await told<Rotated>('node', 'rotate', file('node'));
    // The rotation before it was written down.
    change(({ signer }) => {
      signer.keyFile = signer.retiredKeyFiles.pop();
    });
    expect(await told<Rotated>('node', 'rotate', file('node'))).to.include({ hotKey: last, oldKey });

    change(({ signer }) => {
      signer.keyFile = 'fresh.key';
      signer.retiredKeyFiles = ['fresh.key'];
    });
    writeFileSync(file('node/fresh.key'), `0x${'78'.repeat(32)}`, { mode: 0o600 });
    const both = await say('node', 'init', file('node'));
    expect([both.code, /as a former key of the node, and as its key/.test(both.err)]).to.deep.equal([2, true]);
    change(({ signer }) => {
      signer.retiredKeyFiles = [];
    });
    const { hotKey, transactions } = await init();
    expect([transactions, await permissions(hotKey)]).to.deep.equal([1, 7]);
  });
});
