/** `opg node stake`, `unstake`, `restake` and `release`: what stands behind a node's results. */
import { balanceOf } from '../../../balance.ts';
import { deposit } from '../../../deposit.ts';
import type { Account } from '../../../network.ts';
import { release, restake, stake, unstake } from '../../../stake.ts';
import type { Transacted } from '../../../transact.ts';
import { answer, sent, sentRows } from '../../answer.ts';
import type { Arguments, Command, Terminal } from '../../command.ts';
import { ACCOUNT, asAccount } from '../../context.ts';
import { opg, shown, when } from '../../money.ts';
import { waiting } from '../../progress.ts';

export const stakeCommand: Command = {
  name: 'node stake',
  summary: 'Adds to the stake; what the free balance lacks is deposited first.',
  positionals: ['AMOUNT'],
  options: ACCOUNT.options,
  explained: ACCOUNT.explained,
  finding: 'the account has too little, or the chain did not answer',
  run: (args, terminal) =>
    move(args, terminal, async (account, wei) => {
      const { available } = await balanceOf(account, account.address);
      if (wei > available) await deposit(account, wei - available);
      return await stake(account, wei);
    }),
};

export const unstakeCommand: Command = {
  name: 'node unstake',
  summary: 'Starts unbonding free stake; all that unbonds waits anew. Then: opg node release.',
  positionals: ['AMOUNT'],
  options: ACCOUNT.options,
  explained: ACCOUNT.explained,
  finding: 'less stake is free, or the chain did not answer',
  run: (args, terminal) => move(args, terminal, unstake),
};

export const restakeCommand: Command = {
  name: 'node restake',
  summary: 'Takes unbonding stake back into the stake.',
  positionals: ['AMOUNT'],
  options: ACCOUNT.options,
  explained: ACCOUNT.explained,
  finding: 'less is unbonding, or the chain did not answer',
  run: (args, terminal) => move(args, terminal, restake),
};

export const releaseCommand: Command = {
  name: 'node release',
  summary: 'Makes unbonded stake free balance again, once its time is over.',
  positionals: [],
  options: ACCOUNT.options,
  explained: ACCOUNT.explained,
  finding: 'its time is not over, or the chain did not answer',
  run: (args, terminal) => move(args, terminal, (account) => release(account)),
};

async function move(
  args: Arguments,
  terminal: Terminal,
  act: (account: Account, wei: bigint) => Promise<Transacted>,
): Promise<number> {
  const [amount] = args.positionals;
  const wei = amount === undefined ? 0n : opg(amount, 'AMOUNT');
  return await asAccount(args, terminal, async (account) => {
    const done = await waiting(terminal, 'waiting for the block', () => act(account, wei));
    const { available, stake: staked, unbonding, readyAt } = await balanceOf(account, account.address);
    return answer(
      args,
      terminal,
      {
        account: account.address,
        available: String(available),
        stake: String(staked),
        unbonding: String(unbonding),
        readyAt,
        ...sent(done),
      },
      [
        ['staked', `${shown(staked)} OPG`],
        ['free', `${shown(available)} OPG`],
        ...(unbonding === 0n ? [] : [['unbonding', `${shown(unbonding)} OPG until ${when(readyAt)}`]]),
        ...sentRows(done),
      ],
    );
  });
}
