/** Files as IPFS stores them: UnixFS graphs in the balanced layout, and a trustless gateway that serves their blocks. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { encode, prepare } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';

const RAW = 0x55;
const DAG_PB = 0x70;
const SHA2_256 = 0x12;

export type Blocks = Map<string, Uint8Array>;

export interface Layout {
  /** Bytes of a leaf, default 262,144, and links of a node, default 174: Kubo's. */
  readonly chunk?: number;
  readonly width?: number;
  /** CIDv0: leaves wrapped in UnixFS. */
  readonly v0?: boolean;
}

interface Node {
  readonly cid: CID;
  /** Of the file below it, and of all blocks below it with its own. */
  readonly size: number;
  readonly weight: number;
}

export function keep(blocks: Blocks, code: number, block: Uint8Array, v0 = false): CID {
  const digest = create(SHA2_256, createHash('sha256').update(block).digest());
  const cid = v0 ? CID.createV0(digest) : CID.createV1(code, digest);
  blocks.set(cid.toString(), block);
  return cid;
}

/** Adds the blocks of a file and returns its CID. */
export function addFile(blocks: Blocks, bytes: Uint8Array, layout: Layout = {}): string {
  const { chunk = 262_144, width = 174, v0 = false } = layout;
  const leaf = (part: Uint8Array): Node => {
    if (!v0) return { cid: keep(blocks, RAW, part), size: part.length, weight: part.length };
    const unixfs = new UnixFS({ type: 'file', ...(part.length > 0 ? { data: part } : {}) });
    const block = encode({ Data: unixfs.marshal(), Links: [] });
    return { cid: keep(blocks, DAG_PB, block, v0), size: part.length, weight: block.length };
  };
  let level: Node[] = [];
  for (let at = 0; at < Math.max(bytes.length, 1); at += chunk) level.push(leaf(bytes.subarray(at, at + chunk)));
  while (level.length > 1) {
    const above: Node[] = [];
    for (let at = 0; at < level.length; at += width) above.push(parent(blocks, level.slice(at, at + width), v0));
    level = above;
  }
  return (level[0] as Node).cid.toString();
}

function parent(blocks: Blocks, children: readonly Node[], v0: boolean): Node {
  const sizes = children.map(({ size }) => size);
  const links = children.map(({ cid, weight }) => ({ Name: '', Hash: cid, Tsize: weight }));
  const block = fileNode(sizes, links);
  const sum = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);
  const weight = block.length + sum(children.map((child) => child.weight));
  return { cid: keep(blocks, DAG_PB, block, v0), size: sum(sizes), weight };
}

/** A node of a file that says of its parts what it is told to. */
export function fileNode(
  sizes: readonly number[],
  links: readonly { Name: string; Hash: CID; Tsize: number }[],
  type: 'file' | 'directory' = 'file',
): Uint8Array {
  const unixfs = new UnixFS({ type, blockSizes: sizes.map(BigInt) });
  return encode(prepare({ Data: unixfs.marshal(), Links: [...links] }));
}

/** GET /ipfs/<CID>?format=raw, and nothing else. */
export function answerBlock(blocks: Blocks, request: IncomingMessage, response: ServerResponse): void {
  const name = /^\/ipfs\/(\w+)\?format=raw$/.exec(request.url ?? '')?.[1];
  const block = blocks.get(name ?? '');
  if (request.headers.accept !== 'application/vnd.ipld.raw') response.writeHead(406).end();
  else if (block) response.writeHead(200, { 'content-type': 'application/vnd.ipld.raw' }).end(block);
  else response.writeHead(name ? 404 : 400).end();
}
