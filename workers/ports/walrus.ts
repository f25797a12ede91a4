/** Walrus blob ids: what they are computed from, and what the store remembers about each. */

/** 43 characters of base64url: 32 bytes. */
export const BLOB_ID = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

export interface BlobIds {
  /** Bytes of the largest file an id can be had for here: computing one takes about 2.5 times the file in memory. */
  readonly maxBytes: number;
  /**
   * The Walrus blob id of a file, read anew from its beginning. Throws `blobs.too_large`, and `walrus.failed` (retryable) when the
   * file cannot be read or there is no memory.
   */
  idOf(file: string, size: number): Promise<string>;
  close(): Promise<void>;
}

/** What a store remembers of a blob that it gave a Walrus id. */
export interface BlobRecord {
  readonly blobId: string;
  /** Lower-case hex: where the bytes are. */
  readonly sha256: string;
  readonly size: number;
  readonly registeredEpoch: number;
  /** The store promises to have it until here, exclusive. */
  readonly endEpoch: number;
  readonly deletable: boolean;
}

/** Which content a Walrus id names. Survives restarts; a record is there in whole or not at all. */
export interface BlobIndex {
  find(blobId: string): BlobRecord | undefined;
  ofContent(sha256: string): BlobRecord | undefined;
  record(record: BlobRecord): Promise<void>;
  readonly count: number;
}
