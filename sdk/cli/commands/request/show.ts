/** `opg request show` and `opg request watch`: one request, from its events. */

import { isProtocolError } from '#core/errors.ts';
import { isOver } from '#core/protocol/request.ts';
import { sleep } from '../../../clock.ts';
import type { Network } from '../../../network.ts';
import { columns } from '../../../table.ts';
import { type Step, type Workflow, workflowOf } from '../../../workflow.ts';
import { answer } from '../../answer.ts';
import { type Arguments, amount, type Command, EXIT, UsageError } from '../../command.ts';
import { NETWORK, onNetwork } from '../../context.ts';
import { shown, when } from '../../money.ts';

const BLOCK = {
  options: { block: { type: 'string' }, ...NETWORK.options },
  explained: [
    ['--block N', 'the first block to look in; the first of the deployment without it'],
    ...NETWORK.explained,
  ],
} as const;

export const showRequestCommand: Command = {
  name: 'request show',
  summary: 'Shows a request: terms, each step with its block and transaction, and what comes next.',
  positionals: ['REQUEST'],
  options: BLOCK.options,
  explained: BLOCK.explained,
  finding: 'there is no such request, or the chain did not answer',
  async run(args, terminal) {
    const asked = askedFor(args);
    return await onNetwork(args, async (network) => {
      const found = await workflowOf(network, asked);
      return answer(args, terminal, workflowJson(found), workflowText(found));
    });
  },
};

/** Milliseconds between looks. */
const POLL_MS = 1_000;

export const watchRequestCommand: Command = {
  name: 'request watch',
  summary: 'Follows a request, a line a step (with --json one line of JSON a step), until it is over.',
  positionals: ['REQUEST'],
  options: BLOCK.options,
  explained: BLOCK.explained,
  finding: 'it ended without a result that was paid for, or the chain did not answer',
  async run(args, terminal) {
    const asked = askedFor(args);
    return await onNetwork(args, async (network) => {
      let told = 0;
      for (;;) {
        const found = await lookedUp(network, asked);
        for (const step of found?.steps.slice(told) ?? [])
          terminal.out(args.json ? `${JSON.stringify(stepJson(step))}\n` : `${stepCells(step).join('  ')}\n`);
        told = found?.steps.length ?? told;
        if (found && isOver(found.row.state)) return found.row.state === 'Final' ? EXIT.ok : EXIT.finding;
        await sleep(POLL_MS);
      }
    });
  },
};

/** Undefined: a reorganisation took it away, or it is not there yet. */
async function lookedUp(network: Network, asked: Parameters<typeof workflowOf>[1]): Promise<Workflow | undefined> {
  try {
    return await workflowOf(network, asked);
  } catch (error) {
    if (isProtocolError(error, 'chain.unavailable')) return undefined;
    throw error;
  }
}

function askedFor(args: Arguments): { readonly id: string; readonly block?: number } {
  const [id = ''] = args.positionals;
  if (!/^0x[0-9a-f]{64}$/i.test(id)) throw new UsageError(`REQUEST is 0x and 64 hex digits, not "${id}"`);
  const block = amount(args, 'block');
  return block === undefined ? { id } : { id, block };
}

const moneyIn: readonly string[] = [
  'toNode',
  'royalty',
  'protocol',
  'tip',
  'penalty',
  'toRequester',
  'toPot',
  'burned',
  'bond',
  'reward',
];
const unshown: readonly string[] = ['type', 'id', 'terms', 'input', 'output', 'nonce'];

function stepCells({ event, block, time, transaction }: Step): string[] {
  const parts = Object.entries(event)
    .filter(([field, value]) => !unshown.includes(field) && ['string', 'number', 'bigint'].includes(typeof value))
    .map(([field, value]) => `${field} ${cell(field, value as string | number | bigint)}`);
  return [when(time), `block ${block}`, event.type, transaction, parts.join(', ')];
}

function cell(field: string, value: string | number | bigint): string {
  if (typeof value === 'bigint' && moneyIn.includes(field)) return `${shown(value)} OPG`;
  if (typeof value === 'number' && /^(end|challengeEnd|due|until)$/i.test(field)) return when(value);
  const text = String(value);
  return text.length > 66 ? `${text.slice(0, 66)}…` : text;
}

function workflowText({ row, steps, next }: Workflow): string {
  const { terms } = row;
  return [
    ...columns([
      ['request', row.id],
      ['state', row.state],
      ['next', next],
      ['version', terms.version],
      ['named node', terms.node],
      ['items', String(terms.items)],
      ['fee', `${shown(terms.fee)} OPG`],
      ['deadline', when(terms.deadline)],
    ]),
    '',
    ...columns(steps.map(stepCells)),
  ].join('\n');
}

const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
const stepJson = (step: Step) => JSON.parse(JSON.stringify(step, plain)) as { [key: string]: string };

export function workflowJson({ row, steps, next }: Workflow) {
  return { ...(JSON.parse(JSON.stringify(row, plain)) as { [key: string]: string }), next, steps: steps.map(stepJson) };
}
