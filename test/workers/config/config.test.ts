import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../../workers/config/load.ts';
import { printable, redactUrl } from '../../../workers/config/printable.ts';
import type { Role } from '../../../workers/config/schema.ts';
import { rejects } from '../../support/rejects.ts';

const KEY = `0x${'5a'.repeat(32)}`;
const PASSWORD = 'correct horse/battery';
type Settings = Record<string, Record<string, unknown>>;

interface Fixture {
  readonly role: Role;
  /** Laid over a valid configuration; null takes a setting away. $DIR is a directory with files of every kind. */
  readonly settings: Settings;
  readonly environment?: Record<string, string>;
  readonly says: readonly string[];
}

describe('the configuration', () => {
  const home = mkdtempSync(path.join(os.tmpdir(), 'opg-config-'));
  const file = (name: string, content: string, mode = 0o600) => writeFileSync(path.join(home, name), content, { mode });
  before(() => {
    file('key', KEY);
    file('open-key', KEY, 0o644);
    file('group-key', KEY, 0o640);
    file('keystore.json', '{"version":3,"crypto":{}}');
    file('password', `${PASSWORD}\n`);
    file('empty', '\n');
    file('rpc-url', 'https://rpc.example/v2/accesskey\nhttp://127.0.0.1:8545\n');
    file('deployment.json', '{}', 0o644);
  });
  after(() => rmSync(home, { recursive: true }));

  const valid: Settings = {
    network: { rpcUrl: 'http://127.0.0.1:8545', deployment: 'deployment.json' },
    signer: { keyFile: 'key' },
    process: { dataDir: 'data' },
  };

  /** Loads the valid settings with others laid over, from a file in `home`. */
  function load<R extends Role>(role: R, settings: Settings = {}, environment: Record<string, string> = {}) {
    const all: Record<string, unknown> = structuredClone(valid);
    for (const [section, given] of Object.entries(settings)) {
      const merged = { ...(all[section] as object), ...given } as Record<string, unknown>;
      for (const key of Object.keys(merged)) if (merged[key] === null) delete merged[key];
      all[section] = typeof given === 'object' ? merged : given;
    }
    file('config.json', JSON.stringify(all));
    return loadConfig(role, { OPG_CONFIG: path.join(home, 'config.json'), PATH: '/bin', ...environment });
  }

  describe('that is wrong', () => {
    const folder = new URL('invalid/', import.meta.url);
    for (const name of readdirSync(folder)) {
      it(`names the mistake: ${name.replace('.json', '').replaceAll('-', ' ')}`, () => {
        const fixture: Fixture = JSON.parse(readFileSync(new URL(name, folder), 'utf8').replaceAll('$DIR', home));
        const { message, retryable } = rejects('config.invalid', () =>
          load(fixture.role, fixture.settings, fixture.environment),
        );
        for (const words of fixture.says) expect(message).to.contain(words);
        expect(message, 'secrets').to.not.contain(KEY).and.not.contain(PASSWORD).and.not.contain('hunter2');
        expect(retryable).to.equal(false);
      });
    }

    it('names a file that is not there, and one that is no JSON', () => {
      const nowhere = rejects('config.invalid', () => loadConfig('storage', { OPG_CONFIG: `${home}/nowhere.json` }));
      expect(nowhere.message).to.contain('nowhere.json (OPG_CONFIG) cannot be read: there is no such file');
      const garbled = rejects('config.invalid', () => loadConfig('storage', { OPG_CONFIG: `${home}/key` }));
      expect(garbled.message).to.contain('key (OPG_CONFIG) cannot be read');
    });
  });

  describe('that is right', () => {
    it('gives every role what it reads, with defaults, in the units of the code', () => {
      const node = load('node');
      expect(node.executor.memoryBytes).to.equal(1024 * 2 ** 20);
      expect(node.submission.maxFeePerGas).to.equal(100_000_000_000n);
      expect(node.process.graceMs).to.equal(30_000);
      expect(node.network.finality).to.deep.equal({ kind: 'tag' });
      expect(node.admission.versions).to.deep.equal([]);
      expect(load('keeper')).to.have.all.keys(
        'process',
        'network',
        'journal',
        'queue',
        'signer',
        'submission',
        'keeper',
      );
      expect(load('storage')).to.have.all.keys('process', 'storage');
    });

    it('needs nothing of other roles', () => {
      const storage = loadConfig('storage', {});
      expect(storage.storage.directory).to.equal(path.resolve('.data/storage/blobs'));
      expect(storage.storage.writeToken).to.equal(undefined);
    });

    it('takes paths of the file from where the file is, and keeps what depends on the data directory there', () => {
      const node = load('node');
      expect(node.signer.keyFile).to.equal(path.join(home, 'key'));
      expect(node.journal.url).to.equal(`pglite:${path.join(home, 'data', 'journal')}`);
      expect(node.queue, 'one process').to.deep.equal({ url: 'memory:', namespace: 'node' });
    });

    it('lets the environment win, and takes an empty variable for none', () => {
      const environment = {
        OPG_POLL_MS: '250',
        OPG_RPC_URL: '',
        OPG_ACCEPT_OPEN: 'true',
        OPG_VERSIONS: ` ${KEY}, ${KEY}`,
        OPG_MIN_TIP: '1.5',
      };
      const node = load('node', { network: { pollMs: 500 } }, environment);
      expect(node.network.pollMs).to.equal(250);
      expect(node.network.rpcUrls).to.deep.equal(['http://127.0.0.1:8545']);
      expect(node.admission).to.deep.include({ acceptOpen: true, versions: [KEY, KEY] });
      expect(node.keeper.minTip).to.equal(1_500_000_000_000_000_000n);
    });

    it('takes former keys from where the file is, or from the working directory', () => {
      const { signer } = load('node', {
        signer: { retiredKeyFiles: ['key', 'keystore.json'], passwordFile: 'password' },
      });
      expect(signer.retiredKeyFiles).to.deep.equal([path.join(home, 'key'), path.join(home, 'keystore.json')]);
      const named = load('node', {}, { OPG_RETIRED_KEY_FILES: path.relative('.', path.join(home, 'key')) });
      expect(named.signer.retiredKeyFiles).to.deep.equal([path.join(home, 'key')]);
    });

    it('reads secrets from their files', () => {
      const node = load('node', {
        network: { rpcUrl: null, rpcUrlFile: 'rpc-url' },
        journal: { url: 'postgres://me@db/opg?schema=node1', passwordFile: 'password' },
        queue: { url: 'redis://cache:6379', passwordFile: 'password', namespace: 'node1' },
        signer: { keyFile: 'keystore.json', passwordFile: 'password' },
      });
      expect(node.network.rpcUrls).to.deep.equal(['https://rpc.example/v2/accesskey', 'http://127.0.0.1:8545']);
      expect(node.network.agreement).to.equal(2);
      const remote = { keyFile: null, remoteUrl: 'https://signer/x', remoteAddress: `0x${'ab'.repeat(20)}` };
      const keeper = load('keeper', { signer: { ...remote, remoteTokenFile: 'password' } });
      expect(keeper.signer.remoteToken).to.equal(PASSWORD);
      expect(JSON.stringify(printable(keeper))).to.not.contain('battery');
      expect(decodeURIComponent(new URL(node.journal.url).password)).to.equal(PASSWORD);
      expect(new URL(node.journal.url).searchParams.get('schema')).to.equal('node1');
      expect(decodeURIComponent(new URL(node.queue.url).password)).to.equal(PASSWORD);
    });

    it('can be printed without its secrets', () => {
      const node = load('node', {
        network: { rpcUrl: null, rpcUrlFile: 'rpc-url' },
        journal: { url: 'postgres://me@db/opg', passwordFile: 'password' },
        storage: { writeTokenFile: 'password' },
      });
      const text = JSON.stringify(printable(node));
      expect(text)
        .to.contain('https://rpc.example/***')
        .and.contain('postgres://me:***@db/opg')
        .and.contain('"100000000000"');
      expect(text).to.not.contain('accesskey').and.not.contain('battery');
      const { storage } = load('storage', { storage: { writeTokenFile: 'password' } });
      expect(storage.writeToken).to.equal(PASSWORD);
      expect(printable(storage)).to.include({ writeToken: '***' });
    });
  });

  it('shows of a URL only what is no secret', () => {
    expect(redactUrl('https://user:pass@host:1/v2/key?token=x')).to.equal('https://user:***@host:1/***');
    expect(redactUrl('http://127.0.0.1:8545')).to.equal('http://127.0.0.1:8545');
    expect(redactUrl('redis://:pass@host')).to.equal('redis://:***@host');
    expect(redactUrl('pglite:.data/journal')).to.equal('pglite:.data/journal');
  });
});
