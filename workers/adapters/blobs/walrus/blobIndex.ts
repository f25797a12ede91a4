/** The BlobIndex port: a JSON file per blob id, named by it, written beside and renamed. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { BLOB_ID, type BlobIndex, type BlobRecord } from '#ports/walrus.ts';
import { SHA256 } from '../disk.ts';

export function createBlobIndex(directory: string): BlobIndex {
  const folder = path.resolve(directory);
  mkdirSync(folder, { recursive: true });
  const records = new Map<string, BlobRecord>();
  const byContent = new Map<string, BlobRecord>();
  const remember = (record: BlobRecord) => {
    records.set(record.blobId, record);
    byContent.set(record.sha256, record);
  };
  for (const name of readdirSync(folder)) {
    const found = BLOB_ID.test(name) ? parsed(readFileSync(path.join(folder, name), 'utf8')) : undefined;
    if (found?.blobId === name) remember(found);
  }
  return {
    find: (blobId) => records.get(blobId),
    ofContent: (sha256) => byContent.get(sha256),
    async record(record) {
      const file = path.join(folder, record.blobId);
      const beside = `${file}.${randomUUID()}`;
      try {
        const handle = await open(beside, 'wx');
        try {
          await handle.writeFile(JSON.stringify(record));
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(beside, file);
      } catch (error) {
        await rm(beside, { force: true }); // on a full disk, half a file
        throw error;
      }
      remember(record);
    },
    get count() {
      return records.size;
    },
  };
}

/** `undefined` for what a disk or a person damaged: the id is unknown then, and known again when the blob is put again. */
function parsed(text: string): BlobRecord | undefined {
  try {
    const { blobId, sha256, size, registeredEpoch, endEpoch, deletable } = JSON.parse(text);
    const whole = [size, registeredEpoch, endEpoch].every((value) => Number.isSafeInteger(value) && value >= 0);
    if (!BLOB_ID.test(blobId) || !SHA256.test(sha256) || !whole || typeof deletable !== 'boolean') return undefined;
    return { blobId, sha256, size, registeredEpoch, endEpoch, deletable };
  } catch {
    return undefined;
  }
}
