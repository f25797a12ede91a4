/** A burst beyond what one machine can do: who waits how long, what is declined, and that nothing is lost. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { VersionId } from '#core/protocol/ids.ts';
import { replay } from '../../scripts/demo/balances.ts';
import { placeEmptyJournal } from '../../scripts/demo/journalTemplate.ts';
import { type Burst, type Demand, requesterFor, type Sent, sendBurst } from '../../scripts/load/demand.ts';
import { offerLoadModels } from '../../scripts/load/offer.ts';
import { type Fate, fatesOf, meanWaits, throughput } from '../../scripts/load/outcome.ts';
import { type Account, actAs, type Network } from '../../sdk/index.ts';
import { KEYS } from '../support/anvil.ts';
import { type Devnet, startDevnet } from '../support/devnet.ts';
import { eventually } from '../support/eventually.ts';
import { faultStory } from '../support/faultStory.ts';
import { RoleProcess } from '../support/process.ts';
import { seeded } from '../support/seeded.ts';

const number = (name: string, short: number) => Number(process.env[name] ?? short);
const REQUESTS = number('SPIKE_REQUESTS', 150);
const MODELS = number('SPIKE_MODELS', 5);
/** Requesters beside the whale; each asks for a hundredth of everything. */
const SMALL = number('SPIKE_SMALL', 2);
const FULL = REQUESTS >= 5_000;
const CHILDREN = 2;
/** A journal opens in a second on an idle machine. */
const START_MS = 240_000;
const OPG = 10n ** 18n;
const FEE = 2n * OPG;
/** Requests of a model that says it is slow, in one transaction, and how long they may take. */
const SLOW = { requests: 32, together: 32, multiplyAdds: 4_000_000_000n, deadlineSeconds: 600 };
const UNDER_WAY: readonly string[] = ['', 'admitted', 'executed', 'submitting', 'submitted'];
const MIB = 2 ** 20;

