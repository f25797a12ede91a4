import { ProtocolError } from '#core/errors.ts';
import type { BlockRef, Hex } from '#ports/chain.ts';
import type { Rpc } from './rpc.ts';

interface RawBlock {
  readonly number: string;
  readonly hash: Hex;
  readonly parentHash: Hex;
  readonly timestamp: string;
  readonly logsBloom?: Hex;
  readonly baseFeePerGas?: string;
}

export interface Header extends BlockRef {
  readonly logsBloom: Hex | undefined;
  /** Wei per gas; undefined before EIP-1559. */
  readonly baseFeePerGas: bigint | undefined;
}

export type BlockTag = number | 'latest' | 'finalized';

/** undefined = the node does not have it (yet). */
export async function header(rpc: Rpc, tag: BlockTag): Promise<Header | undefined> {
  const name = typeof tag === 'number' ? quantity(tag) : tag;
  const raw = await rpc.send<RawBlock | null>('eth_getBlockByNumber', [name, false]);
  if (raw === null) return undefined;
  return {
    number: Number(raw.number),
    hash: raw.hash,
    parentHash: raw.parentHash,
    timestamp: Number(raw.timestamp),
    logsBloom: raw.logsBloom,
    baseFeePerGas: raw.baseFeePerGas === undefined ? undefined : BigInt(raw.baseFeePerGas),
  };
}

export async function latest(rpc: Rpc): Promise<Header> {
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
