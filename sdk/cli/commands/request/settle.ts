/** `opg request cancel`, `expire`, `finalise` and `rescue`: how a request is ended by hand. */
import { toRequestId } from '#core/protocol/ids.ts';
import type { Account } from '../../../network.ts';
import { cancel, expire, finalise, rescue } from '../../../settle.ts';
import type { Transacted } from '../../../transact.ts';
import { answer, sent, sentRows } from '../../answer.ts';
import { type Arguments, type Command, type Terminal, UsageError } from '../../command.ts';
import { ACCOUNT, asAccount } from '../../context.ts';
import { waiting } from '../../progress.ts';

type Asked = { readonly id: ReturnType<typeof toRequestId> };

export const cancelCommand: Command = {
  name: 'request cancel',
  summary: 'Takes the fee of a request back: when its node declined, or nobody has a claim to it any more.',
  positionals: ['REQUEST'],
  options: ACCOUNT.options,
  explained: ACCOUNT.explained,
  finding: 'it cannot be cancelled (any more, or yet), or the chain did not answer',
  run: (args, terminal) => end(args, terminal, 'cancelled', cancel),
};

export const expireCommand: Command = {
  name: 'request expire',
  summary: 'Ends a request whose deadline has passed: the fee goes back to its requester. Anybody may.',
  positionals: ['REQUEST'],
  options: ACCOUNT.options,
  explained: ACCOUNT.explained,
  finding: 'its time has not come, it is over, or the chain did not answer',
  run: (args, terminal) => end(args, terminal, 'expired', expire),
};

export const finaliseCommand: Command = {
  name: 'request finalise',
  summary: 'Pays everybody for a result that nobody challenged in time. Anybody may.',
  positionals: ['REQUEST'],
  options: { tip: { type: 'boolean' }, ...ACCOUNT.options },
  explained: [['--tip', 'claims the keeper’s tip, once the node’s own head start is over'], ...ACCOUNT.explained],
  finding: 'its time has not come, it is disputed or over, or the chain did not answer',
  run: (args, terminal) =>
    end(args, terminal, 'finalised', (account, asked) =>
      finalise(account, asked, { takeTip: args.values['tip'] === true }),
    ),
};

export const rescueCommand: Command = {
  name: 'request rescue',
  summary:
    'Frees a request whose dispute never ended: fee to the requester, slice to the node. Anybody may, after the rescue delay.',
  positionals: ['REQUEST'],
  options: ACCOUNT.options,
  explained: ACCOUNT.explained,
  finding: 'it is not disputed, the rescue delay is not over, or the chain did not answer',
  run: (args, terminal) => end(args, terminal, 'rescued', rescue),
};

async function end(
  args: Arguments,
  terminal: Terminal,
  became: string,
  act: (account: Account, asked: Asked) => Promise<Transacted>,
): Promise<number> {
  const [id = ''] = args.positionals;
  if (!/^0x[0-9a-f]{64}$/i.test(id)) throw new UsageError(`REQUEST is 0x and 64 hex digits, not "${id}"`);
  return await asAccount(args, terminal, async (account) => {
    const done = await waiting(terminal, 'waiting for the block', () => act(account, { id: toRequestId(id) }));
    return answer(args, terminal, { request: id, became, ...sent(done) }, [[became, id], ...sentRows(done)]);
  });
}
