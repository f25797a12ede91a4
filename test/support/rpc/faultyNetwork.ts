/** All roles as processes on one chain that can be turned back, behind providers that can fail and lie: for the faults of the chain. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Wallet } from 'ethers';
import { historyOf } from '#core/protocol/history.ts';
import { type RequestId, toRequestId } from '#core/protocol/ids.ts';
import { isOver } from '#core/protocol/request.ts';
import type { RequestState } from '#core/protocol/states.ts';
import { replay } from '../../../scripts/demo/balances.ts';
import { placeEmptyJournal } from '../../../scripts/demo/journalTemplate.ts';
import { requestEvents } from '../../../sdk/events.ts';
import { type Account, type AskedOne, actAs, deposit, request } from '../../../sdk/index.ts';
import { requestById } from '../../../sdk/search.ts';
import { sqlJournal } from '../../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../../workers/adapters/journal/migrations.ts';
import { openDatabase } from '../../../workers/adapters/sql/open.ts';
import { KEYS } from '../anvil.ts';
import { type Devnet, startDevnet, vectors } from '../devnet.ts';
import { eventually } from '../eventually.ts';
import { RoleProcess } from '../process.ts';
import { Proxies } from './proxies.ts';
import { TurningChain } from './turningChain.ts';

const OPG = 10n ** 18n;
const BLOCK_MS = 250;
const POLL_MS = 150;
/** Many times what anything here takes on a quiet machine. */
const PATIENCE_MS = 300_000;
/** Four processes start at once. */
const START_MS = 240_000;
/** Blocks after which the roles take a block for final. */
export const FINALITY = 6;
/** The providers: three of node and verifier, of which the first is bad at times; and the only one of keeper and indexer, as bad as that. */
export const [BAD, GOOD, THIRD, LONE] = [0, 1, 2, 3] as const;

const SHORT = { challengeBaseSeconds: 2, checkRateLog2: 50, tipDelaySeconds: 1 };

export const ROLES = ['node', 'keeper', 'verifier', 'indexer'] as const;
export type RoleName = (typeof ROLES)[number];
/** What they sign with. The verifier of a chain without wrong results signs nothing. */
const KEY_OF: Readonly<Record<RoleName, string | undefined>> = {
  node: KEYS[1],
  keeper: KEYS[3],
  verifier: KEYS[0],
  indexer: undefined,
};

export class FaultyNetwork {
  readonly devnet: Devnet;
  readonly chain: TurningChain;
  readonly proxies: Proxies;
  readonly #home: string;
  readonly #roles = new Map<RoleName, RoleProcess>();
  readonly #mayEnd = new Set<RoleName>();

  private constructor(home: string, devnet: Devnet, chain: TurningChain, proxies: Proxies) {
    this.#home = home;
    this.devnet = devnet;
    this.chain = chain;
    this.proxies = proxies;
  }

  static async start(seed: number): Promise<FaultyNetwork> {
    const home = mkdtempSync(path.join(tmpdir(), 'opg-faulty-'));
    // A window of seconds, so that a story sees its requests end.
    const devnet = await startDevnet(home, { set: SHORT });
    writeFileSync(path.join(home, 'deployment.json'), JSON.stringify(devnet.deployment));
    const proxies = await Proxies.start(devnet.anvil.url, 4, seed);
    const chain = await TurningChain.of(devnet.anvil, BLOCK_MS);
    const network = new FaultyNetwork(home, devnet, chain, proxies);
    try {
      // One after another: four at once take longer on two cores.
      for (const role of ROLES) await network.startRole(role);
    } catch (error) {
      await network.stop();
      throw error;
    }
    return network;
  }

  role(name: RoleName): RoleProcess {
    return this.#roles.get(name) as RoleProcess;
  }

