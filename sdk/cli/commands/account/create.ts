/** `opg account create`: a new key. */
import { Wallet } from 'ethers';
import { answer } from '../../answer.ts';
import type { Command } from '../../command.ts';
import { newPassword, PASSWORD, storeKey } from '../../keystore.ts';
import { waiting } from '../../progress.ts';

export const createAccountCommand: Command = {
  name: 'account create',
  summary: 'Makes a new key and keeps it encrypted.',
  positionals: ['NAME'],
  options: PASSWORD.option,
  explained: [PASSWORD.explained],
  finding: 'the key could not be kept',
  async run(args, terminal) {
    const [name = ''] = args.positionals;
    const password = await newPassword(args, terminal);
    const key = await waiting(terminal, 'encrypting the key', () => storeKey(name, Wallet.createRandom(), password));
    return answer(args, terminal, { ...key }, [
      ['account', key.name],
      ['address', key.address],
      ['key file', `${key.file} (back it up: nobody can restore it, or open it without the password)`],
    ]);
  },
};
