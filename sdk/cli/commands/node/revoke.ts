/** `opg node revoke`: a hot key that may do nothing more. */

import { isAddress } from 'ethers';
import { toAddress } from '#core/hex.ts';
import { setKey } from '../../../node.ts';
import { answer, sent, sentRows } from '../../answer.ts';
import { type Command, UsageError } from '../../command.ts';
import { ACCOUNT, asAccount } from '../../context.ts';
import { waiting } from '../../progress.ts';

export const revokeCommand: Command = {
  name: 'node revoke',
  summary: 'Takes every permission from a hot key, at once.',
  positionals: ['ADDRESS'],
  options: ACCOUNT.options,
  explained: ACCOUNT.explained,
  finding: 'the chain did not answer',
  async run(args, terminal) {
    const [given = ''] = args.positionals;
    if (!isAddress(given)) throw new UsageError(`ADDRESS is that of the hot key, not "${given}"`);
    const key = toAddress(given);
    return await asAccount(args, terminal, async (account) => {
      const done = await waiting(terminal, 'waiting for the block', () =>
        setKey(account, { key, until: 0, permissions: 0 }),
      );
      return answer(args, terminal, { key, node: account.address, ...sent(done) }, [
        ['revoked', key],
        ...sentRows(done),
      ]);
    });
  },
};
