/** A node as an operator has it: an account of `opg` with a home of its own, and a folder that `opg node init` made, on a development chain. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KEYS } from './anvil.ts';
import { told } from './commandLine.ts';
import { type Devnet, startDevnet } from './devnet.ts';
import { freePort } from './servers.ts';

const VARIABLES = ['OPG_HOME', 'OPG_PASSWORD_FILE'] as const;

export function operatedNode() {
  const home = mkdtempSync(path.join(tmpdir(), 'opg-operated-'));
  const file = (name: string) => path.join(home, name);
  const before = VARIABLES.map((name) => process.env[name]);
  let devnet: Devnet | undefined;
  const fund = async (address: string): Promise<void> => {
    await devnet?.anvil.send('anvil_setBalance', address, '0x56bc75e2d63100000');
  };

  return {
    file,
    /** Coin for gas. */
    fund,
    /** In the folder of that name, with an encrypted hot key that has coin. */
    async make(folder: string): Promise<{ readonly devnet: Devnet; readonly hot: string }> {
      devnet = await startDevnet(home);
      process.env['OPG_HOME'] = file('opg');
      process.env['OPG_PASSWORD_FILE'] = file('password');
      writeFileSync(file('password'), 'a password\n', { mode: 0o600 });
      writeFileSync(file('account.key'), KEYS[1], { mode: 0o600 });
      writeFileSync(file('deployment.json'), JSON.stringify(devnet.deployment));
      await told('network', 'use', 'here', '--rpc', devnet.anvil.url, '--deployment', file('deployment.json'));
      await told('account', 'import', 'operator', '--key-file', file('account.key'));
      const options = ['--port', String(await freePort()), '--key-password-file', file('password')];
      const { hotKey: hot } = await told<{ hotKey: string }>('node', 'init', file(folder), ...options);
      await fund(hot);
      const written = file(`${folder}/config.json`);
      const config = JSON.parse(readFileSync(written, 'utf8'));
      config.network.pollMs = 50;
      config.models = { directory: home };
      writeFileSync(written, JSON.stringify(config));
      return { devnet, hot };
    },
    async end(): Promise<void> {
      await devnet?.anvil.stop();
      VARIABLES.forEach((name, i) => {
        if (before[i] === undefined) delete process.env[name];
        else process.env[name] = before[i];
      });
      rmSync(home, { recursive: true, force: true });
    },
  };
}
