/** `opg account list` and `opg account use`. */
import { answer } from '../../answer.ts';
import type { Command } from '../../command.ts';
import { storedKey, storedKeys } from '../../keystore.ts';
import { readSettings, writeSettings } from '../../settings.ts';

export const listAccountsCommand: Command = {
  name: 'account list',
  summary: 'Lists the accounts whose keys are kept here.',
  positionals: [],
  options: {},
  explained: [],
  finding: 'the key files cannot be read',
  run(args, terminal) {
    const { account } = readSettings();
    const keys = storedKeys();
    return answer(
      args,
      terminal,
      { accounts: keys.map((key) => ({ ...key, used: key.name === account })) },
      keys.length === 0
        ? 'no account is kept here; make one with opg account create NAME'
        : keys.map(({ name, address }) => [name, address, name === account ? 'in use' : '']),
    );
  },
};

export const useAccountCommand: Command = {
  name: 'account use',
  summary: 'Acts as this account from now on.',
  positionals: ['NAME'],
  options: {},
  explained: [],
  finding: 'there is no such account',
  run(args, terminal) {
    const { name, address } = storedKey(args.positionals[0] ?? '');
    writeSettings({ ...readSettings(), account: name });
    return answer(args, terminal, { name, address }, `account ${name} is in use: ${address}`);
  },
};
