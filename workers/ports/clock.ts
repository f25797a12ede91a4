/** Time as a port: roles never read the system clock, so tests can move it. */
export interface Clock {
  /** Unix time in milliseconds. Chain time (block timestamps, Unix seconds) is a different clock: see ChainReader. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
