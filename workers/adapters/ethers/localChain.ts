import { ProtocolError } from '#core/errors.ts';
import type { BlockRef, ChainCursor } from '#ports/chain.ts';

/** The part of the chain that can still change, as this process has seen it: data, no calls. */
export class LocalChain {
  readonly #recent: BlockRef[];
  #final: BlockRef | undefined;
  #next: number;

  constructor(cursor: ChainCursor, startBlock: number) {
    const { final } = cursor;
    this.#recent = cursor.recent.filter((block) => final === undefined || block.number > final.number);
    this.#final = final;
    this.#next = (this.tip?.number ?? startBlock - 1) + 1;
  }

  get tip(): BlockRef | undefined {
    return this.#recent.at(-1) ?? this.#final;
  }

  get final(): BlockRef | undefined {
    return this.#final;
  }

  /** The number of the block that comes next. */
  get next(): number {
    return this.#next;
  }

  at(number: number): BlockRef | undefined {
    if (this.#final?.number === number) return this.#final;
    return this.#recent.find((block) => block.number === number);
  }

  push(block: BlockRef): void {
    this.#recent.push(block);
    this.#next = block.number + 1;
  }

  /** Takes the tip back because `found` is in its place. */
  pop(found: string): BlockRef {
    const block = this.#recent.pop();
    if (block) {
      this.#next = this.tip ? this.tip.number + 1 : block.number;
      return block;
    }
    throw new ProtocolError('chain.reorg_too_deep', {
      number: this.#final?.number ?? 0,
      recorded: this.#final?.hash ?? 'nothing',
      found,
    });
  }

  /** The newest known block at or below `number` becomes final. undefined = nothing new is. */
  finalise(number: number): BlockRef | undefined {
    let newest: BlockRef | undefined;
    while ((this.#recent[0]?.number ?? Number.POSITIVE_INFINITY) <= number) newest = this.#recent.shift();
    if (newest) this.#final = newest;
    return newest;
  }
}
