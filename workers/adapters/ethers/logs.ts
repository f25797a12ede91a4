import { isProtocolError, ProtocolError } from '#core/errors.ts';
import type { BlockRef, Hex, LoggedEvent } from '#ports/chain.ts';
import { type Header, quantity, refOf } from './blocks.ts';
import { bloomOf, bloomSpeaksOf, chanceOf } from './bloom.ts';
import type { EventDecoder, RawLog } from './decodeEvents.ts';
import type { JsonRpc } from './jsonRpc.ts';

const LARGEST_RANGE = 10_000;
/** A bloom that speaks of our events by chance less often than this is evidence of them. */
const LIKELY = 0.02;

interface RawReceipt {
  readonly blockHash: Hex;
  readonly logs: readonly RawLog[];
}

/** Fetches the protocol's logs: by block hash near the head, by ranges whose size the node's limits teach when far behind. */
export class Logs {
  readonly #rpc: JsonRpc;
  readonly #decoder: EventDecoder;
  #range = 2_000;

  constructor(rpc: JsonRpc, decoder: EventDecoder) {
    this.#rpc = rpc;
    this.#decoder = decoder;
  }

  /**
   * By hash, so that a block which fell out gives an error instead of another block's logs. A header whose bloom speaks of
   * our events while none came back is asked for once more: nodes index logs a moment after they serve the block. If that bloom
   * is too sparse for chance, the receipts of the block are asked for in their place.
   */
  async ofBlock(header: Header): Promise<readonly LoggedEvent[]> {
    const block = refOf(header);
    // An all-zero bloom beside logs is how some rollups say "no bloom here", so it is not believed alone.
    let logs = await this.#get({ blockHash: block.hash });
    if (logs.length === 0 && this.#isSpokenOf(header)) logs = await this.#get({ blockHash: block.hash });
    if (logs.length === 0 && this.#isSpokenOf(header, LIKELY)) logs = await this.#byReceipts(header);
    return this.#decoded(logs, () => block);
  }

  /** Whether the header's bloom speaks of our events, and would do so by chance with a probability of less than `below`. */
  #isSpokenOf({ logsBloom }: Header, below = 2): boolean {
    if (logsBloom === undefined || /^0x0+$/.test(logsBloom)) return false;
    const { addresses, topics } = this.#decoder;
    if (!bloomSpeaksOf(logsBloom, addresses, topics)) return false;
    return below > 1 || chanceOf(logsBloom, addresses.length, topics.length) < below;
  }

  /** Blocks with such blooms have few transactions. What the receipts hold has to be what the header says of them. */
  async #byReceipts({ number, hash, logsBloom, transactions = [] }: Header): Promise<readonly RawLog[]> {
    const receipts = await Promise.all(
      transactions.map((one) =>
        this.#rpc.agreed<RawReceipt | null>('eth_getTransactionReceipt', [one], (receipt) =>
          receipt?.logs.map(essence),
        ),
      ),
    );
    const logs = receipts.flatMap((receipt) => receipt?.logs ?? []);
    const complete = receipts.every((receipt) => receipt?.blockHash === hash) && bloomOf(logs) === logsBloom;
    if (transactions.length > 0 && !complete)
      throw new ProtocolError('rpc.unavailable', {
        url: this.#rpc.url,
        method: 'eth_getLogs',
        reason: `it gave no logs of block ${number}, whose header speaks of some, and its receipts do not fit the header either`,
      });
    const { addresses, topics } = this.#decoder;
    const ours = new Set(addresses.map((address) => address.toLowerCase()));
    return logs.filter((log) => ours.has(log.address.toLowerCase()) && topics.includes(log.topics[0] ?? '0x'));
  }

  /**
   * Logs of as many blocks from `from` as the node serves at once, at most up to `to`; for final blocks only. Taken as they come: the headers
   * that would tell of logs left out are a call for each block.
   */
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
    return this.#rpc.agreed<readonly RawLog[]>('eth_getLogs', [filter], (logs) => logs.map(essence).sort());
  }
}

const essence = ({ address, topics, data, blockHash, transactionHash, logIndex }: RawLog) =>
  [blockHash, Number(logIndex), transactionHash, address, ...topics, data].join(' ');
