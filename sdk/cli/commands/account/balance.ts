/** `opg account balance`: what an account has, and where. */
import { formatEther } from 'ethers';
import { balanceOf } from '../../../balance.ts';
import { answer } from '../../answer.ts';
import { type Command, text } from '../../command.ts';
import { accountName, addressOf, NETWORK, onNetwork } from '../../context.ts';
import { shown, when } from '../../money.ts';

export const balanceCommand: Command = {
  name: 'account balance',
  summary: 'Shows OPG and gas money of an account: in the wallet, free in Escrow, staked, unbonding.',
  positionals: [],
  options: { of: { type: 'string' }, ...NETWORK.options },
  explained: [['--of WHO', 'an address or an account kept here; the account in use without it'], ...NETWORK.explained],
  finding: 'the chain does not answer',
  async run(args, terminal) {
    const who = addressOf(text(args, 'of') ?? accountName(args));
    return await onNetwork(args, async (network) => {
      const [wallet, gas, escrow] = await Promise.all([
        network.token.balanceOf(who),
        network.provider.getBalance(who),
        balanceOf(network, who),
      ]);
      const { available, stake, unbonding, readyAt } = escrow;
      return answer(
        args,
        terminal,
        {
          account: who,
          wallet: String(wallet),
          available: String(available),
          stake: String(stake),
          unbonding: String(unbonding),
          readyAt,
          gas: String(gas),
        },
        [
          ['account', who],
          ['wallet', `${shown(wallet)} OPG`],
          ['free in Escrow', `${shown(available)} OPG`],
          ['staked', `${shown(stake)} OPG`],
          ...(unbonding === 0n ? [] : [['unbonding', `${shown(unbonding)} OPG until ${when(readyAt)}`]]),
          ['gas money', `${formatEther(gas)} of the chain's coin`],
        ],
      );
    });
  },
};
