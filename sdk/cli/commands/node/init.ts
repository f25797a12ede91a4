/** `opg node init`: from an account with OPG to a folder that `opg node run` runs: key, configuration, stake, registration. */
import type { Address } from '#core/hex.ts';
import { chainNow } from '../../../clock.ts';
import type { Account } from '../../../network.ts';
import { newNode } from '../../../newNode.ts';
import { answer } from '../../answer.ts';
import { type Command, text } from '../../command.ts';
import { ACCOUNT, asAccount } from '../../context.ts';
import { located } from '../../files.ts';
import { madeFolder } from '../../folder/made.ts';
import { makeFolder, portIn } from '../../folder/make.ts';
import { opg, shown } from '../../money.ts';
import { configurationFile, hasConfiguration } from '../../nodeFolder.ts';
import { waiting } from '../../progress.ts';

/** Of the hot key: the largest time a contract keeps. It is revoked by hand (docs/runbook.md). */
const FOR_EVER = 2 ** 40 - 1;

export const initNodeCommand: Command = {
  name: 'node init',
  summary: 'Makes a folder for an inference node: hot key, configuration; stakes and registers the account.',
  positionals: ['FOLDER'],
  options: {
    endpoint: { type: 'string' },
    stake: { type: 'string' },
    port: { type: 'string' },
    finality: { type: 'string' },
    'min-net': { type: 'string' },
    'key-password-file': { type: 'string' },
    ...ACCOUNT.options,
  },
  explained: [
    [
      '--endpoint URL',
      'where requesters reach the node; without it what the account has published, at first http://127.0.0.1:PORT',
    ],
    ['--stake OPG', 'what shall stand behind its results at least; what is missing is deposited and staked'],
    [
      '--min-net OPG',
      'what an item must bring the node at least, also where it offers nothing; without it, what its offers ask',
    ],
    [
      '--key-password-file FILE',
      'the hot key is kept encrypted; the first line of this file opens it, also for the node',
    ],
    ['--port N', 'where the node listens; 8650 without it'],
    ['--finality WHAT', '"finalized", or a number of blocks; 2 on a local chain, else finalized'],
    ...ACCOUNT.explained,
  ],
  finding: 'the account cannot pay, or the chain did not answer; the same command goes on where it stopped',
  async run(args, terminal) {
    const [folder = ''] = args.positionals;
    const wanted = opg(text(args, 'stake') ?? '0', '--stake');
    portIn(args);
    return await asAccount(args, terminal, async (account) => {
      const { port, key, kept } = hasConfiguration(folder)
        ? madeFolder(args, folder, account)
        : await makeFolder(args, folder, account);
      const published = await account.nodes.nodeOf(account.address);
      const endpoint = text(args, 'endpoint') ?? (published.endpoint || `http://127.0.0.1:${port}`);
      const hotKey = (await mayAct(account, key)) ? undefined : { key, until: FOR_EVER };
      const done = await waiting(terminal, 'staking and registering', () =>
        newNode(account, { endpoint, stake: wanted, ...(hotKey && { hotKey }) }),
      );
      const gas = done.reduce((sum, { receipt }) => sum + receipt.gasUsed, 0n);
      return answer(
        args,
        terminal,
        {
          folder: located(folder),
          account: account.address,
          hotKey: key,
          endpoint,
          transactions: done.length,
          gas: String(gas),
        },
        [
          ['node', `${account.address} at ${endpoint}`],
          ['hot key', `${key} in ${kept}: it can serve, and move no money; it pays the gas`],
          ['configuration', configurationFile(folder)],
          ['stake asked for', `${shown(wanted)} OPG`],
          ['transactions', `${done.length}, ${gas.toLocaleString('en-US')} gas`],
          [
            'next',
            `send the hot key some of the chain's coin, then: opg node offer MODEL --price OPG; opg node run ${folder}`,
          ],
        ],
      );
    });
  },
};

/** In some way, at this moment: what an operator granted otherwise than this command does stays. */
async function mayAct(account: Account, key: Address): Promise<boolean> {
  if (key === account.address) return true;
  const { until, permissions } = await account.nodes.keyOf(account.address, key);
  return permissions !== 0n && until >= BigInt(await chainNow(account));
}
