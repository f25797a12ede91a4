import type { Hex } from '#ports/chain.ts';
import type { RecordedResult } from '#ports/journal.ts';

/** No lock of the process that is killed runs out within the test: its jobs run again because the next process has the queue to itself. */
export const crashTiming = { lockMs: 3_600_000, stalledMs: 3_600_000, backoffMs: 10, longestBackoffMs: 50 };

export const numbered = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;

/** What the process that crashes records for its n-th request. */
export const resultOf = (n: number): RecordedResult => ({
  requestId: numbered(n),
  outputHash: numbered(n + 1_000_000),
  submission: new Uint8Array(2_000).fill(n % 256),
  output: new Uint8Array(2_000).fill((n + 1) % 256),
});
