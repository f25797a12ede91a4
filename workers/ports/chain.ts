import type { ProtocolEvent } from '#core/protocol/events.ts';

/** 0x-prefixed lower-case hex. */
export type Hex = `0x${string}`;

export interface BlockRef {
  readonly number: number;
  readonly hash: Hex;
  readonly parentHash: Hex;
  /** Unix seconds. */
  readonly timestamp: number;
}

/** One log of the protocol, where it was seen. (block hash, log index) is its identity: the hash tells forks apart. */
export interface LoggedEvent {
  readonly block: BlockRef;
  readonly transactionHash: Hex;
  readonly logIndex: number;
  readonly event: ProtocolEvent;
}

/**
 * What following a chain yields. Every block is yielded once, in order, with all its protocol events; a block that fell out
 * is yielded as `reorg`, newest first, before its replacement; `final` says that nothing at or below it will change.
 */
export type ChainFact =
  | { readonly kind: 'block'; readonly block: BlockRef; readonly events: readonly LoggedEvent[] }
  | { readonly kind: 'reorg'; readonly block: BlockRef }
  | { readonly kind: 'final'; readonly block: BlockRef };

/** Where to resume: the newest blocks this process has recorded, oldest first, and the last final one. */
export interface ChainCursor {
  readonly recent: readonly BlockRef[];
  readonly final: BlockRef | undefined;
}

export interface ChainReader {
  chainId(): Promise<number>;
  /**
   * Follows the chain from the cursor (or from `startBlock` when it is empty) until the signal aborts. Throws
   * `chain.reorg_too_deep` (final) when a block at or below the cursor's final block is gone.
   */
  follow(cursor: ChainCursor, startBlock: number, signal: AbortSignal): AsyncIterable<ChainFact>;
  head(): Promise<BlockRef>;
  /** eth_call at the newest block. */
  call(to: Hex, data: Hex, from?: Hex): Promise<Hex>;
}

/** Fees of one attempt, in wei per gas (EIP-1559). */
export interface FeeQuote {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** What gas costs now. */
export interface FeeMarket extends FeeQuote {
  /** In the next block: base fee and tip, in wei per gas. `maxFeePerGas` leaves room for it to rise. */
  readonly price: bigint;
}

export type Receipt = {
  readonly transactionHash: Hex;
  readonly block: BlockRef;
  readonly success: boolean;
  readonly gasUsed: bigint;
};

/** What a submitter needs of a node to send transactions. It holds no key and allocates no nonce. */
export interface ChainSender {
  /** Transactions of `address` that are mined: the next free nonce if nothing is pending. */
  minedNonce(address: Hex): Promise<number>;
  fees(): Promise<FeeMarket>;
  /** Gas the call would use; throws a ProtocolError naming the contract's own error if it would revert. */
  estimateGas(from: Hex, to: Hex, data: Hex): Promise<bigint>;
  /** Hands over a signed transaction. `known` = the node had it already. Throws retryable errors for everything transient. */
  broadcast(raw: Hex): Promise<'accepted' | 'known' | 'nonce_too_low' | 'underpriced'>;
  receipt(hash: Hex): Promise<Receipt | undefined>;
  balance(address: Hex): Promise<bigint>;
}
