/** The disputes of the demo: a node that cheats and a verifier that lies meet a node and a verifier that do neither. */

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Address, toAddress } from '#core/hex.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import { type AskedOne, balanceOf, createModel, deposit, publish, request, setKey, stake } from '../../sdk/index.ts';
import type { Deployed, LocalNetwork } from './localNetwork.ts';
import { exampleModel } from './models.ts';
import { assessed, upload } from './publishing.ts';
import { exact, type Screen } from './screen.ts';
import { OPG } from './stage.ts';

/** Seconds: long enough for every move, short enough to be waited for. A public chain has hours. */
const CLOCKS = { challengeBaseSeconds: 20, challengeWindowSeconds: 8, responseSeconds: 3, tipDelaySeconds: 1 };
const STAKE = 500n * OPG;
const PURSE = 200n * OPG;
const FEE = 2n * OPG;
const FOR_EVER = 2 ** 40 - 1;
const PATIENCE_MS = 120_000;
const POLL_MS = 250;

export interface Move {
  readonly seconds: number;
  readonly request: 'of the cheating node' | 'of the honest node';
  readonly party: string;
  readonly move: string;
  readonly gas: bigint;
}

export interface DisputeOutcome {
  /** That the cheat answered, and that the lie was about. */
  readonly requests: { readonly wrong: RequestId; readonly right: RequestId };
  readonly moves: readonly Move[];
  /** Wei gained or lost by each party, in Escrow, stake included. */
  readonly changes: Readonly<Record<string, bigint>>;
  /** What must have happened, and whether it did. */
  readonly verdicts: readonly { readonly what: string; readonly holds: boolean }[];
}

/** @param operator whose output the liar falsifies */
export async function runDisputes(local: LocalNetwork, screen: Screen, operator = 9): Promise<DisputeOutcome> {
  screen.section('A network on this machine');
  await screen.step('chain and storage node: started', () => Promise.all([local.chain.start(), local.storage.start()]));
  const deployed = await screen.step(
    'contracts: deployed, the challenge game and eight step contracts among them',
    () => local.deploy(CLOCKS),
    ({ gas }) => ({ gas }),
  );
  const { accounts } = deployed;
  await screen.step('everybody has OPG in Escrow; the two nodes have staked', () => fund(deployed));
  const digits = exampleModel('digits-cnn');
  const onnx = readFileSync(digits.file);
  const version = await screen.step('digits-cnn: compiled, measured, published with its program root', async () => {
    const uri = await upload(local.storage.url, onnx);
    const { model } = await createModel(accounts.owner, 'examples', 'digits-cnn');
    const assessment = await assessed(digits, onnx);
    return (await publish(accounts.owner, { model, onnx, card: digits.card, uris: [uri], assessment })).version;
  });
  const node = local.node(deployed, { admission: { minNetPerItem: '0' } });
  const cheat = local.cheat(deployed, { results: ['weight'] });
  const verifier = local.verifier(deployed);
  const liar = local.liar(deployed, { operator });
  await screen.step('an honest node, a node that falsifies weights: started', () =>
    Promise.all([node.start(), cheat.start()]),
  );
  await screen.step('an honest verifier, and one that challenges right results: started', () =>
    Promise.all([verifier.start(), liar.start()]),
  );

  const before = await holdings(deployed);
  const [picture] = digits.vectors;
  const ask = (address: Address) =>
    request(accounts.requester, { version, node: address, fee: FEE }, picture?.inputs ?? {});
  screen.section('Two requests');
  const wrong = await screen.step(
    'one picture for the cheating node',
    () => ask(toAddress(accounts.cheat.address)),
    cost,
  );
  const right = await screen.step(
    'the same picture for the honest node',
    () => ask(toAddress(accounts.node.address)),
    cost,
  );
  const ended = (asked: AskedOne, ...names: string[]) => until(deployed, asked.id, names);
  await screen.step('the cheating node is condemned', () => ended(wrong, 'Condemned'));
  await screen.step('the lie falls', () => ended(right, 'Refuted', 'Lapsed'));
  await screen.step('the honest node is paid', () => ended(right, 'Finalised'));
  await screen.step('the pot is paid to the honest verifier', () => ended(wrong, 'PotClaimed'));
  return await outcomeOf(deployed, before, wrong.id, right.id);
}

const cost = ({ receipt }: AskedOne) => ({ gas: receipt.gasUsed, opg: FEE });

async function fund({ accounts, faucet }: Deployed): Promise<void> {
  const { node, cheat, requester, verifier, liar, hotKey } = accounts;
  // Deposited for them: a hot key that has sent something is taken for one whose journal is lost.
  for (const { address } of [node, cheat, requester, verifier, liar, hotKey])
    await deposit(faucet, STAKE + PURSE, address);
  for (const account of [node, cheat]) await stake(account, STAKE);
  await setKey(node, { key: hotKey.address, until: FOR_EVER });
}

const NAMES = ['requester', 'node', 'hotKey', 'cheat', 'verifier', 'liar'] as const;
const CALLED: Readonly<Record<(typeof NAMES)[number], string>> = {
  requester: 'requester',
  node: 'honest node',
  hotKey: 'honest node, its key',
  cheat: 'cheating node',
  verifier: 'honest verifier',
  liar: 'lying verifier',
};