  async startRole(role: RoleName): Promise<RoleProcess> {
    const folder = path.join(this.#home, role);
    mkdirSync(folder, { recursive: true });
    await placeEmptyJournal(path.join(folder, 'journal'));
    const many = role === 'node' || role === 'verifier';
    const key = KEY_OF[role];
    const keyFile = path.join(this.#home, `${role}.key`);
    if (key) writeFileSync(keyFile, key, { mode: 0o600 });
    const started = new RoleProcess(role, {
      OPG_RPC_URL: many ? this.proxies.urls.slice(0, LONE).join(',') : (this.proxies.urls[LONE] as string),
      OPG_DEPLOYMENT: path.join(this.#home, 'deployment.json'),
      OPG_FINALITY: `${FINALITY}`,
      OPG_POLL_MS: `${POLL_MS}`,
      OPG_DATA_DIR: folder,
      OPG_LOG_LEVEL: 'debug',
      OPG_MODEL_DIRECTORY: this.#home,
      ...(key ? { OPG_KEY_FILE: keyFile } : {}),
      // The keeper leaves the node a moment to close its own.
      ...(role === 'node' ? { OPG_DEADLINE_SLACK_SECONDS: '1', OPG_OPEN_AT_MARGIN_SECONDS: '1' } : {}),
    });
    this.#roles.set(role, started);
    this.#mayEnd.delete(role);
    await started.says(`${role} started`, START_MS);
    return started;
  }

  /** An account of its own with a deposit: what two of them send can be mined in any order. */
  async requester(): Promise<Account> {
    const { anvil, requester } = this.devnet;
    const wallet = new Wallet(Wallet.createRandom().privateKey, anvil.provider);
    await anvil.send('anvil_setBalance', wallet.address, '0x56bc75e2d63100000');
    const account = await actAs(requester, wallet, { laneLimit: 128 });
    await (await requester.token.connect(anvil.wallet(0)).transfer(wallet.address, 10_000n * OPG)).wait();
    await deposit(account, 10_000n * OPG);
    return account;
  }

  /** Asks for one result, and pays more than is asked for. */
  ask(by: Account, deadlineSeconds = 600): Promise<AskedOne> {
    const { version, node } = this.devnet;
    const options = { version, node: node.address, fee: 10n * OPG, deadlineSeconds };
    return request(by, options, vectors.vectors[0]?.inputs ?? {});
  }

  /** What this account asked for in the newest block. */
  async newestOf(by: Account): Promise<RequestId> {
    const { requests } = this.devnet.requester;
    const events = await requests.queryFilter(
      requests.filters.Requested(undefined, by.address),
      await this.chain.head(),
    );
    expect(events, 'requests in the newest block').to.have.length(1);
    return toRequestId(String(events[0]?.args.id));
  }

  /** Waits until each is in one of these states. */
  async reach(asked: readonly RequestId[], ...states: readonly RequestState[]): Promise<void> {
    const left = new Set(asked);
    const look = async () => {
      for (const [name, { exitCode }] of this.#roles)
        if (exitCode !== null && !this.#mayEnd.has(name)) throw new Error(`The ${name} ended by itself (${exitCode}).`);
      for (const id of left) {
        const state = await this.stateOf(id);
        if (state && states.includes(state)) left.delete(id);
      }
      return left.size === 0;
    };
    await eventually(`${asked.length} requests are ${states.join(' or ')}`, look, PATIENCE_MS).catch(
      async (error: Error) => {
        const told = await Promise.all(
          [...left].map(async (id) => `${id} ${await this.stateOf(id)} ${await this.told(id)}`),
        );
        const said = ROLES.map((role) => `${role}: ${this.#lastWords(role).join('\n  ')}`);
        throw new Error([error.message, ...said, ...told].join('\n'));
      },
    );
  }

  /** These may stop by themselves until they are started again: that is what is tried. */
  letEnd(...roles: readonly RoleName[]): void {
    for (const role of roles) this.#mayEnd.add(role);
  }

  /** What it complained of, and the end of what it said. */
  #lastWords(role: RoleName): readonly string[] {
    const { lines } = this.role(role);
    const complaints = lines.filter(({ level }) => level === 'error');
    return [...complaints, ...lines.slice(-8)].map((line) => JSON.stringify(line));
  }

  /** undefined = no event of it stands, or they do not stand still. */
  async stateOf(id: RequestId): Promise<RequestState | undefined> {
    const { requester, deployment } = this.devnet;
    try {
      return historyOf(await requestEvents(requester, id, deployment.block))?.row.state;
    } catch {
      return undefined;
    }
  }

  /** What the node says about a request. */
  async told(id: RequestId): Promise<string> {
    const { url } = await this.role('node').says('node started');
    return await fetch(`${url}/v1/requests/${id}`).then(
      (answer) => answer.text(),
      (error) => String(error),
    );
  }

  /** A number of one role's metrics, summed over labels that contain `labels`. */
  async metric(role: RoleName, name: string, labels = ''): Promise<number> {
    const { url } = await this.role(role).says(`${role} started`);
    const text = await (await fetch(`${url}/metrics`)).text();
    const lines = text.split('\n').filter((line) => new RegExp(`^${name}[{ ]`).test(line) && line.includes(labels));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** What must hold over the whole chain, whatever happened: each of these requests ended once, and nothing is left over. */
  async holds(asked: readonly RequestId[]): Promise<void> {
    const { requester, deployment, anvil } = this.devnet;
    const node = this.role('node');
    for (const id of asked) {
      const events = await requestEvents(requester, id, deployment.block);
      // Throws for a second submission or ending.
      expect(isOver(historyOf(events)?.row.state ?? 'Requested'), `${id} is over`).to.equal(true);
      const runs = node.lines.filter((line) => line.message === 'request executed' && line['requestId'] === id);
      const results = new Set(runs.map((line) => line['outputHash']));
      expect(results.size, `results of ${id}`).to.be.at.most(1);
      for (const event of events)
        if (event.type === 'Submitted')
          expect(event.outputHash, `what was submitted for ${id}`).to.equal([...results][0]);
    }
    await eventually(
      'no transaction waits for one before it',
      async () => {
        const { pending, queued } = await anvil.send<Pool>('txpool_status');
        return Number(pending) === 0 && Number(queued) === 0;
      },
      PATIENCE_MS,
    );
    await eventually(
      'Escrow holds what the events say',
      async () => {
        const [held, ledger] = [await requester.token.balanceOf(deployment.addresses.escrow), await replay(requester)];
        return held === ledger.total();
      },
      PATIENCE_MS,
    );
  }

  /** Waits until the index says of each request what the chain says. */
  async indexed(asked: readonly RequestId[]): Promise<void> {
    const { url } = await this.role('indexer').says('indexer started');
    for (const id of asked)
      await eventually(
        `the index knows how ${id} ended`,
        async () => {
          const told = await requestById(String(url), id).catch(() => undefined);
          return told?.request.state === (await this.stateOf(id));
        },
        PATIENCE_MS,
      );
  }

  async isIndexed(id: RequestId): Promise<boolean> {
    const { url } = await this.role('indexer').says('indexer started');
    return await requestById(String(url), id).then(
      () => true,
      () => false,
    );
  }

  /** Waits until a transaction of this account waits to be mined. */
  async waitsFrom(account: string): Promise<void> {
    interface Waiting {
      readonly pending: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    }
    await eventually(
      `a transaction of ${account} waits`,
      async () => {
        const { pending } = await this.devnet.anvil.send<Waiting>('txpool_content');
        return Object.entries(pending).some(
          ([from, own]) => from.toLowerCase() === account.toLowerCase() && Object.keys(own).length > 0,
        );
      },
      PATIENCE_MS,
    );
  }

  /** The transaction that submitted a result. */
  async submittedBy(id: RequestId): Promise<string | undefined> {
    const { requests } = this.devnet.requester;
    const [event] = await requests.queryFilter(requests.filters.Submitted(id), this.devnet.deployment.block);
    return event?.transactionHash;
  }

  /** What the journal of a role that has ended holds. */
  async journalOf(role: RoleName): Promise<{ readonly final: number; readonly rows: number }> {
    const database = await openDatabase(`pglite:${path.join(this.#home, role, 'journal')}`, [journalMigrations]);
    try {
      const cursor = await sqlJournal(database.sql).cursor();
      const rows = await sqlJournal(database.sql).count('serve');
      return { final: cursor.final?.number ?? 0, rows: Object.values(rows).reduce((sum, n) => sum + n, 0) };
    } finally {
      await database.close();
    }
  }

  async stop(): Promise<void> {
    for (const role of this.#roles.values()) await role.end('SIGKILL');
    await this.chain.stop();
    await this.proxies.stop();
    await this.devnet.anvil.stop();
    rmSync(this.#home, { recursive: true, force: true });
  }
}

interface Pool {
  readonly pending: string;
  readonly queued: string;
}
