import { setTimeout as sleep } from 'node:timers/promises';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import type { BlockRef, ChainCursor, ChainFact, ChainReader, Hex } from '#ports/chain.ts';
import { type Header, header, latest, refOf } from './blocks.ts';
import type { EventDecoder } from './decodeEvents.ts';
import type { JsonRpc } from './jsonRpc.ts';
import { LocalChain } from './localChain.ts';
import { Logs } from './logs.ts';
import { explained } from './revert.ts';

/** When a block cannot fall out any more: what the node says, or so many blocks below its newest. */
export type Finality = { readonly kind: 'tag' } | { readonly kind: 'depth'; readonly blocks: number };

export interface ReaderOptions {
  readonly finality: Finality;
  readonly pollMs: number;
  /** Only this far behind the head or further are blocks read by ranges. */
  readonly rangeBeyond?: number;
}

/**
 * Follows a chain by polling its newest block. Cases, by what the node says against the newest block we have (the tip):
 *   1. the same block                      nothing
 *   2. our tip's child                     it is next
 *   3. further ahead                       fetch what lies between, one by one; by ranges where it is final already
 *   4. another block at our height, or a child of another block
 *                                          our tip fell out: `reorg`, and look again
 *   5. behind us on our own chain          a node that lags: wait
 *   6. our final block is not there        `chain.reorg_too_deep`
 * Blocks read by ranges are yielded only if they carry events, or end a range: nothing can take them back.
 */
export class EthersReader implements ChainReader {
  readonly #rpc: JsonRpc;
  readonly #logs: Logs;
  readonly #options: ReaderOptions;
  readonly #chainId: number;
  /** The newest block seen: where providers are asked that have to agree, for each may have another newest one. */
  #seen: BlockRef | undefined;

  constructor(rpc: JsonRpc, chainId: number, decoder: EventDecoder, options: ReaderOptions) {
    this.#rpc = rpc;
    this.#chainId = chainId;
    this.#logs = new Logs(rpc, decoder);
    this.#options = options;
  }

  async chainId(): Promise<number> {
    return this.#chainId;
  }

  async head(): Promise<BlockRef> {
    return refOf(await this.#latest());
  }

  async call(to: Hex, data: Hex, from?: Hex): Promise<Hex> {
    const call = { to, data, ...(from ? { from } : {}) };
    try {
      if (this.#rpc.agreement === 1) return await this.#rpc.send<Hex>('eth_call', [call, 'latest']);
      const { hash } = this.#seen ?? (await this.#latest());
      return await this.#rpc.agreed<Hex>('eth_call', [call, { blockHash: hash }]);
    } catch (error) {
      // The block may have fallen out, or be older than what nodes keep the state of.
      if (isProtocolError(error)) this.#seen = undefined;
      throw explained(error);
    }
  }

  async #latest(): Promise<Header> {
    const head = await latest(this.#rpc);
    this.#seen = head;
    return head;
  }

  async *follow(cursor: ChainCursor, startBlock: number, signal: AbortSignal): AsyncIterable<ChainFact> {
    const chain = new LocalChain(cursor, startBlock);
    while (!signal.aborted) {
      const head = await this.#latest();
      const settled = await this.#finalNumber(head);
      if (settled - chain.next > (this.#options.rangeBeyond ?? 64)) yield* this.#catchUp(chain, settled, signal);
      yield* this.#approach(chain, head, signal);
      const final = chain.finalise(settled);
      if (final) yield { kind: 'final', block: final };
      await sleep(this.#options.pollMs, undefined, { signal }).catch(() => {});
    }
  }

  async #finalNumber(head: Header): Promise<number> {
    const { finality } = this.#options;
    if (finality.kind === 'depth') return head.number - finality.blocks;
    return (await header(this.#rpc, 'finalized'))?.number ?? -1;
  }

  /** Case 3, below finality. Our own tip is checked first: nothing below links to it by itself. */
  async *#catchUp(chain: LocalChain, settled: number, signal: AbortSignal): AsyncIterable<ChainFact> {
    for (let tip = chain.tip; tip; tip = chain.tip) {
      const there = await header(this.#rpc, tip.number);
      if (!there) return;
      if (there.hash === tip.hash) break;
      yield { kind: 'reorg', block: chain.pop(there.hash) };
    }
    const known = chain.finalise(settled);
    if (known) yield { kind: 'final', block: known };
    while (chain.next <= settled && !signal.aborted) {
      const { logs, to } = await this.#logs.ofRange(chain.next, settled);
      const numbers = [...new Set(logs.map((log) => Number(log.blockNumber)).concat(to))].sort((a, b) => a - b);
      for (const number of numbers) {
        const block = await this.#settledBlock(number);
        const own = logs.filter((log) => Number(log.blockNumber) === number);
        if (own.some((log) => log.blockHash !== block.hash)) throw this.#inconsistent(number);
        chain.push(block);
        yield { kind: 'block', block, events: this.#logs.decode(own, block) };
      }
      const final = chain.finalise(to);
      if (final) yield { kind: 'final', block: final };
    }
  }

  /** Cases 1 to 6, block by block up to `head`. */
  async *#approach(chain: LocalChain, head: Header, signal: AbortSignal): AsyncIterable<ChainFact> {
    /** Blocks that fell out because the next one has another parent. */
    const disowned = new Set<Hex>();
    while (!signal.aborted) {
      const { tip, next } = chain;
      if (next > head.number) {
        const ours = chain.at(head.number);
        if (ours?.hash === head.hash) return;
        if (!ours) {
          await this.#checkFinal(chain);
          return;
        }
        yield { kind: 'reorg', block: chain.pop(head.hash) };
        continue;
      }
      const block = next === head.number ? head : await header(this.#rpc, next);
      if (!block) return;
      // The same block again, which its child does not descend from: nothing would ever come of this.
      if (disowned.has(block.hash)) throw this.#inconsistent(block.number);
      if (tip && tip.number === next - 1 && block.parentHash !== tip.hash) {
        disowned.add(tip.hash);
        yield { kind: 'reorg', block: chain.pop(block.parentHash) };
        continue;
      }
      const ref = refOf(block);
      const events = await this.#eventsOf(block);
      if (!events) return;
      chain.push(ref);
      yield { kind: 'block', block: ref, events };
    }
  }

  /** undefined = the block fell out while we asked; the next look at the head sees what is there instead. */
  async #eventsOf(block: Header) {
    try {
      return await this.#logs.ofBlock(block);
    } catch (error) {
      const gone = isProtocolError(error) && error.code.startsWith('rpc.');
      if (!gone || (await header(this.#rpc, block.number))?.hash === block.hash) throw error;
      return undefined;
    }
  }

  /** A head below everything we can still take back: a lagging node has our final block, or none at that height. */
  async #checkFinal(chain: LocalChain): Promise<void> {
    if (!chain.final) return;
    const there = await header(this.#rpc, chain.final.number);
    if (!there || there.hash === chain.final.hash) return;
    throw new ProtocolError('chain.reorg_too_deep', {
      number: chain.final.number,
      recorded: chain.final.hash,
      found: there.hash,
    });
  }

  async #settledBlock(number: number): Promise<BlockRef> {
    const block = await header(this.#rpc, number);
    if (!block) throw this.#inconsistent(number);
    return refOf(block);
  }

  #inconsistent(number: number): Error {
    return new ProtocolError('rpc.unavailable', {
      url: this.#rpc.url,
      method: 'eth_getLogs',
      reason: `its logs and headers of block ${number}, or those of its child, do not belong together`,
    });
  }
}
