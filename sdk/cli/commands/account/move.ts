/** `opg account deposit` and `opg account withdraw`: OPG into Escrow, and out of it. */
import { toAddress } from '#core/hex.ts';
import { deposit, depositWithPermit } from '../../../deposit.ts';
import { withdraw } from '../../../withdraw.ts';
import { answer, sent, sentRows } from '../../answer.ts';
import { type Command, text } from '../../command.ts';
import { ACCOUNT, addressOf, asAccount } from '../../context.ts';
import { opg, shown } from '../../money.ts';
import { waiting } from '../../progress.ts';

export const depositCommand: Command = {
  name: 'account deposit',
  summary: 'Moves OPG from the wallet into Escrow, by a signed permit: one transaction.',
  positionals: ['AMOUNT'],
  options: { for: { type: 'string' }, ...ACCOUNT.options },
  explained: [['--for WHO', 'whose balance grows; the caller without it'], ...ACCOUNT.explained],
  finding: 'the chain refused it, or did not answer',
  async run(args, terminal) {
    const wei = opg(args.positionals[0] ?? '', 'AMOUNT');
    const other = text(args, 'for');
    return await asAccount(args, terminal, async (account) => {
      const whose = other === undefined ? account.address : addressOf(other);
      const done = await waiting(terminal, 'waiting for the block', () =>
        whose === account.address ? depositWithPermit(account, wei) : deposit(account, wei, toAddress(whose)),
      );
      return answer(args, terminal, { account: whose, amount: String(wei), ...sent(done) }, [
        ['deposited', `${shown(wei)} OPG for ${whose}`],
        ...sentRows(done),
      ]);
    });
  },
};

export const withdrawCommand: Command = {
  name: 'account withdraw',
  summary: 'Moves free OPG out of Escrow.',
  positionals: ['AMOUNT'],
  options: { to: { type: 'string' }, ...ACCOUNT.options },
  explained: [['--to WHO', 'who gets it; the caller without it'], ...ACCOUNT.explained],
  finding: 'the chain refused it, or did not answer',
  async run(args, terminal) {
    const wei = opg(args.positionals[0] ?? '', 'AMOUNT');
    const other = text(args, 'to');
    return await asAccount(args, terminal, async (account) => {
      const to = other === undefined ? account.address : addressOf(other);
      const done = await waiting(terminal, 'waiting for the block', () => withdraw(account, wei, to));
      return answer(args, terminal, { to, amount: String(wei), ...sent(done) }, [
        ['withdrawn', `${shown(wei)} OPG to ${to}`],
        ...sentRows(done),
      ]);
    });
  },
};
