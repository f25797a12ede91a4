/** Transaction nonces of one account. Calls may overlap: each gets its own nonce, without gaps. */
import { ProtocolError } from '#core/errors.ts';
import { reasonIn, type Sent } from './sending.ts';
import { Serial } from './serial.ts';

export class Nonces {
  readonly #pending: () => Promise<number>;
  readonly #broadcast: (raw: string) => Promise<void>;
  readonly #serial = new Serial();
  /** Sent, and waited for. */
  readonly #underWay = new Set<number>();
  /** Signed, and not waited for any more; they may be on their way. By nonce. */
  readonly #lost = new Map<number, Sent & { readonly raw: string }>();
  /** The endpoint's count may be behind what we have seen mined. */
  #lastMined = -1;

  /** `pending`: transactions of the account the node knows of, mined or not. */
  constructor(pending: () => Promise<number>, broadcast: (raw: string) => Promise<void>) {
    this.#pending = pending;
    this.#broadcast = broadcast;
  }

  /** Sends with the next nonce. If that throws, nothing left, and the nonce is free again. Then either `mined` or `lost` is to be called. */
  use(send: (nonce: number) => Promise<Sent>): Promise<Sent> {
    return this.#serial.run(async () => {
      const counted = await this.#counted();
      const nonce = Math.max(counted, 1 + Math.max(this.#lastMined, ...this.#underWay, ...this.#lost.keys()));
      try {
        const sent = await send(nonce);
        this.#underWay.add(nonce);
        return sent;
      } catch (error) {
        // The chain may have turned back: let the endpoint say what is mined.
        this.#lastMined = -1;
        throw error;
      }
    });
  }

  mined({ nonce }: Sent): void {
    this.#underWay.delete(nonce);
    this.#lastMined = Math.max(this.#lastMined, nonce);
  }

  /** Nobody knows what became of it. Its nonce is not given out again, unless it is its signer's to send it. */
  lost(sent: Sent): void {
    this.#underWay.delete(sent.nonce);
    if (sent.raw !== undefined) this.#lost.set(sent.nonce, { ...sent, raw: sent.raw });
  }

  /** What the endpoint counts. What was lost is sent again until it is part of that: behind a gap nothing is mined. */
  async #counted(): Promise<number> {
    const counted = await this.#pending();
    const missing = this.#missing(counted);
    if (missing.length === 0) return counted;
    let why: unknown = new Error('the endpoint does not count it');
    for (const { raw } of missing)
      await this.#broadcast(raw).catch((error) => {
        why = error;
      });
    const again = await this.#pending();
    const [first] = this.#missing(again);
    if (first === undefined) return again;
    const before = `transaction ${first.hash} with nonce ${first.nonce} was signed before and has to arrive first`;
    throw new ProtocolError('chain.unavailable', { reason: `${before}: ${reasonIn(why)}` }, { cause: why });
  }

  #missing(counted: number): readonly (Sent & { readonly raw: string })[] {
    for (const nonce of this.#lost.keys()) if (nonce < counted) this.#lost.delete(nonce);
    return [...this.#lost.values()].sort((a, b) => a.nonce - b.nonce);
  }
}
