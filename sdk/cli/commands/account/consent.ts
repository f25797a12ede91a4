/** `opg account consent`: whether the dispute game may take bonds and fees from an account's free balance. */
import { consentOf, setConsent } from '../../../consent.ts';
import { answer, sent, sentRows } from '../../answer.ts';
import type { Command } from '../../command.ts';
import { ACCOUNT, asAccount } from '../../context.ts';
import { waiting } from '../../progress.ts';

export const consentCommand: Command = {
  name: 'account consent',
  summary: 'Lets the dispute game take bonds and fees of the moves that this account makes from its free balance.',
  positionals: [],
  options: { withdraw: { type: 'boolean' }, ...ACCOUNT.options },
  explained: [['--withdraw', 'takes the consent back; open bonds stay until their disputes end'], ...ACCOUNT.explained],
  finding: 'the deployment has no game, or the chain did not answer',
  async run(args, terminal) {
    const wanted = args.values['withdraw'] !== true;
    return await asAccount(args, terminal, async (account) => {
      const consents = { account: account.address, consents: wanted };
      if ((await consentOf(account, account.address)) === wanted)
        return answer(args, terminal, { ...consents, changed: false }, [
          ['consents', wanted ? 'yes, as before' : 'no, as before'],
        ]);
      const done = await waiting(terminal, 'waiting for the block', () => setConsent(account, wanted));
      return answer(args, terminal, { ...consents, changed: true, ...sent(done) }, [
        ['consents', wanted ? 'yes' : 'no'],
        ...sentRows(done),
      ]);
    });
  },
};
