/** `opg account send`: OPG from the wallet to somebody else's. */
import { transact } from '../../../transact.ts';
import { answer, sent, sentRows } from '../../answer.ts';
import type { Command } from '../../command.ts';
import { ACCOUNT, addressOf, asAccount } from '../../context.ts';
import { opg, shown } from '../../money.ts';
import { waiting } from '../../progress.ts';

export const sendCommand: Command = {
  name: 'account send',
  summary: 'Sends OPG from the wallet to an address or an account kept here; what is in Escrow stays there.',
  positionals: ['AMOUNT', 'WHO'],
  options: ACCOUNT.options,
  explained: ACCOUNT.explained,
  finding: 'the wallet has too little, or the chain did not answer',
  async run(args, terminal) {
    const [amount = '', who = ''] = args.positionals;
    const wei = opg(amount, 'AMOUNT');
    const to = addressOf(who);
    return await asAccount(args, terminal, async (account) => {
      const call = await account.token.transfer.populateTransaction(to, wei);
      const done = await waiting(terminal, 'waiting for the block', () => transact(account, call));
      return answer(args, terminal, { to, amount: String(wei), ...sent(done) }, [
        ['sent', `${shown(wei)} OPG to ${to}`],
        ...sentRows(done),
      ]);
    });
  },
};
