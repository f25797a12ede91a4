/** `opg model search`: models by words, task, tag, owner and price, from an indexer. */
import { search } from '../../../search.ts';
import { columns } from '../../../table.ts';
import { answer } from '../../answer.ts';
import { amount, type Command, text, UsageError } from '../../command.ts';
import { addressOf, chosenNetwork, NETWORK } from '../../context.ts';
import { opg, shown } from '../../money.ts';
import { waiting } from '../../progress.ts';

const SORTS = ['requests', 'newest', 'name', 'price'] as const;

export const searchCommand: Command = {
  name: 'model search',
  summary: 'Looks for models by words of names, descriptions, tasks and tags; all of them without words.',
  positionals: [],
  options: {
    text: { type: 'string' },
    task: { type: 'string' },
    tag: { type: 'string' },
    owner: { type: 'string' },
    'max-price': { type: 'string' },
    sort: { type: 'string' },
    limit: { type: 'string' },
    cursor: { type: 'string' },
    indexer: { type: 'string' },
    ...NETWORK.options,
  },
  explained: [
    ['--text WORDS', 'each word must begin one of the model’s'],
    ['--task WORDS', 'words of the task'],
    ['--tag TAG', 'a tag as it is written'],
    ['--owner WHO', 'a namespace, an address, or an account kept here'],
    ['--max-price OPG', 'what one item may cost; leaves out what nobody offers'],
    ['--sort BY', `${SORTS.join(', ')}; requests without it`],
    ['--limit N', 'at most so many, up to 100; 20 without it'],
    ['--cursor TEXT', 'goes on where the page before ended'],
    ['--indexer URL', 'who is asked; the indexer of the network without it'],
    ...NETWORK.explained,
  ],
  finding: 'the indexer did not answer',
  async run(args, terminal) {
    const url = text(args, 'indexer') ?? chosenNetwork(args).indexer;
    if (url === undefined)
      throw new UsageError(
        'the network has no indexer: give --indexer URL, or save one with opg network use NAME --indexer URL',
      );
    const [most, owner, sort] = [text(args, 'max-price'), text(args, 'owner'), text(args, 'sort')];
    const by = SORTS.find((one) => one === sort);
    if (sort !== undefined && by === undefined)
      throw new UsageError(`--sort is one of ${SORTS.join(', ')}, not "${sort}"`);
    const { models, next, asOf } = await waiting(terminal, 'searching', () =>
      search(url, {
        text: text(args, 'text'),
        task: text(args, 'task'),
        tag: text(args, 'tag'),
        owner: owner === undefined || /^[a-z0-9-]+$/.test(owner) ? owner : addressOf(owner),
        maxPrice: most === undefined ? undefined : opg(most, '--max-price'),
        sort: by,
        limit: amount(args, 'limit'),
        cursor: text(args, 'cursor'),
      }),
    );
    const rows = [
      ['model', 'task', 'an item', 'requests', 'success', 'offers', 'can be disputed'],
      ...models.map(({ name, task, fee, offers, verifiable, activity }) => [
        name,
        task?.replace(/\p{C}/gu, ' ').slice(0, 40) ?? '',
        fee === null ? 'no offer' : `${shown(fee)} OPG`,
        String(activity.requests),
        activity.successRate === null ? '' : `${(100 * activity.successRate).toFixed(1)} %`,
        String(offers),
        verifiable ? 'yes' : 'no',
      ]),
    ];
    return answer(
      args,
      terminal,
      { ...(JSON.parse(JSON.stringify({ models, next, asOf }, plain)) as { [key: string]: string }) },
      models.length === 0
        ? `nothing was found, as of block ${asOf.block}`
        : [...columns(rows), ...(next === null ? [] : [`more: --cursor ${next}`])].join('\n'),
    );
  },
};

const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
