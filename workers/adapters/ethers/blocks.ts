import { ProtocolError } from '#core/errors.ts';
import type { BlockRef, Hex } from '#ports/chain.ts';
import type { JsonRpc } from './jsonRpc.ts';

interface RawBlock {
  readonly number: string;
  readonly hash: Hex;
  readonly parentHash: Hex;
  readonly timestamp: string;
  readonly logsBloom?: Hex | null;
  readonly baseFeePerGas?: string | null;
  /** Hashes. */
  readonly transactions?: readonly string[] | null;
}

export interface Header extends BlockRef {
  readonly logsBloom: Hex | undefined;
  /** Wei per gas; undefined before EIP-1559. */
  readonly baseFeePerGas: bigint | undefined;
  /** Hashes; undefined = the node does not list them. */
  readonly transactions: readonly string[] | undefined;
}

export type BlockTag = number | 'latest' | 'finalized';

/** undefined = the node does not have it (yet). */
export async function header(rpc: JsonRpc, tag: BlockTag): Promise<Header | undefined> {
  const raw =
    typeof tag === 'number'
      ? await rpc.agreed<RawBlock | null>('eth_getBlockByNumber', [quantity(tag), false], essence)
      : await rpc.newest<RawBlock>(tag, essence);
  if (raw === null) return undefined;
  return {
    number: Number(raw.number),
    hash: raw.hash,
    parentHash: raw.parentHash,
    timestamp: Number(raw.timestamp),
    logsBloom: raw.logsBloom ?? undefined,
    baseFeePerGas: raw.baseFeePerGas ? BigInt(raw.baseFeePerGas) : undefined,
    transactions: raw.transactions ?? undefined,
  };
}

/** What two providers have to say alike of a block. */
const essence = (block: RawBlock | null) =>
  block && [block.number, block.hash, block.parentHash, Number(block.timestamp), block.logsBloom, block.baseFeePerGas];

export async function latest(rpc: JsonRpc): Promise<Header> {
  const head = await header(rpc, 'latest');
  if (head) return head;
  throw new ProtocolError('rpc.unavailable', {
    url: rpc.url,
    method: 'eth_getBlockByNumber',
    reason: 'it has no newest block',
  });
}

export function refOf({ number, hash, parentHash, timestamp }: BlockRef): BlockRef {
  return { number, hash, parentHash, timestamp };
}

export function quantity(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
