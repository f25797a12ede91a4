/** `opg node key`: the addresses of the keys in a node's folder. Asks no chain and changes nothing. */
import { answer } from '../../answer.ts';
import type { Command } from '../../command.ts';
import { configurationOf, formerKeysOf, hotKeyOf } from '../../nodeFolder.ts';

export const keyCommand: Command = {
  name: 'node key',
  summary: 'Shows the address of the hot key of a node, and of its former ones.',
  positionals: ['FOLDER'],
  options: {},
  explained: [],
  finding: 'its configuration cannot be used',
  run(args, terminal) {
    const [folder = ''] = args.positionals;
    const { signer } = configurationOf(folder);
    const [hotKey, former] = [hotKeyOf(signer), formerKeysOf(signer)];
    const account = signer.account ?? hotKey;
    return answer(args, terminal, { folder, account, hotKey, former }, [
      ['node', account],
      ['hot key', `${hotKey} in ${signer.keyFile ?? 'a signer'}`],
      ...former.map((key) => ['former key', key]),
    ]);
  },
};
