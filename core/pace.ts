/** A limit below which a sender is too slow to wait for. */
export interface Pace {
  /** Time of waiting before anything is judged. */
  readonly graceMs: number;
  readonly minBytesPerSecond: number;
  /** Milliseconds of any clock that does not run backwards. */
  readonly now: () => number;
}

/**
 * The same bytes, until their sender has been too slow; then throws `onSlow`'s error. Only time spent waiting for it counts: a reader
 * that is slow itself is not its fault. Silence is for the caller to end.
 */
export async function* paced(
  bytes: AsyncIterable<Uint8Array>,
  { graceMs, minBytesPerSecond, now }: Pace,
  onSlow: (what: string) => Error,
): AsyncIterable<Uint8Array> {
  let [received, waitedMs, asked] = [0, 0, now()];
  for await (const chunk of bytes) {
    waitedMs += now() - asked;
    received += chunk.length;
    if (waitedMs > graceMs && received < (minBytesPerSecond * waitedMs) / 1000)
      throw onSlow(`sent ${received} bytes in ${Math.round(waitedMs)} ms, which is too slow`);
    yield chunk;
    asked = now();
  }
}
