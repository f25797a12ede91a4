/**
 * The whole path on a local chain with real processes: latency of one request at a time, throughput of many, peak memory. The
 * chain mines at once, so what is measured is the software; the chain's own process shares the machine.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Network } from '../../sdk/index.ts';
import { type AskedOne, deposit, request, requestMany } from '../../sdk/index.ts';
import { transact } from '../../sdk/transact.ts';
import { LocalNetwork } from '../demo/localNetwork.ts';
import { openNode, show } from '../demo/publishing.ts';
import { Screen } from '../demo/screen.ts';
import { OPG, type Stage } from '../demo/stage.ts';
import { peakOf } from './peak.ts';

/** Enough that the 99th percentile is not the worst of all. */
const ONE_AT_A_TIME = 300;
const TRANSACTIONS = 12;
const PER_TRANSACTION = 25;
/** Milliseconds between looks at the chain: the resolution of the latency. */
const LOOK_MS = 5;
const FUNDS = 10_000n * OPG;

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

export interface PathReport {
  /** Milliseconds from the block with the request to the block with its result, as the requester sees them. */
  readonly latency: Quantiles;
  /** Milliseconds from the event seen to the chain's answer to the transaction with the result, as the node's log has it. */
  readonly answer: Quantiles;
  /** The same of the very first request of the model: it is fetched, loaded and compiled. */
  readonly first: number;
  readonly requests: number;
  readonly perSecond: number;
  /** Of that, until the last transaction with requests was mined. */
  readonly askedSeconds: number;
  readonly peakBytes: number | undefined;
}

const silent = () => new Screen({ out: { write: () => true }, interactive: false, colour: false });

export async function benchPath(): Promise<PathReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'opg-bench-'));
  const local = new LocalNetwork(folder);
  try {
    await local.chain.start();
    const deployed = await local.deploy({ sliceFloorOpg: '0.01' });
    await local.storage.start();
    const node = local.node(deployed, { process: { logLevel: 'debug' } });
    const keeper = local.keeper(deployed);
    const stage: Stage = { ...deployed, screen: silent(), local, node, keeper, started: Promise.resolve() };
    await node.start();
    const { version, example } = await show(stage, 'digits-cnn', { royalty: OPG / 100n, price: OPG / 10n });
    await openNode(stage, new Map([[version, OPG / 10n]]));
    const { requester } = deployed.accounts;
    const { faucet } = deployed;
    await transact(faucet, await faucet.token.transfer.populateTransaction(requester.address, FUNDS));
    await deposit(requester, FUNDS);
    const [vector] = example.vectors;
    if (vector === undefined) throw new Error('digits-cnn has no vectors.');

    const options = { version, node: deployed.accounts.node.address, pay: 'balance' } as const;
    const times: number[] = [];
    const singles: AskedOne[] = [];
    for (let i = 0; i <= ONE_AT_A_TIME; i++) {
      const asked = await request(requester, options, vector.inputs);
      const seen = performance.now();
      await submitted(deployed.net, asked.block, 1, asked.id);
      times.push(performance.now() - seen);
      singles.push(asked);
    }
    const [first = 0] = times.splice(0, 1);
    const many = Array.from({ length: PER_TRANSACTION }, () => vector.inputs);
    const from = (await deployed.net.provider.getBlockNumber()) + 1;
    const began = performance.now();
    for (let i = 0; i < TRANSACTIONS; i++) await requestMany(requester, options, many);
    const askedSeconds = (performance.now() - began) / 1000;
    const requests = TRANSACTIONS * PER_TRANSACTION;
    await submitted(deployed.net, from, requests);
    const perSecond = requests / ((performance.now() - began) / 1000);
    return {
      first,
      askedSeconds,
      latency: quantiles(times),
      answer: quantiles(answerTimes(node.logFile, singles.slice(1))),
      requests,
      perSecond,
      peakBytes: peakOf(node.pid),
    };
  } finally {
    await local.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves when `count` results (of one request, if named) are on the chain. */
async function submitted(
  { provider, requests }: Network,
  fromBlock: number,
  count: number,
  id?: string,
): Promise<void> {
  const { topicHash } = requests.getEvent('Submitted').fragment;
  const filter = { address: await requests.getAddress(), topics: id ? [topicHash, id] : [topicHash], fromBlock };
  while ((await provider.getLogs(filter)).length < count) await sleep(LOOK_MS);
}

/** From the line about the events of its block to the one about its result, of each request. */
function answerTimes(logFile: string, asked: readonly AskedOne[]): readonly number[] {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').map(lineOf);
  const seen = new Map(
    lines.filter(({ message }) => message === 'events were seen').map((line) => [line.number, line]),
  );
  const sent = new Map(
    lines.filter(({ message }) => message === 'a result was sent').map((line) => [line.requestId, line]),
  );
  return asked.map(({ id, block }) => {
    const [from, to] = [seen.get(block)?.time, sent.get(id)?.time];
    if (from === undefined || to === undefined)
      throw new Error(`${logFile} does not tell when ${id} was seen and answered.`);
    return Date.parse(to) - Date.parse(from);
  });
}

interface Line {
  readonly message?: string;
  readonly time?: string;
  readonly number?: number;
  readonly requestId?: string;
}

const lineOf = (text: string): Line => (text.startsWith('{') ? JSON.parse(text) : {});

const quantiles = (values: readonly number[]): Quantiles => ({
  p50: quantile(values, 0.5),
  p99: quantile(values, 0.99),
});

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