async function holdings({ net, accounts }: Deployed): Promise<Record<string, bigint>> {
  const entries = NAMES.map(async (name) => {
    const { available, stake: staked, unbonding } = await balanceOf(net, accounts[name].address);
    return [CALLED[name], available + staked + unbonding] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

interface Seen {
  readonly name: string;
  readonly block: number;
  readonly hash: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Everything that was said of a request, in order. */
async function eventsOf({ net, game }: Deployed, id: RequestId): Promise<Seen[]> {
  const { requests } = net;
  const logs = await net.provider.getLogs({
    address: [String(requests.target), String(game.target)],
    topics: [null, id],
    fromBlock: 0,
  });
  return logs.flatMap((log) => {
    const parsed = requests.interface.parseLog(log) ?? game.interface.parseLog(log);
    if (!parsed) return [];
    return [{ name: parsed.name, block: log.blockNumber, hash: log.transactionHash, args: parsed.args.toObject() }];
  });
}

async function until(deployed: Deployed, id: RequestId, names: readonly string[]): Promise<void> {
  const limit = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await eventsOf(deployed, id);
    if (seen.some(({ name }) => names.includes(name))) return;
    if (Date.now() > limit)
      throw new Error(
        `No ${names.join(' or ')} of ${id} within ${PATIENCE_MS / 1000} s; there was: ${seen.map(({ name }) => name).join(', ')}.`,
      );
    await sleep(POLL_MS);
  }
}

const MOVES: Readonly<Record<string, (args: Readonly<Record<string, unknown>>) => string>> = {
  Submitted: () => 'submits its result',
  Challenged: () => 'challenges it, with a bond and the root of a trace',
  Demanded: () => 'demands a piece of the trace',
  Answered: () => 'gives it',
  Refuted: ({ operator, element }) =>
    `proves element ${element} of operator ${operator} inconsistent: the challenge falls`,
  Lapsed: () => 'ends the challenge: a demand was not answered',
  Upheld: ({ condemned }) => (condemned ? 'upholds the challenge: the node is slashed' : 'upholds the challenge'),
  Finalised: () => 'finalises: the node is paid',
  PotClaimed: () => 'claims the pot',
};

async function outcomeOf(
  deployed: Deployed,
  before: Record<string, bigint>,
  wrong: RequestId,
  right: RequestId,
): Promise<DisputeOutcome> {
  const { net, accounts } = deployed;
  const parties = new Map(NAMES.map((name) => [accounts[name].address.toLowerCase(), CALLED[name]]));
  const moves: Move[] = [];
  let condemned: unknown;
  let began: number | undefined;
  const all = [
    ...(await eventsOf(deployed, wrong)).map((seen) => ({ seen, request: 'of the cheating node' as const })),
    ...(await eventsOf(deployed, right)).map((seen) => ({ seen, request: 'of the honest node' as const })),
  ].sort((a, b) => a.seen.block - b.seen.block);
  for (const { seen, request: whose } of all) {
    if (seen.name === 'Condemned') condemned = seen.args['node'];
    const told = MOVES[seen.name];
    if (!told) continue;
    const receipt = await net.provider.getTransactionReceipt(seen.hash);
    const block = await net.provider.getBlock(seen.block);
    const at = block?.timestamp ?? 0;
    began ??= at;
    const sender = receipt?.from.toLowerCase() ?? '';
    moves.push({
      seconds: at - began,
      request: whose,
      party: parties.get(sender) ?? sender,
      move: told(seen.args),
      gas: receipt?.gasUsed ?? 0n,
    });
  }
  const after = await holdings(deployed);
  const changes = Object.fromEntries(
    Object.entries(after).map(([name, amount]) => [name, amount - (before[name] ?? 0n)]),
  );
  const change = (name: (typeof NAMES)[number]) => changes[CALLED[name]] ?? 0n;
  return {
    requests: { wrong, right },
    moves,
    changes,
    verdicts: [
      {
        what: 'the cheating node lost its slice',
        holds: String(condemned).toLowerCase() === accounts.cheat.address.toLowerCase() && change('cheat') < 0n,
      },
      { what: 'the requester got the fee of the wrong result back, and more', holds: change('requester') > -FEE },
      { what: 'the lying verifier lost its bond', holds: change('liar') < 0n },
      { what: 'the honest verifier gained', holds: change('verifier') > 0n },
      { what: 'the honest node was paid', holds: change('node') + change('hotKey') > 0n },
    ],
  };
}

export function showOutcome(screen: Screen, { moves, changes, verdicts }: DisputeOutcome): void {
  screen.line();
  screen.line(screen.bold('Moves'));
  screen.line(screen.dim(`  ${'s'.padStart(4)}  ${'request'.padEnd(22)}${'by'.padEnd(22)}${'gas'.padStart(10)}  move`));
  for (const { seconds, request: whose, party, move, gas } of moves)
    screen.line(
      `  ${String(seconds).padStart(4)}  ${whose.padEnd(22)}${party.padEnd(22)}${gas.toLocaleString('en-US').padStart(10)}  ${move}`,
    );
  screen.line();
  screen.line(screen.bold('Gained and lost, in OPG'));
  for (const [party, amount] of Object.entries(changes))
    screen.line(`  ${party.padEnd(24)}${`${amount > 0n ? '+' : ''}${exact(amount, 4)}`.padStart(24)}`);
  screen.line();
  for (const { what, holds } of verdicts) screen.line(`  ${holds ? screen.good('yes') : screen.bad('NO ')}  ${what}`);
}
