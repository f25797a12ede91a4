import { isProtocolError } from '#core/errors.ts';
import type { BlockRef, Hex, LoggedEvent } from '#ports/chain.ts';
import { quantity } from './blocks.ts';
import { bloomSpeaksOf } from './bloom.ts';
import type { EventDecoder, RawLog } from './decodeEvents.ts';
import type { Rpc } from './rpc.ts';

const LARGEST_RANGE = 10_000;

/** Fetches the protocol's logs: by block hash near the head, by ranges whose size the node's limits teach when far behind. */
export class Logs {
  readonly #rpc: Rpc;
  readonly #decoder: EventDecoder;
  #range = 2_000;

  constructor(rpc: Rpc, decoder: EventDecoder) {
    this.#rpc = rpc;
    this.#decoder = decoder;
  }

  /**
   * By hash, so that a block which fell out gives an error instead of another block's logs. A header whose bloom speaks of
   * our events while none came back is asked for once more: nodes index logs a moment after they serve the block.
   */
  async ofBlock(block: BlockRef, logsBloom: Hex | undefined): Promise<readonly LoggedEvent[]> {
    const empty = logsBloom !== undefined && /^0x0+$/.test(logsBloom);
    const speaks = logsBloom !== undefined && bloomSpeaksOf(logsBloom, this.#decoder.addresses, this.#decoder.topics);
    // An all-zero bloom beside logs is how some rollups say "no bloom here", so it is not believed alone.
    let logs = await this.#get({ blockHash: block.hash });
    if (logs.length === 0 && speaks && !empty) logs = await this.#get({ blockHash: block.hash });
    return this.#decoded(logs, () => block);
  }

  /** Logs of as many blocks from `from` as the node serves at once, at most up to `to`; for final blocks only. */
  async ofRange(from: number, to: number): Promise<{ readonly logs: readonly RawLog[]; readonly to: number }> {
    for (;;) {
      const end = Math.min(to, from + this.#range - 1);
      try {
        const logs = await this.#get({ fromBlock: quantity(from), toBlock: quantity(end) });
        this.#range = Math.min(LARGEST_RANGE, this.#range * 2);
        return { logs, to: end };
      } catch (error) {
        if (end === from || !isProtocolError(error, 'rpc.refused')) throw error;
        this.#range = Math.max(1, Math.floor((end - from + 1) / 2));
      }
    }
  }

  decode(logs: readonly RawLog[], block: BlockRef): readonly LoggedEvent[] {
    return this.#decoded(logs, () => block);
  }

  #decoded(logs: readonly RawLog[], blockOf: (log: RawLog) => BlockRef): readonly LoggedEvent[] {
    const events: LoggedEvent[] = [];
    for (const log of logs) {
      const event = this.#decoder.decode(log);
      if (event)
        events.push({
          block: blockOf(log),
          transactionHash: log.transactionHash,
          logIndex: Number(log.logIndex),
          event,
        });
    }
    return events.sort((a, b) => a.logIndex - b.logIndex);
  }

  #get(place: object): Promise<readonly RawLog[]> {
    const filter = { ...place, address: this.#decoder.addresses, topics: [this.#decoder.topics] };
    return this.#rpc.send<readonly RawLog[]>('eth_getLogs', [filter]);
  }
}
