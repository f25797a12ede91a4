import type { BlockRef, ChainCursor, Hex, LoggedEvent } from './chain.ts';

/**
 * One piece of work this process follows. `track` separates what different roles do about the same request ('serve' for
 * an inference node, 'keep' for a keeper); `facts` is JSON the role owns; `dueAt` (Unix seconds) orders timed work.
 */
export interface Row {
  readonly track: string;
  readonly id: Hex;
  readonly stage: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly dueAt: number | undefined;
}

/** A result this node is committed to. Written once per request, before anything is signed. */
export interface RecordedResult {
  readonly requestId: Hex;
  readonly outputHash: Hex;
  /** What will be submitted: canonical bytes, or the 32-byte commitment in exact mode. */
  readonly submission: Uint8Array;
  /** Canonical bytes of the outputs; equals `submission` except in exact mode, where it is served off chain. */
  readonly output: Uint8Array;
}

/**
 * The truth about this process's work: queue and memory may vanish, the journal may not. Every verb is atomic and idempotent.
 */
export interface Journal {
  // What the chain said.
  /** Records a block and its events and returns the request ids they concern. Recording a block again is a no-op. */
  record(block: BlockRef, events: readonly LoggedEvent[]): Promise<readonly Hex[]>;
  /** Takes back the newest recorded block; its events no longer count. Returns the request ids they concerned. */
  orphan(block: BlockRef): Promise<readonly Hex[]>;
  /** Marks everything up to `block` as unchangeable and returns the ids of requests with events that became final. */
  finalise(block: BlockRef): Promise<readonly Hex[]>;
  cursor(): Promise<ChainCursor>;
  /** The standing events of one request, in chain order, each with whether it is final. */
  eventsOf(requestId: Hex): Promise<readonly (LoggedEvent & { readonly final: boolean })[]>;

  // What this process does about it.
  /** Inserts a row unless (track, id) exists. Returns whether it was inserted. */
  open(row: Row): Promise<boolean>;
  /** Compare-and-set on the stage; merges `facts`. False = somebody else moved it first. */
  advance(
    track: string,
    id: Hex,
    from: string,
    to: string,
    change?: { readonly facts?: Readonly<Record<string, unknown>>; readonly dueAt?: number | null },
  ): Promise<boolean>;
  row(track: string, id: Hex): Promise<Row | undefined>;
  /** Rows of a stage, by dueAt then id; with `dueBefore` only those with dueAt <= it. */
  ready(
    track: string,
    stage: string,
    options: { readonly limit: number; readonly dueBefore?: number },
  ): Promise<readonly Row[]>;
  count(track: string): Promise<Readonly<Record<string, number>>>;

  // What it is committed to.
  /**
   * Commits to a result. The same result again is fine; another one for the same request throws `journal.equivocation`
   * (final): float inference is not promised bit-equal, so a second run must never replace the first.
   */
  checkAndRecord(result: RecordedResult): Promise<'recorded' | 'same'>;
  result(requestId: Hex): Promise<RecordedResult | undefined>;

  /**
   * Retention: forgets rows in a closed stage (`closed`: track -> stages) whose request has no event at or after
   * `beforeBlock`, their results, and the final blocks and events below it that no row needs. All of a request is kept
   * while it can be answered or disputed: until an event below `beforeBlock` ended it, or its deadline passed without an
   * answer. Returns the rows forgotten.
   */
  prune(beforeBlock: number, closed: Readonly<Record<string, readonly string[]>>): Promise<number>;
}
