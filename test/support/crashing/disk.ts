import { Disk as Plain } from '../../../workers/adapters/blobs/disk.ts';
import { at } from './crashes.ts';

export { SHA256, TooLong } from '../../../workers/adapters/blobs/disk.ts';

export class Disk extends Plain {
  override async receive(...given: Parameters<Plain['receive']>) {
    const received = await at('blob:receive', () => super.receive(...given));
    return { ...received, keep: () => at('blob:keep', received.keep) };
  }
}
