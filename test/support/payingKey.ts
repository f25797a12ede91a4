/** A dispatcher of a key on a chain whose blocks and base fees a test sets. */
import { Wallet } from 'ethers';
import type { BlockRef, Hex } from '#ports/chain.ts';
import type { Dispatcher } from '#ports/dispatch.ts';
import type { Intent, Outbox, TrackedIntent } from '#ports/outbox.ts';
import { type NodeRegistry, NodeRegistry__factory } from '#types';
import { latest, refOf } from '../../workers/adapters/ethers/blocks.ts';
import { Rpc } from '../../workers/adapters/ethers/rpc.ts';
import { EthersSender } from '../../workers/adapters/ethers/sender.ts';
import { outboxMigrations } from '../../workers/adapters/outbox/migrations.ts';
import { sqlOutbox } from '../../workers/adapters/outbox/outbox.ts';
import { KeySigner } from '../../workers/adapters/signer/localKey.ts';
import { openDatabase } from '../../workers/adapters/sql/open.ts';
import { OutboxDispatcher } from '../../workers/submitter/dispatcher.ts';
import type { FeePolicy } from '../../workers/submitter/fees.ts';
import { Anvil, CHAIN_ID } from './anvil.ts';
import { recordedLog, recordedMetrics } from './telemetry.ts';

export const GWEI = 10n ** 9n;

/** Blocks are mined by hand, at the base fee that was set. */
export class PricedChain {
  readonly anvil: Anvil;
  readonly registry: NodeRegistry;
  readonly rpc: Rpc;
  readonly #closing: (() => Promise<void>)[] = [];

  private constructor(anvil: Anvil, registry: NodeRegistry, rpc: Rpc) {
    this.anvil = anvil;
    this.registry = registry;
    this.rpc = rpc;
  }

  static async start(): Promise<PricedChain> {
    const anvil = await Anvil.start('--no-mining');
    const registry = await new NodeRegistry__factory(anvil.wallet(0)).deploy();
    await anvil.mine();
    return new PricedChain(anvil, registry, await Rpc.connect({ url: anvil.url, chainId: CHAIN_ID }));
  }

  /** A block at this base fee, `seconds` after the one before. */
  async mine(baseFee: bigint, seconds = 1): Promise<void> {
    await this.anvil.send('anvil_setNextBlockBaseFeePerGas', `0x${baseFee.toString(16)}`);
    await this.anvil.send('evm_increaseTime', seconds);
    await this.anvil.send('evm_mine');
  }

  async head(): Promise<BlockRef> {
    return refOf(await latest(this.rpc));
  }

  /** A new key with coin, and a dispatcher of it. `url`: of the provider it asks. */
  async key(policy: FeePolicy, url = this.anvil.url): Promise<PayingKey> {
    const { privateKey, address } = Wallet.createRandom();
    await this.anvil.send('anvil_setBalance', address, '0x3635c9adc5dea00000');
    const rpc = url === this.anvil.url ? this.rpc : await Rpc.connect({ url, chainId: CHAIN_ID });
    const database = await openDatabase('pglite:memory', [outboxMigrations]);
    this.#closing.push(() => database.close());
    if (rpc !== this.rpc) this.#closing.push(async () => rpc.close());
    const outbox = sqlOutbox(database.sql);
    return new PayingKey(this, new KeySigner(privateKey), outbox, rpc, policy);
  }

  async stop(): Promise<void> {
    for (const close of this.#closing) await close();
    this.rpc.close();
    await this.anvil.stop();
  }
}

export class PayingKey {
  readonly address: Hex;
  readonly outbox: Outbox;
  readonly log = recordedLog();
  readonly metrics = recordedMetrics();
  readonly #chain: PricedChain;
  readonly #start: () => OutboxDispatcher;
  #dispatcher: OutboxDispatcher;

  constructor(chain: PricedChain, signer: KeySigner, outbox: Outbox, rpc: Rpc, policy: FeePolicy) {
    this.#chain = chain;
    this.address = signer.address;
    this.outbox = outbox;
    this.#start = () =>
      new OutboxDispatcher({
        chainId: CHAIN_ID,
        outbox,
        sender: new EthersSender(rpc),
        signer,
        clock: { now: () => 1_700_000_000_000, sleep: async () => {} },
        policy,
        log: this.log,
        metrics: this.metrics,
      });
    this.#dispatcher = this.#start();
  }

  get dispatcher(): Dispatcher {
    return this.#dispatcher;
  }

  /** A new process goes on with what is stored. */
  restart(): void {
    this.#dispatcher = this.#start();
  }

  /** Its effect is to be found on the chain: the registry's event with this name as endpoint. */
  async send(name: string, change: Partial<Intent> = {}): Promise<TrackedIntent> {
    const { registry } = this.#chain;
    return await this.#dispatcher.send({
      purpose: name,
      to: (await registry.getAddress()) as Hex,
      data: registry.interface.encodeFunctionData('setNode', [1, name]) as Hex,
      expiresAt: undefined,
      ...change,
    });
  }

  /** `finalDepth`: blocks above the final one. */
  async follow(finalDepth = 4): Promise<void> {
    const head = await this.#chain.head();
    await this.#dispatcher.follow(head, { ...head, number: head.number - finalDepth });
  }

  async intent(name: string): Promise<TrackedIntent> {
    const found = await this.outbox.get(name);
    if (!found) throw new Error(`Nothing was planned as ${name}.`);
    return found;
  }

  async attempts(name: string): Promise<TrackedIntent['attempts']> {
    return (await this.intent(name)).attempts;
  }

  async mined(): Promise<number> {
    return Number(await this.#chain.anvil.send<string>('eth_getTransactionCount', this.address, 'latest'));
  }

  /** The names whose effect is on the chain, as often as it was had. */
  async effects(): Promise<string[]> {
    const { registry } = this.#chain;
    const events = await registry.queryFilter(registry.filters.NodeSet(this.address), 0);
    return events.map(({ args }) => args.endpoint);
  }
}
