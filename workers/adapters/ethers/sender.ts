import { Transaction } from 'ethers';
import { ANSWERS } from '#core/errors/broadcast.ts';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import type { ChainSender, FeeMarket, Hex, Receipt } from '#ports/chain.ts';
import { header, latest, refOf } from './blocks.ts';
import { Reverted } from './failure.ts';
import type { JsonRpc } from './jsonRpc.ts';
import { explained } from './revert.ts';

interface RawReceipt {
  readonly transactionHash: Hex;
  readonly blockNumber: string;
  readonly blockHash: Hex;
  readonly status: string;
  readonly gasUsed: string;
}

/** What they mean for a sender that goes on. */
const MEANINGS = [
  ['known', ANSWERS.known],
  ['nonce_too_low', ANSWERS.nonceTooLow],
  ['underpriced', ANSWERS.underpriced],
] as const;

/** Paid to the proposer when the node does not say what is usual, in wei per gas. */
const USUAL_TIP = 1_000_000n;

export class EthersSender implements ChainSender {
  readonly #rpc: JsonRpc;

  constructor(rpc: JsonRpc) {
    this.#rpc = rpc;
  }

  async minedNonce(address: Hex): Promise<number> {
    return Number(await this.#rpc.reached('eth_getTransactionCount', [address, 'latest']));
  }

  /** Twice the base fee holds for six full blocks in a row. */
  async fees(): Promise<FeeMarket> {
    const [head, tip] = await Promise.all([latest(this.#rpc), this.#tip()]);
    const base = head.baseFeePerGas ?? 0n;
    return { maxFeePerGas: 2n * base + tip, maxPriorityFeePerGas: tip, price: base + tip };
  }

  async estimateGas(from: Hex, to: Hex, data: Hex): Promise<bigint> {
    try {
      // Of the newest block: what waits in a pool may never be mined, and would make this one cheaper than it is.
      return BigInt(await this.#estimate([{ from, to, data }, 'latest']));
    } catch (error) {
      if (isProtocolError(error, 'rpc.refused') && ANSWERS.noFunds.test(error.message)) throw poor(from, error);
      throw explained(error);
    }
  }

  async broadcast(raw: Hex): Promise<'accepted' | 'known' | 'nonce_too_low' | 'underpriced'> {
    const said = (await this.#rpc.each<string>('eth_sendRawTransaction', [raw])).map((one) => {
      // Nodes that mine at once report the revert of a transaction they have mined: its receipt tells.
      if (one.status === 'fulfilled' || one.reason instanceof Reverted) return 'accepted';
      return answer(one.reason, raw);
    });
    // One that took it is enough; of the others, whoever says what to do about it.
    for (const kind of ['accepted', 'known', 'underpriced', 'nonce_too_low'] as const)
      if (said.includes(kind)) return kind;
    throw said.find((one) => !(isProtocolError(one) && one.retryable)) ?? said[0];
  }

  async receipt(hash: Hex): Promise<Receipt | undefined> {
    const raw = await this.#rpc.agreed<RawReceipt | null>('eth_getTransactionReceipt', [hash], essence);
    if (!raw) return undefined;
    const block = await header(this.#rpc, Number(raw.blockNumber));
    // The node answers the two calls from different forks for a moment: not mined as far as anybody can say.
    if (block?.hash !== raw.blockHash) return undefined;
    if (block.transactions?.some((one) => one.toLowerCase() === hash.toLowerCase()) === false)
      throw this.#foreign(hash, block.number);
    return {
      transactionHash: raw.transactionHash,
      block: refOf(block),
      success: raw.status === '0x1',
      gasUsed: BigInt(raw.gasUsed),
    };
  }

  async balance(address: Hex): Promise<bigint> {
    return BigInt(await this.#rpc.send<string>('eth_getBalance', [address, 'latest']));
  }

  /** A refusal ends a transaction that was never sent, so it takes more than one provider's word. */
  async #estimate(call: readonly unknown[]): Promise<string> {
    try {
      return await this.#rpc.send<string>('eth_estimateGas', call);
    } catch (error) {
      if (!(error instanceof Reverted) || this.#rpc.agreement === 1) throw error;
      return await this.#rpc.agreed<string>('eth_estimateGas', call, () => 'it would pass');
    }
  }

  #foreign(hash: Hex, number: number): Error {
    return new ProtocolError('rpc.unavailable', {
      url: this.#rpc.url,
      method: 'eth_getTransactionReceipt',
      reason: `its receipt of ${hash} is of block ${number}, which does not list it`,
    });
  }

  async #tip(): Promise<bigint> {
    try {
      return await this.#rpc.reached('eth_maxPriorityFeePerGas', []);
    } catch (error) {
      if (isProtocolError(error, 'rpc.refused')) return USUAL_TIP;
      throw error;
    }
  }
}

const essence = (receipt: RawReceipt | null) =>
  receipt && [receipt.transactionHash, receipt.blockHash, Number(receipt.blockNumber), Number(receipt.status)];

/** What a provider's failure to take a transaction means; an error that means nothing special is given back. */
function answer(error: unknown, raw: Hex): 'known' | 'nonce_too_low' | 'underpriced' | Error {
  // ethers has words of its own for the usual answers and keeps the node's inside; both are looked at.
  const text = isProtocolError(error) ? `${error.message} ${causeOf(error)}` : String(error);
  const known = MEANINGS.find(([, pattern]) => pattern.test(text));
  if (known) return known[0];
  if (ANSWERS.noFunds.test(text)) return poor(senderOf(raw), error);
  if (isProtocolError(error, 'rpc.refused') && ANSWERS.poolFull.test(text))
    return new ProtocolError('rpc.unavailable', error.payload, { cause: error });
  if (ANSWERS.nonceGap.test(text)) {
    const { nonce, from } = Transaction.from(raw);
    return new ProtocolError('chain.nonce_gap', { nonce, address: from ?? 'unknown' }, { cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}

function poor(address: string, cause: unknown): Error {
  const reason = cause instanceof Error ? causeOf(cause) : String(cause);
  return new ProtocolError('chain.insufficient_funds', { address, reason }, { cause });
}

function senderOf(raw: Hex): string {
  return Transaction.from(raw).from ?? 'unknown';
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
