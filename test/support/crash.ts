import type { Hex } from '#ports/chain.ts';
import type { RecordedResult } from '#ports/journal.ts';

/** Short, so that a killed process's jobs are found within seconds. */
export const crashTiming = { lockMs: 1_000, stalledMs: 300, backoffMs: 10, longestBackoffMs: 50 };

export const numbered = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;

/** What the process that crashes records for its n-th request. */
export const resultOf = (n: number): RecordedResult => ({
  requestId: numbered(n),
  outputHash: numbered(n + 1_000_000),
  submission: new Uint8Array(2_000).fill(n % 256),
  output: new Uint8Array(2_000).fill((n + 1) % 256),
});
