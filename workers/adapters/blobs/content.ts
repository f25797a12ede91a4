/** Content-addressed bytes on local disk: streamed for a storage node, whole for inputs and outputs that stay off chain. */
import { ProtocolError } from '#core/errors.ts';
import type { BlobStore, ContentStore } from '#ports/blobs.ts';
import { Disk, SHA256, TooLong } from './disk.ts';

export interface ContentOptions {
  readonly directory: string;
  /** Bytes of all blobs together. */
  readonly quota: number;
}

export function createContentStore({ directory, quota }: ContentOptions): ContentStore {
  const disk = new Disk(directory);
  /** Blobs being received count with what they may become. */
  let promised = 0;
  return {
    async put(bytes, { maxBytes, sha256: expected }) {
      const room = quota - disk.bytes - promised;
      const limit = Math.max(0, Math.min(maxBytes, room));
      promised += limit;
      try {
        const { sha256, size, keep, drop } = await disk.receive(bytes, limit);
        if (expected !== undefined && sha256 !== expected) {
          await drop();
          throw new ProtocolError('blobs.other_bytes', { sha256: expected, found: sha256 });
        }
        const created = disk.size(sha256) === undefined || (await disk.check(sha256)) !== 'intact';
        await (created ? keep() : drop());
        return { sha256, size, created };
      } catch (error) {
        if (!(error instanceof TooLong)) throw error;
        if (limit < maxBytes)
          throw new ProtocolError('blobs.quota', { used: disk.bytes, size: `more than ${limit}`, bound: quota });
        throw new ProtocolError('blobs.too_large', { sha256: 'sent', size: `more than ${limit}`, bound: maxBytes });
      } finally {
        promised -= limit;
      }
    },
    async stat(sha256) {
      if (!SHA256.test(sha256)) return undefined;
      const found = await disk.check(sha256);
      if (found === 'corrupt')
        throw new ProtocolError('blobs.corrupt', { sha256, sources: 'the file on this disk has other bytes' });
      const size = disk.size(sha256);
      return found === 'intact' && size !== undefined ? { size } : undefined;
    },
    read: (sha256, start, end) => disk.read(sha256, start, end),
    path: (sha256) => disk.path(sha256),
    stats: () => ({ blobs: disk.count, bytes: disk.bytes }),
    check: () => disk.access(),
  };
}

/** Small bytes as a whole, on a content store. */
export function createBlobStore(content: ContentStore, maxBytes: number): BlobStore {
  return {
    async put(bytes) {
      const stream = async function* () {
        yield bytes;
      };
      return (await content.put(stream(), { maxBytes })).sha256;
    },
    async get(sha256) {
      const found = await content.stat(sha256);
      if (!found) return undefined;
      if (found.size > maxBytes)
        throw new ProtocolError('blobs.too_large', { sha256, size: found.size, bound: maxBytes });
      if (found.size === 0) return new Uint8Array();
      const chunks: Uint8Array[] = [];
      for await (const chunk of content.read(sha256, 0, found.size - 1)) chunks.push(chunk);
      return new Uint8Array(Buffer.concat(chunks));
    },
  };
}
