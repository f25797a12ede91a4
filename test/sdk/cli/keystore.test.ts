import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { Wallet } from 'ethers';
import { newPassword } from '../../../sdk/cli/keystore.ts';
import { command } from '../../support/command.ts';

const KEY = `0x${'5e'.repeat(32)}`;
const ADDRESS = new Wallet(KEY).address.toLowerCase();

describe('keys of opg', function () {
  this.timeout(300_000);
  const { home, password, run, json } = command();
  const file = (name: string, content: string, mode = 0o600): string => {
    const place = path.join(home, name);
    writeFileSync(place, content, { mode });
    return place;
  };

  it('should keep a key encrypted, for its owner alone, and open it again', async () => {
    const made = await json<{ name: string; address: string; file: string }>(
      'account',
      'import',
      'me',
      '--key-file',
      file('plain', `${KEY}\n`),
    );
    expect(made).to.include({ name: 'me', address: ADDRESS });
    expect(statSync(made.file).mode & 0o777).to.equal(0o600);
    const text = readFileSync(made.file, 'utf8');
    expect(text).not.to.contain(KEY.slice(2));
    const opened = await Wallet.fromEncryptedJson(text, 'correct horse');
    expect(opened.privateKey).to.equal(KEY);
    // As another program's keystore, under another password.
    const other = file('other', 'battery staple\n');
    const again = ['account', 'import', 'again', '--key-file', made.file, '--key-password-file', password];
    expect(await json(...again, '--password-file', other)).to.include({ address: ADDRESS });
  });

  it('should list accounts, and remember which one acts', async () => {
    const used = async () => {
      const { accounts } = await json<{ accounts: { name: string; used: boolean }[] }>('account', 'list');
      return accounts;
    };
    await json('account', 'create', 'second');
    expect((await used()).find((account) => account.used)?.name).to.equal('me');
    await json('account', 'use', 'second');
    expect((await used()).map(({ name, used }) => [name, used])).to.deep.equal([
      ['again', false],
      ['me', false],
      ['second', true],
    ]);
  });

  it('should overwrite no key', async () => {
    const { code, err } = await run('account', 'create', 'me');
    expect(code).to.equal(2);
    expect(err).to.contain('there is an account "me" already');
  });

  it('should never repeat what it was given', async () => {
    const wrong = `0x${'5e'.repeat(31)}`;
    for (const content of [wrong, '{"crypto": 1}']) {
      const { code, out, err } = await run(
        'account',
        'import',
        'x',
        '--key-file',
        file('wrong', content),
        '--key-password-file',
        password,
      );
      expect(code).to.equal(2);
      expect(out + err)
        .not.to.contain('5e5e')
        .and.not.to.contain('correct horse');
    }
  });

  it('should refuse a password file that others may read, and work without none', async () => {
    const open = await run('account', 'create', 'x', '--password-file', file('open', 'secret', 0o644));
    expect([open.code, open.err]).to.satisfy(([code, err]: [number, string]) => code === 2 && /chmod 600/.test(err));
    const none = await run('account', 'create', 'x', '--password-file', path.join(home, 'missing'));
    expect([none.code, none.err]).to.satisfy(
      ([code, err]: [number, string]) => code === 2 && /does not exist/.test(err),
    );
  });

  it('should take no empty password for a key', async () => {
    for (const content of ['', '\n', '\nsecret\n']) {
      const { code, err } = await run('account', 'create', 'x', '--password-file', file('empty', content));
      expect([code, err]).to.satisfy(([code, err]: [number, string]) => code === 2 && /is empty/.test(err));
    }
    const terminal = { out: () => {}, err: () => {}, interactive: true, ask: async () => '' };
    const typed = { positionals: [], values: { 'password-file': '' }, json: false };
    expect(await newPassword(typed, terminal).catch(String)).to.match(/empty password/);
  });

  it('should accept no name that leaves its folder', async () => {
    for (const name of ['../me', 'a/b', '', '.x'])
      expect((await run('account', 'create', name)).code, name).to.equal(2);
  });
});
