/** Blobs in a local directory whose files are named by their sha256: `file:<sha256>` or any file URI that ends in one. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { ProtocolError } from '#core/errors.ts';
import type { BlobSource } from '#ports/blobs.ts';
import { SHA256 } from './disk.ts';

/**
 * Only the last part of the URI counts, and only inside `directory`: URIs are published by strangers and must not make a node
 * open devices or its own secrets.
 */
export function createFileSource(directory: string): BlobSource {
  return {
    schemes: ['file'],
    async open(uri, _signal, size) {
      const name = uri.split(/[/:]/).at(-1) ?? '';
      if (!SHA256.test(name))
        throw new ProtocolError('blobs.source_failed', { uri, reason: 'does not end in a lower-case sha256' });
      const file = path.join(directory, name);
      const facts = await stat(file).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw new ProtocolError('blobs.source_failed', { uri, reason: error.message }, { cause: error });
      });
      if (!facts?.isFile()) return undefined;
      if (size === undefined || facts.size === size) return createReadStream(file);
      throw new ProtocolError('blobs.source_lied', { uri, reason: `has ${facts.size} of ${size} bytes` });
    },
  };
}
