/** `opg request list`: the requests of an account, or to a node, from the chain's events. */
import { isRequestEvent } from '#core/protocol/events.ts';
import { type RequestRow, reduce } from '#core/protocol/request.ts';
import { addressTopic, eventsIn, logsFrom } from '../../../events.ts';
import { answer } from '../../answer.ts';
import { amount, type Command, text, UsageError } from '../../command.ts';
import { accountName, addressOf, NETWORK, onNetwork } from '../../context.ts';
import { shown, when } from '../../money.ts';

export const listRequestsCommand: Command = {
  name: 'request list',
  summary: 'Lists requests, the newest first.',
  positionals: [],
  options: {
    by: { type: 'string' },
    node: { type: 'string' },
    blocks: { type: 'string' },
    limit: { type: 'string' },
    ...NETWORK.options,
  },
  explained: [
    ['--by WHO', 'who asked: an address or an account kept here; the account in use without it and without --node'],
    ['--node WHO', 'the node they name'],
    ['--blocks N', 'how far back to look; to the first block of the deployment without it'],
    ['--limit N', 'at most so many; 20 without it'],
    ...NETWORK.explained,
  ],
  finding: 'the chain did not answer',
  async run(args, terminal) {
    const [by, node] = [text(args, 'by'), text(args, 'node')];
    const requester = by !== undefined || node === undefined ? addressOf(by ?? accountName(args)) : undefined;
    const named = node === undefined ? undefined : addressOf(node);
    const limit = amount(args, 'limit') ?? 20;
    if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit takes a whole number of at least 1');
    return await onNetwork(args, async (network) => {
      const { deployment, provider } = network;
      const back = amount(args, 'blocks');
      const from =
        back === undefined ? deployment.block : Math.max(deployment.block, (await provider.getBlockNumber()) - back);
      const word = (address: string | undefined) => (address === undefined ? null : addressTopic(address));
      const topic = network.requests.interface.getEvent('Requested').topicHash;
      const { requests } = deployment.addresses;
      const opened = await logsFrom(network, requests, [topic, null, word(requester), word(named)], from);
      const wanted = opened.slice(-limit).reverse();
      const all = await Promise.all(
        wanted.map(async (log) => {
          const events = eventsIn(
            network,
            await logsFrom(network, requests, [null, log.topics[1] ?? null], log.blockNumber),
          );
          const row = events
            .filter(isRequestEvent)
            .reduce<RequestRow | undefined>((before, event) => reduce(before, event), undefined);
          return { block: log.blockNumber, row };
        }),
      );
      const rows = all.flatMap(({ row, block }) => (row === undefined ? [] : [{ row, block }]));
      return answer(
        args,
        terminal,
        {
          requests: rows.map(({ row, block }) => ({
            id: row.id,
            block,
            state: row.state,
            version: row.terms.version,
            node: row.node ?? row.terms.node,
            items: row.terms.items,
            fee: String(row.terms.fee),
            deadline: row.terms.deadline,
          })),
        },
        rows.length === 0
          ? 'no request was found'
          : [
              ['request', 'block', 'state', 'items', 'fee', 'deadline'],
              ...rows.map(({ row, block }) => [
                row.id,
                String(block),
                row.state,
                String(row.terms.items),
                shown(row.terms.fee),
                when(row.terms.deadline),
              ]),
            ],
      );
    });
  },
};
