/** A network of its own on this machine, every part a process: for the demo, and for the tests from end to end. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { JsonRpcProvider } from 'ethers';
import { network as hardhatNetwork } from 'hardhat';
import { toAddress } from '#core/hex.ts';
import { type IChallengeGame, IChallengeGame__factory } from '#types';
import { writeAddresses } from '../../deploy/addresses.ts';
import type { Profile } from '../../deploy/parameters/schema.ts';
import { readProfile } from '../../deploy/parameters/schema.ts';
import { deploySystem } from '../../deploy/system.ts';
import type { Account, Network } from '../../sdk/index.ts';
import { actAs, connect, parseDeployment } from '../../sdk/index.ts';
import { placeEmptyJournal } from './journalTemplate.ts';
import type { Keys, Party } from './keys.ts';
import { makeKeys, PARTIES } from './keys.ts';
import type { ProcessOptions } from './processes.ts';
import { healthy, Process, ROOT } from './processes.ts';
import type { Settings } from './settings.ts';
import {
  journalOf,
  keeperSettings,
  monitorSettings,
  nodeSettings,
  storageSettings,
  verifierSettings,
  writeSettings,
} from './settings.ts';

/** Milliseconds between looks for a receipt. */
const POLL_MS = 25;
/** Ether for gas, in wei: 1,000. */
const GAS_MONEY = 10n ** 21n;
/** Requests one account may have in flight. */
const LANES = 512;

export interface Deployed {
  readonly net: Network;
  /** Where the contracts are, as a worker reads it. */
  readonly addressesFile: string;
  /** Contracts sent, in transactions. */
  readonly transactions: number;
  readonly gas: bigint;
  readonly accounts: Readonly<Record<Party, Account>>;
  /** The account that deployed, and has the tokens nobody else has. */
  readonly faucet: Account;
  readonly game: IChallengeGame;
}

export class LocalNetwork {
  readonly directory: string;
  readonly chain: Process;
  readonly storage: Process;
  readonly #processes: Process[] = [];
  #keys: Keys | undefined;

