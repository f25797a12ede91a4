/**
 * A directory of files named by their sha256. A file gets its name by an atomic rename after its bytes were hashed, so a name is
 * a promise; but disks and people change files, so each is hashed again before its first use after a start, and whenever its
 * inode, size or modification time is not as last seen. Access times order the files by last use and survive restarts.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, readdirSync, statSync } from 'node:fs';
import { access, constants, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

export const SHA256 = /^[0-9a-f]{64}$/;
const STALE_MS = 3_600_000;

/** More bytes arrived than were allowed. */
export class TooLong extends Error {}

interface Entry {
  readonly size: number;
  usedAt: number;
  /** Inode and modification time when the bytes were last hashed. */
  verified: string | undefined;
}

export class Disk {
  readonly directory: string;
  readonly #temporary: string;
  readonly #entries = new Map<string, Entry>();

  constructor(directory: string) {
    this.directory = path.resolve(directory);
    this.#temporary = path.join(this.directory, 'incoming');
    mkdirSync(this.#temporary, { recursive: true });
    for (const name of readdirSync(this.directory)) {
      if (!SHA256.test(name)) continue;
      const { size, atimeMs } = statSync(this.path(name));
      this.#entries.set(name, { size, usedAt: atimeMs, verified: undefined });
    }
    this.#clean();
  }

  path(sha256: string): string {
    if (!SHA256.test(sha256)) throw new TypeError(`"${sha256}" is no sha256 in lower-case hex`);
    return path.join(this.directory, sha256);
  }

  get bytes(): number {
    let bytes = 0;
    for (const { size } of this.#entries.values()) bytes += size;
    return bytes;
  }

  get count(): number {
    return this.#entries.size;
  }

  /** Least recently used first. */
  get byUse(): { readonly sha256: string; readonly size: number }[] {
    return [...this.#entries]
      .sort(([, a], [, b]) => a.usedAt - b.usedAt)
      .map(([sha256, { size }]) => ({ sha256, size }));
  }

  /** `intact` files are marked as used. `corrupt` ones are left for the caller to remove. */
  async check(sha256: string): Promise<'intact' | 'absent' | 'corrupt'> {
    const file = this.path(sha256);
    const facts = await stat(file).catch(() => undefined);
    if (!facts?.isFile()) {
      this.#entries.delete(sha256);
      return 'absent';
    }
    const seen = `${facts.ino}:${facts.size}:${facts.mtimeMs}`;
    if (this.#entries.get(sha256)?.verified !== seen) {
      const hash = createHash('sha256');
      await pipeline(createReadStream(file), hash);
      if (hash.digest('hex') !== sha256) return 'corrupt';
    }
    const now = new Date();
    this.#entries.set(sha256, { size: facts.size, usedAt: now.getTime(), verified: seen });
    await utimes(file, now, facts.mtime).catch(() => undefined); // the order of use is worth no failure
    return 'intact';
  }

  size(sha256: string): number | undefined {
    return this.#entries.get(sha256)?.size;
  }

  /**
   * Receives bytes into a file of its own, `file` until `keep` gives it its name or `drop` removes it. Throws TooLong beyond
   * `maxBytes`, and what the source throws; nothing is left then.
   */
  async receive(bytes: AsyncIterable<Uint8Array>, maxBytes: number, signal?: AbortSignal) {
    const file = path.join(this.#temporary, randomUUID());
    const hash = createHash('sha256');
    let size = 0;
    const measured = async function* (source: AsyncIterable<Uint8Array>) {
      for await (const chunk of source) {
        size += chunk.length;
        if (size > maxBytes) throw new TooLong(`more than ${maxBytes} bytes`);
        hash.update(chunk);
        yield chunk;
      }
    };
    try {
      await pipeline(bytes, measured, createWriteStream(file, { flush: true }), ...(signal ? [{ signal }] : []));
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
    const sha256 = hash.digest('hex');
    const keep = async () => {
      const target = this.path(sha256);
      await rename(file, target);
      const { ino, mtimeMs } = await stat(target);
      this.#entries.set(sha256, { size, usedAt: Date.now(), verified: `${ino}:${size}:${mtimeMs}` });
    };
    return { sha256, size, file, keep, drop: () => rm(file, { force: true }) };
  }

  /** Throws when files cannot be written here any more. */
  access(): Promise<void> {
    return access(this.#temporary, constants.W_OK);
  }

  async remove(sha256: string): Promise<void> {
    this.#entries.delete(sha256);
    await rm(this.path(sha256), { force: true });
  }

  read(sha256: string, start: number, end: number): AsyncIterable<Uint8Array> {
    return createReadStream(this.path(sha256), { start, end });
  }

  /** What a killed process left half-received; younger files may belong to another process on this directory. */
  #clean(): void {
    for (const name of readdirSync(this.#temporary)) {
      const file = path.join(this.#temporary, name);
      if (Date.now() - statSync(file).mtimeMs > STALE_MS) void rm(file, { force: true });
    }
  }
}
