/** Files from IPFS trustless gateways: `ipfs://<CID>?gateway=<URL>`. Every block is verified before it is passed on. */
import { ProtocolError } from '#core/errors.ts';
import type { BlobSource } from '#ports/blobs.ts';
import { failed } from '../http.ts';
import { createWeb, type WebOptions } from '../web.ts';
import { fetchBlock, fileCid, MAX_BLOCK_BYTES, RAW } from './blocks.ts';
import { fileBytes } from './file.ts';

export function createIpfsSource(options: WebOptions = {}): BlobSource {
  const web = createWeb(options);

  async function open(uri: string, signal: AbortSignal, size: number | undefined) {
    const [, name = '', base] = /^ipfs:\/\/([^/?#]+)\?gateway=(.+)$/.exec(uri) ?? [];
    if (base === undefined) throw new ProtocolError('blobs.wrong_address', { uri, reason: 'it names no gateway' });
    const cid = fileCid(uri, name);
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const gateway = { uri, base, web };
    const limit = cid.code === RAW ? Math.min(size ?? MAX_BLOCK_BYTES, MAX_BLOCK_BYTES) : MAX_BLOCK_BYTES;
    const root = await fetchBlock(gateway, cid, limit, either);
    if (!root) return undefined;
    const bytes = fileBytes(uri, cid, size, async (part, maxBytes) => {
      if (part.equals(cid)) return root;
      const block = await fetchBlock(gateway, part, maxBytes, either);
      if (!block) throw new Error(`does not have block ${part}`);
      return block;
    });
    return named(uri, bytes, over);
  }

  return {
    schemes: ['ipfs'],
    async open(uri, signal, size) {
      try {
        return await open(uri, signal, size);
      } catch (error) {
        throw failed(uri, error);
      }
    },
  };
}

async function* named(uri: string, bytes: AsyncIterable<Uint8Array>, over: AbortController) {
  try {
    yield* bytes;
  } catch (error) {
    throw failed(uri, error);
  } finally {
    over.abort(); // blocks that were asked for ahead
  }
}
