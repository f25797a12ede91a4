/** A place bytes can be fetched from. Bytes are never trusted: the store checks the hash. */
export interface BlobSource {
  /** The URI schemes this source serves, for instance ['https', 'http'] or ['file']. */
  readonly schemes: readonly string[];
  /** Streams the blob; undefined = this source does not have it. Throws `blobs.unavailable` (retryable) on network errors. */
  open(uri: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined>;
}

/** Verified model files on local disk, bounded in size, least recently used out first. */
export interface ModelStore {
  /**
   * The path of a file whose sha256 and size are as registered; fetched from the first URI that delivers it if not there.
   * Throws `blobs.unavailable` (retryable) if no source answers, `blobs.corrupt` (final, naming each URI and what it sent) if
   * sources answer with other bytes, `blobs.too_large` if it cannot fit the bound.
   */
  fetch(
    model: { readonly sha256: string; readonly size: number; readonly uris: readonly string[] },
    signal: AbortSignal,
  ): Promise<{ readonly path: string }>;
}

/** Content-addressed bytes for inputs and outputs that do not go through calldata. Key: lower-case hex sha256. */
export interface BlobStore {
  put(bytes: Uint8Array): Promise<string>;
  get(sha256: string): Promise<Uint8Array | undefined>;
}
