/**
 * The bytes of a UnixFS file, in order, from its verified blocks. Sizes are checked on the way down, so that a file that is not the one
 * wanted is refused at its root, and a graph that repeats itself cannot grow beyond the size.
 */
import { decode } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';
import { ProtocolError } from '#core/errors.ts';
import { checkedCid, MAX_BLOCK_BYTES, RAW } from './blocks.ts';

/** Blocks asked for before they are needed: bounds memory to so many blocks. */
const AHEAD = 8;
/** Levels of a file of 2^40 bytes in blocks of 256 KiB with two links a node, and some. */
const MAX_DEPTH = 32;

/** Links may take a 64th of the file's bytes and this: else a stranger could make a node send a request for every byte. */
const SPARE_BYTES = 65_536;

export type FetchBlock = (cid: CID, maxBytes: number) => Promise<Uint8Array>;

interface Part {
  readonly cid: CID;
  /** What the parent says it has; undefined at a root whose size nobody told. */
  readonly size: number | undefined;
  readonly depth: number;
  block?: Promise<Uint8Array>;
}

/** Throws `blobs.wrong_address` if the graph is not a file of `size` bytes, and what `fetch` throws. */
export async function* fileBytes(
  uri: string,
  root: CID,
  size: number | undefined,
  fetch: FetchBlock,
): AsyncIterable<Uint8Array> {
  /** What is still to come, the next one last. */
  const parts: Part[] = [{ cid: root, size, depth: 0 }];
  let overhead = 0;
  let limit: number | undefined;
  for (;;) {
    for (const part of parts.slice(-AHEAD).reverse()) {
      if (part.block) continue;
      part.block = fetch(part.cid, maxBytesOf(part));
      part.block.catch(() => undefined); // heard when its turn comes
    }
    const part = parts.pop();
    if (!part?.block) return;
    const block = await part.block;
    const { bytes, children, fileSize } = contentOf(uri, part, block);
    overhead += block.length - bytes.length;
    limit ??= fileSize / 64 + SPARE_BYTES;
    if (overhead > limit)
      throw new ProtocolError('blobs.wrong_address', { uri, reason: 'it is in crumbs: its links outweigh the file' });
    if (bytes.length > 0) yield bytes;
    parts.push(...children.reverse());
  }
}

const maxBytesOf = ({ cid, size = MAX_BLOCK_BYTES }: Part) =>
  cid.code === RAW ? Math.min(size, MAX_BLOCK_BYTES) : MAX_BLOCK_BYTES;

/** The part's own bytes, and its children, which come after them; the size of all that. */
function contentOf(uri: string, part: Part, block: Uint8Array) {
  const { cid, size: expected, depth } = part;
  const wrong = (reason: string) => new ProtocolError('blobs.wrong_address', { uri, reason: `${cid} ${reason}` });
  const mustHave = (size: number) => {
    if (expected !== undefined && size !== expected) throw wrong(`has ${size} bytes, not ${expected}`);
  };
  if (cid.code === RAW) {
    mustHave(block.length);
    return { bytes: block, children: [], fileSize: block.length };
  }
  const { unixfs, links } = unixfsOf(block, wrong);
  if (unixfs.type !== 'file' && unixfs.type !== 'raw') throw wrong(`is a ${unixfs.type}: name the CID of one file`);
  const sizes = unixfs.blockSizes.map(Number);
  if (sizes.length !== links.length) throw wrong(`has ${links.length} links and ${sizes.length} sizes`);
  if (sizes.some((size) => !Number.isSafeInteger(size) || size <= 0)) throw wrong('has a part of no size');
  const fileSize = Number(unixfs.fileSize());
  mustHave(fileSize);
  if (links.length > 0 && depth === MAX_DEPTH) throw wrong(`is deeper than ${MAX_DEPTH} levels`);
  const children = links.map((link, i) => ({ cid: checkedCid(uri, link), size: sizes[i], depth: depth + 1 }));
  return { bytes: unixfs.data ?? new Uint8Array(), children, fileSize };
}

function unixfsOf(block: Uint8Array, wrong: (reason: string) => Error): { unixfs: UnixFS; links: CID[] } {
  try {
    const { Data, Links } = decode(block);
    return { unixfs: UnixFS.unmarshal(Data ?? new Uint8Array()), links: Links.map(({ Hash }) => Hash) };
  } catch {
    throw wrong('is no UnixFS file');
  }
}
