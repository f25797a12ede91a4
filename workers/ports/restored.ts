import type { Hex } from './chain.ts';

/**
 * That this journal is a copy which is older than what its keys have signed: there may be results that it knows nothing of, on their way
 * to the chain. At most one mark counts, the newest.
 */
export interface RestoreMark {
  /** Unix seconds at which the copy was put in place, or found to be one. */
  readonly restoredAt: number;
  /** The newest block of the chain when a process first worked on it; undefined before. */
  readonly sinceBlock: number | undefined;
  /** The keys that may have signed what it does not know. */
  readonly suspects: readonly Hex[];
  /** Nothing that they signed can have an effect any more. */
  readonly released: boolean;
}

/** Kept with the journal, so that every process that works on it sees it. */
export interface RestoreMarks {
  read(): Promise<RestoreMark | undefined>;
  /** In place of the one before. */
  write(mark: RestoreMark): Promise<void>;
  /** The nonce after the highest that each key was given, by this journal. */
  nonces(): Promise<ReadonlyMap<Hex, number>>;
  /** The key has used up every nonce below `next`, whoever gave them. */
  caughtUp(key: Hex, next: number): Promise<void>;
}
