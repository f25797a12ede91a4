import type { Disk } from './disk.ts';
import { orAborted } from './orAborted.ts';

/** Room for files on their way to a bounded directory: with those that are there they stay within the bound. */
export class Room {
  readonly #disk: Disk;
  readonly #maxBytes: number;
  #incoming = 0;
  #left = Promise.withResolvers<void>();

  constructor(disk: Disk, maxBytes: number) {
    this.#disk = disk;
    this.#maxBytes = maxBytes;
  }

  /**
   * Files go, least recently used first; it waits while others on their way leave no room for `size` bytes, which must be within the bound.
   * To be called when the file is there, or will not be: gives up the room.
   */
  async take(size: number, signal: AbortSignal): Promise<() => void> {
    while (this.#incoming + size > this.#maxBytes) await orAborted(this.#left.promise, signal);
    this.#incoming += size;
    const leave = () => {
      this.#incoming -= size;
      this.#left.resolve();
      this.#left = Promise.withResolvers();
    };
    try {
      await this.#clear();
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #clear(): Promise<void> {
    for (const old of this.#disk.byUse) {
      if (this.#disk.bytes + this.#incoming <= this.#maxBytes) return;
      await this.#disk.remove(old.sha256);
    }
  }
}
