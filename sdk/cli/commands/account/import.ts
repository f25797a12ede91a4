/** `opg account import`: a key from elsewhere. */
import { readFileSync } from 'node:fs';
import { Wallet } from 'ethers';
import { unsealKey } from '../../../../workers/adapters/signer/webStorage.ts';
import { answer } from '../../answer.ts';
import { type Command, text, UsageError } from '../../command.ts';
import { located, used } from '../../files.ts';
import { newPassword, PASSWORD, secretLine, storeKey } from '../../keystore.ts';
import { waiting } from '../../progress.ts';

export const importAccountCommand: Command = {
  name: 'account import',
  summary: 'Keeps a key that exists already, encrypted anew.',
  positionals: ['NAME'],
  options: { 'key-file': { type: 'string' }, 'key-password-file': { type: 'string' }, ...PASSWORD.option },
  explained: [
    ['--key-file FILE', 'where the key is: 0x and 64 hex digits, or an encrypted JSON keystore; else it is asked for'],
    ['--key-password-file FILE', 'what opens that keystore; else it is asked for'],
    PASSWORD.explained,
  ],
  finding: 'the key could not be kept',
  async run(args, terminal) {
    const [name = ''] = args.positionals;
    const { ask } = terminal;
    const file = text(args, 'key-file');
    if (file === undefined && ask === undefined)
      throw new UsageError('there is no terminal to ask for the key: give --key-file');
    const secret =
      file === undefined ? await ask?.('private key: ') : used(() => readFileSync(located(file), 'utf8'), file);
    const wallet = await walletOf((secret ?? '').trim(), async () => {
      const other = text(args, 'key-password-file');
      if (other !== undefined) return secretLine(other);
      if (ask === undefined) throw new UsageError('--key-file is an encrypted keystore: give --key-password-file');
      return await ask('password of that keystore: ');
    });
    const password = await newPassword(args, terminal);
    const key = await waiting(terminal, 'encrypting the key', () => storeKey(name, wallet, password));
    return answer(args, terminal, { ...key }, [
      ['account', key.name],
      ['address', key.address],
      ['key file', key.file],
    ]);
  },
};

async function walletOf(secret: string, password: () => Promise<string>): Promise<Wallet> {
  try {
    if (secret.startsWith('{')) return await unsealKey(secret, await password());
    return new Wallet(secret);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // What ethers says may quote the key.
    throw new UsageError('that is neither 0x and 64 hex digits nor a keystore that this password opens');
  }
}
