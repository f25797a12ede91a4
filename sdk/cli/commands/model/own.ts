/** What a model's owner changes about a version: `opg model retire`, `royalty`, `policy`. It concerns requests to come only. */
import { isAddress } from 'ethers';
import { toAddress, ZERO_ADDRESS } from '#core/hex.ts';
import type { VersionId } from '#core/protocol/ids.ts';
import { versionNamed } from '../../../named.ts';
import type { Account } from '../../../network.ts';
import { retire, setPolicy, setRoyalty } from '../../../owner.ts';
import type { Transacted } from '../../../transact.ts';
import { answer, sent, sentRows } from '../../answer.ts';
import { type Arguments, type Command, EXIT, type Terminal, UsageError } from '../../command.ts';
import { ACCOUNT, asAccount } from '../../context.ts';
import { opg, shown } from '../../money.ts';
import { waiting } from '../../progress.ts';

const refused = 'the model is somebody else’s, there is no such version, or the chain did not answer';

export const retireCommand: Command = {
  name: 'model retire',
  summary: 'Takes a version out of service, for good.',
  positionals: ['MODEL'],
  options: { yes: { type: 'boolean' }, ...ACCOUNT.options },
  explained: [['--yes', 'this cannot be taken back', 'needed'], ...ACCOUNT.explained],
  finding: refused,
  async run(args, terminal) {
    if (args.values['yes'] !== true) throw new UsageError('a retired version cannot be brought back: say --yes');
    return await change(args, terminal, (account, version) => retire(account, version), 'retired');
  },
};

export const royaltyCommand: Command = {
  name: 'model royalty',
  summary: 'Sets what an item of a version earns its owner from now on.',
  positionals: ['MODEL', 'OPG'],
  options: ACCOUNT.options,
  explained: ACCOUNT.explained,
  finding: refused,
  async run(args, terminal) {
    const wei = opg(args.positionals[1] ?? '', 'OPG');
    return await change(
      args,
      terminal,
      (account, version) => setRoyalty(account, version, wei),
      `royalty ${shown(wei)} OPG`,
    );
  },
};

export const policyCommand: Command = {
  name: 'model policy',
  summary: 'Sets who may request a version: a policy contract, or everybody.',
  positionals: ['MODEL', 'ADDRESS|everybody'],
  options: ACCOUNT.options,
  explained: ACCOUNT.explained,
  finding: refused,
  async run(args, terminal) {
    const [, who = ''] = args.positionals;
    if (who !== 'everybody' && !isAddress(who))
      throw new UsageError(`a policy is an address or "everybody", not "${who}"`);
    const policy = who === 'everybody' ? ZERO_ADDRESS : toAddress(who);
    return await change(args, terminal, (account, version) => setPolicy(account, version, policy), `access by ${who}`);
  },
};

async function change(
  args: Arguments,
  terminal: Terminal,
  act: (account: Account, version: VersionId) => Promise<Transacted>,
  what: string,
): Promise<number> {
  const [reference = ''] = args.positionals;
  await asAccount(args, terminal, async (account) => {
    const version = await versionNamed(account, reference);
    const done = await waiting(terminal, 'waiting for the block', () => act(account, version));
    answer(args, terminal, { version, change: what, ...sent(done) }, [
      [reference, what],
      ['version', version],
      ...sentRows(done),
    ]);
  });
  return EXIT.ok;
}
