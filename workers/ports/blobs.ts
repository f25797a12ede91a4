/** A place bytes can be fetched from. Bytes are never trusted: the store checks the hash. */
export interface BlobSource {
  /** The URI schemes this source serves, for instance ['https', 'http'] or ['file']. */
  readonly schemes: readonly string[];
  /**
   * Streams the blob, which has `size` bytes if that is known; undefined = this source does not have it. Throws, then or while it is
   * read, `blobs.source_failed` (retryable), `blobs.source_lied` if what it sends cannot be the blob, and `blobs.wrong_address` if no
   * source could deliver it from such a URI.
   */
  open(uri: string, signal: AbortSignal, size?: number): Promise<AsyncIterable<Uint8Array> | undefined>;
}

/** Verified model files on local disk, bounded in size, least recently used out first. */
export interface ModelStore {
  /**
   * The path of a file whose sha256 and size are as registered; fetched from the first URI that delivers it if not there.
   * Throws `blobs.unavailable` (retryable) if no source answers in time, `blobs.coming` (retryable) where nobody waits that long for a
   * fetch that goes on, `blobs.corrupt` (final, naming each URI and what it sent) if
   * sources answer with other bytes, `blobs.too_large` if it cannot fit the bound.
   */
  fetch(
    model: { readonly sha256: string; readonly size: number; readonly uris: readonly string[] },
    signal: AbortSignal,
  ): Promise<{ readonly path: string }>;
  /** Forgets a file that turned out to be changed on disk; the next fetch gets it anew. */
  discard(sha256: string): Promise<void>;
}

/** Content-addressed bytes for inputs and outputs that do not go through calldata. Key: lower-case hex sha256. */
export interface BlobStore {
  put(bytes: Uint8Array): Promise<string>;
  get(sha256: string): Promise<Uint8Array | undefined>;
}

/** Content-addressed bytes of any size on local disk: what a storage node serves. Key: lower-case hex sha256. */
export interface ContentStore {
  /**
   * Receives a blob; it is there in whole or not at all. Throws `blobs.too_large` beyond `maxBytes`, `blobs.quota` when the
   * store is full, and `blobs.other_bytes` if a `sha256` is expected and the bytes have another.
   */
  put(
    bytes: AsyncIterable<Uint8Array>,
    options: { readonly maxBytes: number; readonly sha256?: string | undefined },
  ): Promise<{ readonly sha256: string; readonly size: number; readonly created: boolean }>;
  /** Throws `blobs.corrupt` when the file on disk is no longer what its name says. */
  stat(sha256: string): Promise<{ readonly size: number } | undefined>;
  /** Bytes from `start` to `end`, both included. */
  read(sha256: string, start: number, end: number): AsyncIterable<Uint8Array>;
  /** Where the file of a blob that is there can be read. */
  path(sha256: string): string;
  stats(): { readonly blobs: number; readonly bytes: number };
  /** Throws when the directory cannot be read and written. */
  check(): Promise<void>;
}
