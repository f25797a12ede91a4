/** `opg infer`: asks a model by name, pays, waits, and shows the answer. */
import { writeFileSync } from 'node:fs';
import type { NamedTensors } from '#core/protocol/rows.ts';
import type { Tensor } from '#core/tensor.ts';
import { startInference } from '../../infer.ts';
import { versionNamed } from '../../named.ts';
import { columns } from '../../table.ts';
import { describeVersion } from '../../version.ts';
import { answer, sent } from '../answer.ts';
import { amount, type Command, text, UsageError } from '../command.ts';
import { ACCOUNT, addressOf, asAccount } from '../context.ts';
import { located, used } from '../files.ts';
import { INPUT, inputFor, rangeOf } from '../inferInput.ts';
import { opg, shown, when } from '../money.ts';
import { pictureOf } from '../picture.ts';
import { waiting } from '../progress.ts';

export const inferCommand: Command = {
  name: 'infer',
  summary: 'Asks a model by name: checks the input, pays, waits for the answer and shows it.',
  positionals: ['MODEL'],
  options: {
    ...INPUT.options,
    picture: { type: 'string' },
    node: { type: 'string' },
    fee: { type: 'string' },
    'max-fee': { type: 'string' },
    deadline: { type: 'string' },
    final: { type: 'boolean' },
    'no-wait': { type: 'boolean' },
    hash: { type: 'boolean' },
    unverified: { type: 'boolean' },
    ...ACCOUNT.options,
  },
  explained: [
    ...INPUT.explained,
    ['--picture FILE.png', 'writes the first output that is a picture'],
    ['--node WHO', 'who shall answer; the cheapest active offer without it'],
    ['--fee OPG', 'what is paid, instead of what the offer asks'],
    ['--max-fee OPG', 'asks only if it costs no more'],
    ['--deadline SECONDS', 'how long a node may take; 3600 without it'],
    ['--final', 'waits until nobody can challenge the answer any more'],
    ['--no-wait', 'prints the id of the request and leaves'],
    ['--hash', 'the answer goes on chain as a hash only (exact versions), the bytes come from the node'],
    ['--unverified', 'asks even if not everybody could check the answer: the version names no public file'],
    ...ACCOUNT.explained,
  ],
  finding: 'the input does not fit, nobody serves the model, it is too dear, or the request ended without an answer',
  async run(args, terminal) {
    const [reference = ''] = args.positionals;
    const [node, most, seconds] = [text(args, 'node'), text(args, 'max-fee'), amount(args, 'deadline')];
    const [picture, fee] = [text(args, 'picture'), text(args, 'fee')];
    const range = rangeOf(args);
    if (seconds !== undefined && !Number.isInteger(seconds)) throw new UsageError('--deadline takes whole seconds');
    return await asAccount(args, terminal, async (account) => {
      const version = await versionNamed(account, reference);
      const { schema } = await describeVersion(account, version);
      const input = inputFor(schema, args);
      const options = {
        model: version,
        pollMs: 300,
        exactOutput: args.values['hash'] === true,
        unverified: args.values['unverified'] === true,
        ...(args.values['final'] === true ? { until: 'final' as const } : {}),
        ...(node === undefined ? {} : { node: addressOf(node) }),
        ...(most === undefined ? {} : { maxFee: opg(most, '--max-fee') }),
        ...(fee === undefined ? {} : { fee: opg(fee, '--fee') }),
        ...(seconds === undefined ? {} : { deadlineSeconds: seconds }),
      };
      if (args.values['no-wait'] === true) {
        const asked = await waiting(terminal, 'asking', () => startInference(account, options, input));
        return answer(
          args,
          terminal,
          { request: asked.id, version, node: asked.node, fee: String(asked.fee), ...sent(asked) },
          [
            ['request', asked.id],
            ['fee', `${shown(asked.fee)} OPG`],
            ['follow it', `opg request watch ${asked.id}`],
          ],
        );
      }
      const asked = await waiting(terminal, 'asking', () => startInference(account, options, input));
      terminal.err(`request ${asked.id} to ${asked.node} for ${shown(asked.fee)} OPG\n`);
      const got = await waiting(terminal, 'waiting for the answer', () => asked.result(options));
      if (picture !== undefined) writePicture(got.items, picture, range);
      const { id, row } = got;
      return answer(
        args,
        terminal,
        {
          request: id,
          version,
          node: got.node,
          fee: String(got.fee),
          state: row.state,
          challengeableUntil: row.end ?? null,
          items: got.items.map((item) =>
            Object.fromEntries(Object.entries(item).map(([name, tensor]) => [name, tensorJson(tensor)])),
          ),
        },
        [
          ...got.items.flatMap((item, i) =>
            Object.entries(item).flatMap(([name, tensor]) => [
              `${got.items.length > 1 ? `item ${i}: ` : ''}${name} ${tensor.dtype} [${tensor.shape.join(', ')}]`,
              ...valueLines(tensor),
            ]),
          ),
          '',
          ...columns([
            ['request', id],
            ['answered by', got.node],
            ['fee', `${shown(got.fee)} OPG`],
            [
              'state',
              row.state === 'Final' || row.end === undefined
                ? row.state
                : `${row.state}, challengeable until ${when(row.end)}`,
            ],
            ...(picture === undefined ? [] : [['picture', picture]]),
          ]),
        ].join('\n'),
      );
    });
  },
};

/** Elements that are shown one by one. */
const SHOWN = 20;

function valueLines({ data }: Tensor): string[] {
  const values = Array.from(data as ArrayLike<number | bigint>);
  const text = (value: number | bigint) =>
    typeof value === 'bigint' ? String(value) : String(Number(value.toPrecision(7)));
  const top = values.reduce<number>((best, value, i) => (value > (values[best] as number | bigint) ? i : best), 0);
  const lines = columns(
    values
      .slice(0, SHOWN)
      .map((value, i) => [`  ${i}`, text(value), i === top && values.length > 1 ? '<- largest' : '']),
  );
  if (values.length <= SHOWN) return lines;
  return [
    ...lines,
    `  ... ${(values.length - SHOWN).toLocaleString('en-US')} more; largest is ${text(values[top] as number | bigint)} at ${top} (--json shows all)`,
  ];
}

const tensorJson = ({ dtype, shape, data }: Tensor) => ({
  dtype,
  shape: [...shape],
  data: Array.from(data as ArrayLike<number | bigint>, (value) =>
    typeof value === 'bigint' ? safe(value) : Number.isFinite(value) ? value : String(value),
  ),
});

const safe = (value: bigint): number | string => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value));

function writePicture(items: readonly NamedTensors[], file: string, range: Parameters<typeof pictureOf>[1]): void {
  const found = Object.entries(items[0] ?? {}).find(
    ([, { shape }]) => shape.length >= 2 && (shape.at(-1) ?? 0) > 1 && (shape.at(-2) ?? 0) > 1,
  );
  if (found === undefined) throw new UsageError('no output is a picture, so --picture has nothing to write');
  const [name, tensor] = found;
  const size = Math.max(1, Math.floor(256 / (tensor.shape.at(-1) ?? 1)));
  used(() => writeFileSync(located(file), pictureOf(tensor, range, size, name)), file);
}
