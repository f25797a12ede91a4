/** One block from a trustless gateway, checked against its CID before anybody sees a byte of it. */
import { createHash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import { ProtocolError } from '#core/errors.ts';
import type { Web } from '../web.ts';

export const RAW = 0x55;
export const DAG_PB = 0x70;
const SHA2_256 = 0x12;
/** Twice what IPFS implementations exchange at most. */
export const MAX_BLOCK_BYTES = 4 * 2 ** 20;

/** Throws `blobs.wrong_address` for what is no CID of a file's block: codec raw or dag-pb, hash sha2-256. */
export function fileCid(uri: string, text: string): CID {
  let cid: CID;
  try {
    cid = CID.parse(text);
  } catch (error) {
    throw new ProtocolError('blobs.wrong_address', { uri, reason: `"${text}" is no CID` }, { cause: error });
  }
  return checkedCid(uri, cid);
}

export function checkedCid(uri: string, cid: CID): CID {
  const known = (cid.code === RAW || cid.code === DAG_PB) && cid.multihash.code === SHA2_256;
  if (known && cid.multihash.digest.length === 32) return cid;
  throw new ProtocolError('blobs.wrong_address', { uri, reason: `${cid} is not of a file hashed with sha2-256` });
}

export interface Gateway {
  /** As it is called in errors. */
  readonly uri: string;
  /** Without a slash at its end. */
  readonly base: string;
  readonly web: Web;
}

/**
 * Undefined = the gateway does not have it. Throws `blobs.source_lied` for other bytes and more than `maxBytes`, and plain errors.
 * The path is of the specification: GET /ipfs/{cid}?format=raw.
 */
export async function fetchBlock(
  { uri, base, web }: Gateway,
  cid: CID,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const answer = await web.get(`${base}/ipfs/${cid}?format=raw`, signal, 'application/vnd.ipld.raw');
  const lied = (reason: string) =>
    new ProtocolError('blobs.source_lied', { uri, reason: `${reason} for block ${cid}` });
  if (answer.status !== 200) {
    answer.dismiss();
    if (answer.status === 404 || answer.status === 410) return undefined;
    throw new Error(`answered status ${answer.status}`);
  }
  if ((answer.length ?? 0) > maxBytes) {
    answer.dismiss();
    throw lied(`announces ${answer.length} bytes, more than ${maxBytes},`);
  }
  const chunks: Uint8Array[] = [];
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.length;
    if (size > maxBytes) throw lied(`sent more than ${maxBytes} bytes`);
    hash.update(chunk);
    chunks.push(chunk);
  }
  if (!hash.digest().equals(cid.multihash.digest)) throw lied(`sent ${size} other bytes`);
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
}
