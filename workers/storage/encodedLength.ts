/** What a Walrus network of 1000 shards would store for a blob: what publishers report as encodedLength and storageSize. */

const SHARDS = 1000;
const FAULTY = Math.floor((SHARDS - 1) / 3);
/** Source symbols of a secondary and of a primary sliver: RS2 lays a blob out as so many rows of so many symbols. */
const ROWS = SHARDS - 2 * FAULTY;
const COLUMNS = SHARDS - FAULTY;
/** Every shard keeps two 32-byte hashes of every shard's slivers, and the blob id. */
const METADATA_BYTES = SHARDS * 64 + 32;

export function encodedLength(size: number): number {
  const exact = Math.ceil(Math.max(size, 1) / (ROWS * COLUMNS));
  const symbol = exact + (exact % 2); // symbols are of 16-bit elements
  return SHARDS * (METADATA_BYTES + (ROWS + COLUMNS) * symbol);
}