describe('a spike of demand', function () {
  this.timeout(FULL ? 3_600_000 : 600_000);
  const home = mkdtempSync(path.join(tmpdir(), 'opg-spike-'));
  const running: RoleProcess[] = [];
  let devnet: Devnet | undefined;
  after(async () => {
    for (const role of running) await role.end('SIGKILL');
    await devnet?.anvil.stop();
    rmSync(home, { recursive: true, force: true });
  });

  async function startRole(role: 'node' | 'keeper', key: string, more: Readonly<Record<string, string>> = {}) {
    const { anvil, deployment } = devnet as Devnet;
    const [file, keyFile] = [path.join(home, 'deployment.json'), path.join(home, `${role}.key`)];
    writeFileSync(file, JSON.stringify(deployment));
    writeFileSync(keyFile, key, { mode: 0o600 });
    const own = {
      OPG_RPC_URL: anvil.url,
      OPG_DEPLOYMENT: file,
      OPG_FINALITY: '2',
      OPG_POLL_MS: '50',
      OPG_KEY_FILE: keyFile,
      OPG_DATA_DIR: path.join(home, role),
      OPG_MODEL_DIRECTORY: home,
      ...more,
    };
    await placeEmptyJournal(path.join(home, role, 'journal'));
    const started = new RoleProcess(role, own);
    running.push(started);
    const { url } = await started.says(`${role} started`, START_MS);
    return { process: started, url: String(url) };
  }

  faultStory('spike', async ({ seed, saw }) => {
    devnet = await startDevnet(home);
    const random = seeded(seed);
    const { node: operator } = devnet;
    const bank = await actAs(operator, devnet.anvil.wallet(0));
    const versions = await offerLoadModels(devnet.anvil.wallet(0), operator, home, MODELS);
    const [slow] = await offerLoadModels(devnet.anvil.wallet(0), operator, home, 1, SLOW.multiplyAdds);
    const share = Math.ceil(REQUESTS / 100);
    const { demands, accounts } = await parties(bank, versions, share, random.int);
    const late: Demand = { who: 'late', of: new Map([[slow as VersionId, SLOW.requests]]), ...SLOW };
    accounts.set('late', await requesterFor(bank, 'late', SLOW.requests, FEE));
    const { process: node, url } = await startRole('node', KEYS[1], {
      OPG_EXECUTOR_CONCURRENCY: `${CHILDREN}`,
      OPG_DEADLINE_SLACK_SECONDS: '1',
      OPG_EXECUTOR_MARGIN_SECONDS: '1',
    });

    const [whale, ...small] = demands;
    const began = performance.now();
    // The small ones come when the whale's are there already.
    const first = await sendBurst(accounts, operator.address, [whale as Demand]);
    const then = await sendBurst(accounts, operator.address, [...small, late]);
    const asked = { from: first.from, sent: [...first.sent, ...then.sent] };
    const inTime = asked.sent.filter(({ who }) => who !== 'late');
    await until(bank, first.from, inTime.length, node);
    const seconds = (performance.now() - began) / 1000;
    const loads = await loadsOf(url);
    const peak = peakOf(node.pid);

    // What was declined is told, and ends by its deadline.
    const { fates, unanswered, reasons } = await settled(bank, url, asked);
    for (const { stage, reason } of reasons) {
      expect(stage, reason).to.equal('declined');
      expect(reason).to.match(/^\d+ requests are served before it and it would take about \d+ s, \d+ s are left$/);
    }
    expect(
      unanswered.every(({ who }) => who === 'late'),
      'only what had no time',
    ).to.equal(true);
    expect(unanswered.length, 'declined').to.be.within(1, SLOW.requests - 1);
    const declined = /^worker_serve_declined_total\{why="load"\} (\d+)$/m.exec(
      await (await ask(`${url}/metrics`)).text(),
    );
    expect(Number(declined?.[1])).to.equal(unanswered.length);

    const waits = meanWaits(
      fates.filter(({ who }) => who !== 'late'),
      ({ who }) => who,
    );
    const whaleWait = waits.get('whale') ?? 0;
    const smallWait = Math.max(...[...waits].filter(([who]) => who !== 'whale').map(([, wait]) => wait));
    // A short burst on a busy machine is over before the small ones' come.
    const longest = Math.max(...fates.map(({ askedAt, answeredAt }) => (answeredAt ?? askedAt) - askedAt));
    expect(smallWait, 'seconds that a small requester waits behind a whale').to.be.at.most(FULL ? whaleWait : longest);
    const models = [
      ...meanWaits(
        fates.filter(({ who }) => who === 'whale'),
        ({ version }) => version,
      ).values(),
    ];
    // What a requester asks of several models one after another: the first has up to 1 + ln n shares (workers/watcher/backlog.ts).
    const ahead = MODELS / (1 + Math.log(MODELS));
    expect(Math.max(...models), 'seconds by model').to.be.lessThan(1.5 * ahead * Math.min(...models) + 3);
    expect(loads, 'sessions loaded').to.be.at.most((MODELS + 1) * CHILDREN);
    const rates = throughput(fates, 4);
    if (FULL) {
      expect(Math.min(...rates), 'answers per second over time').to.be.greaterThan(0.4 * Math.max(...rates));
      expect(peak, 'peak memory').to.be.lessThan(2_048 * MIB);
    }

    await ended(devnet, asked.sent);
    saw(
      [
        `${asked.sent.length} requests, ${MODELS} models in ${seconds.toFixed(0)} s`,
        `${rates.map((rate) => rate.toFixed(0)).join(', ')} answers/s over time`,
        `mean wait ${whaleWait.toFixed(1)} s of the whale, at most ${smallWait.toFixed(1)} s of the small`,
        `${Math.min(...models).toFixed(1)} to ${Math.max(...models).toFixed(1)} s by model`,
        `${unanswered.length} declined`,
        `${loads} sessions loaded`,
        `peak ${(peak / MIB).toFixed(0)} MiB`,
        `${perTransaction(fates).toFixed(1)} results a transaction`,
      ].join('; '),
    );
  });

  /** Nothing is under way any more: each has an answer on the chain, or the node says that there will be none. */
  async function settled(net: Network, url: string, asked: Pick<Burst, 'sent' | 'from'>) {
    for (;;) {
      const fates = await fatesOf(net, asked);
      const unanswered = fates.filter(({ answeredAt }) => answeredAt === undefined);
      const reasons = await Promise.all(unanswered.map(({ id }) => told(url, id)));
      if (reasons.every(({ stage }) => !UNDER_WAY.includes(stage ?? ''))) return { fates, unanswered, reasons };
      await sleep(500);
    }
  }

  /** The whale asks for as much of each model; a small one for a share of one. */
  async function parties(bank: Account, versions: readonly VersionId[], share: number, int: (limit: number) => number) {
    const each = Math.ceil((REQUESTS - SMALL * share) / versions.length);
    const demands: Demand[] = [{ who: 'whale', of: new Map(versions.map((version) => [version, each])) }];
    for (let i = 0; i < SMALL; i++) {
      const version = versions[int(versions.length)] as VersionId;
      demands.push({ who: `small-${i}`, of: new Map([[version, share]]) });
    }
    const accounts = new Map<string, Account>();
    for (const { who, of } of demands)
      accounts.set(
        who,
        await requesterFor(
          bank,
          who,
          [...of.values()].reduce((sum, count) => sum + count, 0),
          FEE,
        ),
      );
    return { demands, accounts };
  }

  /** Everybody's deadline passes, a keeper closes what is left, each request has ended, and Escrow holds what its books say. */
  async function ended({ anvil, requester: net }: Devnet, sent: readonly Sent[]): Promise<void> {
    await startRole('keeper', KEYS[3], { OPG_KEEP_MAX_WAIT_SECONDS: '0' });
    await anvil.send('evm_increaseTime', 4_000);
    await anvil.mine(3);
    let fates: readonly Fate[] = [];
    for (let i = 0; i < 3_000; i++) {
      fates = await fatesOf(net, { sent, from: net.deployment.block });
      if (fates.every(({ state }) => ['Final', 'Expired'].includes(state))) break;
      await sleep(FULL ? 5_000 : 300);
    }
    for (const { state, answeredAt } of fates) expect(state).to.equal(answeredAt === undefined ? 'Expired' : 'Final');
    expect(await net.token.balanceOf(net.deployment.addresses.escrow)).to.equal((await replay(net)).total());
  }
});