  /** Everything is kept in `directory`; what was there before is removed. */
  constructor(directory: string) {
    rmSync(directory, { recursive: true, force: true });
    this.directory = directory;
    this.chain = this.#add({
      name: 'chain',
      script: 'scripts/localChain.ts',
      environment: {},
      portVariable: 'LOCAL_CHAIN_PORT',
      ready: answers,
    });
    this.storage = this.#worker('storage', 'storage', storageSettings());
  }

  get keys(): Keys {
    if (this.#keys === undefined) throw new Error('Keys are made when the contracts are deployed.');
    return this.#keys;
  }

  /** Deploys everything on the running chain, and gives each party a key and ether for gas. */
  async deploy(changes: Partial<Profile['firstSet']> = {}): Promise<Deployed> {
    const provider = new JsonRpcProvider(this.chain.url, undefined, {
      staticNetwork: true,
      cacheTimeout: -1,
      pollingInterval: POLL_MS,
    });
    this.#keys = makeKeys(path.join(this.directory, 'keys'), provider);
    const { wallets } = this.#keys;
    const profile = readProfile(path.join(ROOT, 'deploy/parameters/local.json'));
    const parameters = {
      ...profile,
      treasury: wallets.treasury.address,
      firstSet: { ...profile.firstSet, ...changes },
    };
    const connection = await hardhatNetwork.create({ network: 'localhost', override: { url: this.chain.url } });
    const addresses = await deploySystem({ connection, parameters });
    const addressesFile = writeAddresses(addresses, path.join(this.directory, 'addresses'));
    const deployer = await provider.getSigner(addresses.deployer);
    const { transactions, gas } = await sentBy(provider, addresses.deployer);

    for (const { address } of Object.values(wallets))
      await provider.send('hardhat_setBalance', [address, `0x${GAS_MONEY.toString(16)}`]);
    const net = await connect({ provider, deployment: parseDeployment(addresses) });
    const accounts = await Promise.all(
      PARTIES.map(async (party) => [party, await actAs(net, wallets[party], { laneLimit: LANES })] as const),
    );
    return {
      net,
      addressesFile,
      transactions,
      gas,
      accounts: Object.fromEntries(accounts) as Record<Party, Account>,
      faucet: await actAs(net, deployer),
      game: IChallengeGame__factory.connect(addresses.addresses.game, provider),
    };
  }

  /** Ether for gas, for a key that is none of the parties'. */
  async fundGas(address: string): Promise<void> {
    const provider = new JsonRpcProvider(this.chain.url, undefined, { staticNetwork: true });
    await provider.send('hardhat_setBalance', [address, `0x${GAS_MONEY.toString(16)}`]);
    provider.destroy();
  }

  /** An inference node of the party `node`, signing with its hot key. */
  node({ addressesFile, accounts }: Deployed, changes: Settings = {}): Process {
    const { chain, storage, keys } = this;
    const account = toAddress(accounts.node.address);
    const settings = nodeSettings({ chain, storage, addressesFile, keyFile: keys.fileOf('hotKey'), account });
    return this.#worker('node', 'inference node', settings, changes);
  }

  keeper({ addressesFile }: Deployed, changes: Settings = {}): Process {
    const { chain, keys } = this;
    return this.#worker(
      'keeper',
      'keeper',
      keeperSettings({ chain, addressesFile, keyFile: keys.fileOf('keeper') }),
      changes,
    );
  }

  /** A verifier that checks everything. `script`: another file to run than its own. */
  verifier({ addressesFile }: Deployed, changes: Settings = {}, script?: string): Process {
    const { chain, storage, keys } = this;
    const settings = verifierSettings({ chain, storage, addressesFile, keyFile: keys.fileOf('verifier') });
    return this.#worker('verifier', 'verifier', settings, changes, 'verifier', script);
  }

  /** A node of the party `cheat` that falsifies what it computes, or is silent: section `faults` of its configuration. */
  cheat(
    { addressesFile, accounts }: Deployed,
    faults: Settings[string],
    changes: Settings = {},
    script?: string,
  ): Process {
    const { chain, storage, keys } = this;
    const account = toAddress(accounts.cheat.address);
    const settings = nodeSettings({ chain, storage, addressesFile, keyFile: keys.fileOf('cheat'), account });
    // It offers nothing, and takes what it is named for.
    const admission = { ...settings['admission'], minNetPerItem: '0' };
    return this.#worker('cheat', 'cheating node', { ...settings, admission, faults }, changes, 'cheat', script);
  }

  /** Rebuilds everything from events and answers searches; has no key. */
  indexer({ addressesFile }: Deployed, changes: Settings = {}, name = 'indexer'): Process {
    const { chain, storage } = this;
    return this.#worker('indexer', name, monitorSettings({ chain, storage, addressesFile }), changes, name);
  }

  /** Shows disputes, and has no key. */
  monitor({ addressesFile }: Deployed, changes: Settings = {}): Process {
    const { chain, storage } = this;
    return this.#worker('monitor', 'monitor', monitorSettings({ chain, storage, addressesFile }), changes);
  }

  /** A verifier that challenges right results. `faults`: where its trace lies, and when it is silent. */
  liar({ addressesFile }: Deployed, faults: Settings[string] = {}, script?: string): Process {
    const { chain, storage, keys } = this;
    const settings = verifierSettings({ chain, storage, addressesFile, keyFile: keys.fileOf('liar') });
    const verifier = { defend: false, suspicionPercent: 0 };
    return this.#worker('liar', 'liar', { ...settings, verifier, faults }, {}, 'liar', script);
  }

  /** One more keeper, with a name and a journal of its own. */
  spare({ addressesFile }: Deployed, changes: Settings = {}): Process {
    const name = `keeper-${this.#processes.length}`;
    const settings = keeperSettings({ chain: this.chain, addressesFile, keyFile: this.keys.fileOf('keeper') });
    return this.#worker('keeper', name, settings, changes, name);
  }

  /** Ends every process, the newest first. */
  async stop(): Promise<void> {
    for (const one of [...this.#processes].reverse()) await one.stop();
  }

  /** A process of this network by its name, if it runs. */
  named(name: string): Process | undefined {
    return this.#processes.find((one) => one.name === name && one.running);
  }

  /** What a person should look at when something went wrong: the ends of logs of processes that are gone, warnings of the others. */
  complaints(): string[] {
    return this.#processes.flatMap((one) => one.complaints());
  }

  #worker(
    role: string,
    name: string,
    settings: Settings,
    changes: Settings = {},
    place = role,
    script = `workers/${role}/main.ts`,
  ): Process {
    const folder = path.join(this.directory, place);
    const config = writeSettings(folder, settings, changes);
    const prepare = async () => {
      if (settings['journal']) await placeEmptyJournal(journalOf(folder));
    };
    return this.#add({
      name,
      script,
      environment: { OPG_CONFIG: config },
      portVariable: 'OPG_HTTP_PORT',
      ready: healthy,
      prepare,
    });
  }

  #add(options: Omit<ProcessOptions, 'logFile'>): Process {
    const logFile = path.join(this.directory, 'logs', `${options.name.replaceAll(' ', '-')}.log`);
    const made = new Process({ ...options, logFile });
    this.#processes.push(made);
    return made;
  }
}

async function answers(url: string): Promise<boolean> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] });
  return (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).ok;
}

async function sentBy(provider: JsonRpcProvider, deployer: string): Promise<{ transactions: number; gas: bigint }> {
  const head = await provider.getBlockNumber();
  let transactions = 0;
  let gas = 0n;
  for (let number = 0; number <= head; number++) {
    const block = await provider.getBlock(number, true);
    for (const sent of block?.prefetchedTransactions ?? []) {
      if (sent.from !== deployer) continue;
      transactions++;
      gas += (await provider.getTransactionReceipt(sent.hash))?.gasUsed ?? 0n;
    }
  }
  return { transactions, gas };
}
