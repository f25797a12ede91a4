/** `opg node offer`: says what a node serves, and for how much. */

import { versionNamed } from '../../../named.ts';
import { setOffer } from '../../../node.ts';
import { quote } from '../../../quote.ts';
import { answer, sent, sentRows } from '../../answer.ts';
import { amount, type Command, text, UsageError } from '../../command.ts';
import { ACCOUNT, asAccount } from '../../context.ts';
import { opg, shown } from '../../money.ts';
import { waiting } from '../../progress.ts';

const FOR_EVER = 2 ** 40 - 1;

export const offerCommand: Command = {
  name: 'node offer',
  summary: 'Offers to serve a version at a price, or takes the offer back.',
  positionals: ['MODEL'],
  options: {
    price: { type: 'string' },
    'reserved-seconds': { type: 'string' },
    until: { type: 'string' },
    withdraw: { type: 'boolean' },
    ...ACCOUNT.options,
  },
  explained: [
    ['--price OPG', 'what the node gets per item; the requester pays royalty, protocol share and tip on top'],
    ['--reserved-seconds N', 'how long a request must be reserved for the node; 0 without it'],
    ['--until TIME', 'Unix seconds; without it until it is taken back'],
    ['--withdraw', 'takes the offer back; instead of --price'],
    ...ACCOUNT.explained,
  ],
  finding: 'there is no such version, or the chain refused it',
  async run(args, terminal) {
    const [reference = ''] = args.positionals;
    const [price, withdrawn] = [text(args, 'price'), args.values['withdraw'] === true];
    if ((price === undefined) !== withdrawn) throw new UsageError('give either --price OPG or --withdraw');
    const until = withdrawn ? 0 : (amount(args, 'until') ?? FOR_EVER);
    const wei = price === undefined ? 0n : opg(price, '--price');
    const minReserved = amount(args, 'reserved-seconds') ?? 0;
    return await asAccount(args, terminal, async (account) => {
      const version = await versionNamed(account, reference);
      const done = await waiting(terminal, 'waiting for the block', () =>
        setOffer(account, version, { price: wei, minReserved, until }),
      );
      const fee = withdrawn ? undefined : await quote(account, version, account.address);
      return answer(
        args,
        terminal,
        {
          version,
          node: account.address,
          price: String(wei),
          fee: fee === undefined ? null : String(fee),
          until,
          ...sent(done),
        },
        [
          ['version', version],
          ...(fee === undefined
            ? [['offer', 'taken back']]
            : [
                ['price', `${shown(wei)} OPG an item`],
                ['a requester pays', `${shown(fee)} OPG an item`],
              ]),
          ...sentRows(done),
        ],
      );
    });
  },
};