/** Waits for so many results, or says what the node said if there will be none. */
async function until({ provider, requests }: Account, from: number, count: number, node: RoleProcess): Promise<void> {
  const { topicHash } = requests.getEvent('Submitted').fragment;
  const filter = { address: await requests.getAddress(), topics: [topicHash], fromBlock: from };
  let before = -1;
  let since = performance.now();
  for (;;) {
    const found = (await provider.getLogs(filter)).length;
    if (found >= count) return;
    if (found > before) [before, since] = [found, performance.now()];
    if (performance.now() - since > 120_000)
      throw new Error(`After ${found} of ${count} results nothing came for two minutes. The node says: ${gist(node)}`);
    await sleep(200);
  }
}

/** How often the node said what. */
function gist({ lines }: RoleProcess): string {
  const said = lines.map(({ level, message, from, to, reason, code }) =>
    JSON.stringify({ level, message, from, to, code, reason: String(reason ?? '').replaceAll(/\d+/g, 'N') }),
  );
  return [...Map.groupBy(said, (line) => line)].map(([line, same]) => `\n${same.length} times ${line}`).join('');
}

/** A connection that was kept may be closed by the node in the moment in which it is used again. */
const ask = (url: string) => eventually(`${url} answers`, () => fetch(url).catch(() => undefined));

const told = async (url: string, id: string) =>
  (await (await ask(`${url}/v1/requests/${id}`)).json()) as { readonly stage?: string; readonly reason?: string };

async function loadsOf(url: string): Promise<number> {
  const { components } = (await (await ask(`${url}/healthz`)).json()) as {
    readonly components: { readonly runtime: { readonly loads: number } };
  };
  return components.runtime.loads;
}

function perTransaction(fates: readonly Fate[]): number {
  const answered = fates.flatMap(({ answeredBy }) => answeredBy ?? []);
  return answered.length / new Set(answered).size;
}

/** Most resident bytes of a process. */
function peakOf(pid: number | undefined): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}
