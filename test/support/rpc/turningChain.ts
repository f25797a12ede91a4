import { setTimeout as sleep } from 'node:timers/promises';
import type { Hex } from '#ports/chain.ts';
import type { Anvil } from '../anvil.ts';

/** A transaction that was in a block. */
export interface Lost {
  readonly hash: Hex;
  readonly from: Hex;
  readonly raw: Hex;
}

/** A chain that grows by itself and can be turned back: blocks that fall out lose their transactions, until somebody sends them again. */
export class TurningChain {
  readonly #anvil: Anvil;
  readonly #blockMs: number;
  #running = true;
  #held = false;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #growing: Promise<void>;

  /** Takes over the mining of a chain. */
  private constructor(anvil: Anvil, blockMs: number) {
    this.#anvil = anvil;
    this.#blockMs = blockMs;
    this.#growing = this.#grow();
  }

  static async of(anvil: Anvil, blockMs: number): Promise<TurningChain> {
    await anvil.send('evm_setAutomine', false);
    await anvil.send('evm_setIntervalMining', 0);
    return new TurningChain(anvil, blockMs);
  }

  head(): Promise<number> {
    return this.#anvil.send<string>('eth_blockNumber').then(Number);
  }

  /** From now on blocks come only by `mine`, until `letGo`. */
  async hold(): Promise<void> {
    this.#held = true;
    await this.#turn;
  }

  letGo(): void {
    this.#held = false;
  }

  async mine(blocks = 1): Promise<void> {
    for (let i = 0; i < blocks; i++) await this.#alone(() => this.#anvil.send('evm_mine'));
  }

  /** Resolves when so many more blocks are there. */
  async grow(blocks: number): Promise<void> {
    const wanted = (await this.head()) + blocks;
    while ((await this.head()) < wanted) await sleep(this.#blockMs);
  }

  /**
   * Puts other, empty blocks in place of the newest `depth`, and tells which transactions were in them, oldest first. `then` is done
   * before the chain grows on.
   */
  async fallOut(
    depth: number,
    then: (lost: readonly Lost[]) => Promise<void> = async () => {},
  ): Promise<readonly Lost[]> {
    return await this.#alone(async () => {
      const head = await this.head();
      const lost: Lost[] = [];
      for (let number = head - depth + 1; number <= head; number++) lost.push(...(await this.#transactionsOf(number)));
      await this.#anvil.send('anvil_reorg', depth, []);
      await then(lost);
      return lost;
    });
  }

  /** Sends them again; those that would have no effect any more are refused, and left out. */
  async bringBack(lost: readonly Lost[]): Promise<void> {
    for (const { raw } of lost) await this.#anvil.send('eth_sendRawTransaction', raw).catch(() => {});
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#growing;
  }

  async #transactionsOf(number: number): Promise<readonly Lost[]> {
    interface Block {
      readonly transactions: readonly { readonly hash: Hex; readonly from: Hex }[];
    }
    const block = await this.#anvil.send<Block>('eth_getBlockByNumber', `0x${number.toString(16)}`, true);
    return await Promise.all(
      block.transactions.map(async ({ hash, from }) => ({
        hash,
        from,
        raw: await this.#anvil.send<Hex>('eth_getRawTransactionByHash', hash),
      })),
    );
  }

  async #grow(): Promise<void> {
    while (this.#running) {
      if (!this.#held) await this.mine();
      await sleep(this.#blockMs);
    }
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}
