/** Transaction nonces of one account. Calls may overlap: each broadcast gets its own nonce, without gaps. */
import { Serial } from './serial.ts';

export class Nonces {
  readonly #pending: () => Promise<number>;
  readonly #serial = new Serial();
  #next = 0;

  /** `pending`: transactions of the account the node knows of, mined or not. */
  constructor(pending: () => Promise<number>) {
    this.#pending = pending;
  }

  /** Broadcasts with the next nonce. If that fails the nonce is free again, so nothing later can wait for it in vain. */
  use<T>(broadcast: (nonce: number) => Promise<T>): Promise<T> {
    return this.#serial.run(async () => {
      const nonce = Math.max(this.#next, await this.#pending());
      try {
        const sent = await broadcast(nonce);
        this.#next = nonce + 1;
        return sent;
      } catch (error) {
        this.#next = 0;
        throw error;
      }
    });
  }
}
