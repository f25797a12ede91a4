import { createBlobIndex as plain } from '../../../workers/adapters/blobs/walrus/blobIndex.ts';
import { at } from './crashes.ts';

export const createBlobIndex: typeof plain = (directory) => {
  const index = plain(directory);
  return Object.defineProperties(Object.create(index), {
    record: { value: (record: Parameters<typeof index.record>[0]) => at('blob:index', () => index.record(record)) },
  });
};
