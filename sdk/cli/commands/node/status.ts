/** `opg node status`: how a node stands on chain, and whether it answers. */
import { toAddress } from '#core/hex.ts';
import { balanceOf } from '../../../balance.ts';
import { Roles } from '../../../node.ts';
import { offersOf } from '../../../offers.ts';
import { columns } from '../../../table.ts';
import { answer } from '../../answer.ts';
import { type Command, EXIT, text } from '../../command.ts';
import { accountName, addressOf, NETWORK, onNetwork } from '../../context.ts';
import { shown, when } from '../../money.ts';

const PATIENCE_MS = 5_000;

export const nodeStatusCommand: Command = {
  name: 'node status',
  summary: 'Shows a node: registration, stake, offers, and what its own /healthz says.',
  positionals: [],
  options: { of: { type: 'string' }, ...NETWORK.options },
  explained: [['--of WHO', 'an address or an account kept here; the account in use without it'], ...NETWORK.explained],
  finding: 'it is not registered, or its endpoint does not say that it is well',
  async run(args, terminal) {
    const node = addressOf(text(args, 'of') ?? accountName(args));
    return await onNetwork(args, async (network) => {
      const [{ roles, endpoint }, balance, offers] = await Promise.all([
        network.nodes.nodeOf(node),
        balanceOf(network, node),
        offersOf(network, toAddress(node)),
      ]);
      const names = Object.entries(Roles).flatMap(([name, bit]) =>
        (Number(roles) & bit) === 0 ? [] : [name.toLowerCase()],
      );
      const health = endpoint === '' ? undefined : await healthOf(endpoint);
      answer(
        args,
        terminal,
        {
          node,
          roles: names,
          endpoint,
          stake: String(balance.stake),
          available: String(balance.available),
          unbonding: String(balance.unbonding),
          healthy: health?.healthy ?? null,
          health: health?.told ?? null,
          offers: offers.map(({ version, price, until, active }) => ({ version, price: String(price), until, active })),
        },
        [
          ...columns([
            ['node', node],
            ['roles', names.length === 0 ? 'none: not registered' : names.join(', ')],
            ['endpoint', endpoint === '' ? 'none' : endpoint],
            ['health', health?.told ?? 'not asked'],
            ['free stake', `${shown(balance.stake)} OPG`],
            ['free balance', `${shown(balance.available)} OPG`],
            ...(balance.unbonding === 0n
              ? []
              : [['unbonding', `${shown(balance.unbonding)} OPG until ${when(balance.readyAt)}`]]),
          ]),
          '',
          ...(offers.length === 0
            ? ['no offers']
            : columns([
                ['version', 'price an item', 'offer'],
                ...offers.map(({ version, price, until, active }) => [
                  version,
                  shown(price),
                  active ? `until ${when(until)}` : 'over',
                ]),
              ])),
        ].join('\n'),
      );
      return names.length > 0 && health?.healthy !== false ? EXIT.ok : EXIT.finding;
    });
  },
};

/** Asked of the endpoint that the node itself published. */
async function healthOf(endpoint: string): Promise<{ readonly healthy: boolean; readonly told: string }> {
  try {
    const answered = await fetch(`${endpoint.replace(/\/+$/, '')}/healthz`, {
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return { healthy: answered.ok, told: answered.ok ? 'well' : `status ${answered.status}` };
  } catch (error) {
    return { healthy: false, told: `no answer: ${(error as Error).message}` };
  }
}
