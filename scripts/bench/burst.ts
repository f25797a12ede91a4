/** A burst over a chain in a process of its own, served by one node as an operator runs it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { actAs } from '../../sdk/index.ts';
import { KEYS } from '../../test/support/anvil.ts';
import { startDevnet } from '../../test/support/devnet.ts';
import { placeEmptyJournal } from '../demo/journalTemplate.ts';
import { healthy, Process } from '../demo/processes.ts';
import { type Demand, requesterFor, sendBurst } from '../load/demand.ts';
import { offerLoadModels } from '../load/offer.ts';
import { fatesOf, throughput } from '../load/outcome.ts';
import { peakOf } from './peak.ts';

const MODELS = 20;
const REQUESTERS = 4;
/** Of each requester and model. */
const EACH = 25;
const FEE = 2n * 10n ** 18n;

export interface BurstReport {
  readonly requests: number;
  readonly models: number;
  readonly requesters: number;
  /** Answers per second in each quarter of the time. */
  readonly rates: readonly number[];
  /** Results of a transaction, and what they cost. */
  readonly together: number;
  readonly gasPerResult: number;
  readonly loads: number;
  readonly peakBytes: number | undefined;
}

export async function benchBurst(): Promise<BurstReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'opg-bench-'));
  const devnet = await startDevnet(folder);
  const [deployment, key] = [path.join(folder, 'deployment.json'), path.join(folder, 'node.key')];
  writeFileSync(deployment, JSON.stringify(devnet.deployment));
  writeFileSync(key, KEYS[1], { mode: 0o600 });
  const node = new Process({
    name: 'inference node',
    script: 'workers/node/main.ts',
    environment: {
      OPG_RPC_URL: devnet.anvil.url,
      OPG_DEPLOYMENT: deployment,
      OPG_FINALITY: '2',
      OPG_POLL_MS: '50',
      OPG_KEY_FILE: key,
      OPG_DATA_DIR: path.join(folder, 'node'),
      OPG_MODEL_DIRECTORY: folder,
      OPG_EXECUTOR_CONCURRENCY: '2',
    },
    portVariable: 'OPG_HTTP_PORT',
    logFile: path.join(folder, 'node.log'),
    prepare: () => placeEmptyJournal(path.join(folder, 'node/journal')),
    ready: healthy,
  });
  try {
    await node.start();
    const versions = await offerLoadModels(devnet.anvil.wallet(0), devnet.node, folder, MODELS);
    const bank = await actAs(devnet.node, devnet.anvil.wallet(0));
    const demands: Demand[] = Array.from({ length: REQUESTERS }, (_, i) => ({
      who: `requester-${i}`,
      of: new Map(versions.map((version) => [version, EACH])),
    }));
    const accounts = new Map();
    for (const { who } of demands) accounts.set(who, await requesterFor(bank, who, MODELS * EACH, FEE));
    const burst = await sendBurst(accounts, devnet.node.address, demands);
    const requests = burst.sent.length;
    const { topicHash } = bank.requests.getEvent('Submitted').fragment;
    const filter = { address: await bank.requests.getAddress(), topics: [topicHash], fromBlock: burst.from };
    while ((await bank.provider.getLogs(filter)).length < requests) await sleep(100);
    const fates = await fatesOf(bank, burst);
    const hashes = [...new Set(fates.flatMap(({ answeredBy }) => answeredBy ?? []))];
    let gas = 0n;
    for (const hash of hashes) gas += (await bank.provider.getTransactionReceipt(hash))?.gasUsed ?? 0n;
    const health = (await (await fetch(`${node.url}/healthz`)).json()) as {
      readonly components: { readonly runtime: { readonly loads: number } };
    };
    return {
      requests,
      models: MODELS,
      requesters: REQUESTERS,
      rates: throughput(fates, 4),
      together: requests / hashes.length,
      gasPerResult: Number(gas) / requests,
      loads: health.components.runtime.loads,
      peakBytes: peakOf(node.pid),
    };
  } finally {
    await node.stop();
    await devnet.anvil.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
