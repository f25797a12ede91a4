/**
 * Where a waiting call goes: pure, so that every rule can be tested on plain data.
 *
 * 1. A child that is idle and has a warm session runs it.
 * 2. Otherwise an idle child loads the model, if memory is free: a model in demand spreads over all children.
 * 3. A model that is loaded nowhere may evict others: copies first, then the least recently used. Nobody is evicted while running,
 *    nor while somebody waits for it and it was loaded less than `holdMs` ago: two models that do not fit together take
 *    turns of at least `holdMs` and do not reload for every call.
 * 4. Otherwise it queues behind the running call of a child with a warm session, unless an earlier call waits for memory.
 */
export interface SessionView {
  readonly bytes: number;
  readonly loadedAt: number;
  readonly usedAt: number;
}

export interface SlotView {
  /** Calls sent and not answered. */
  readonly busy: number;
  readonly loading: string | undefined;
  readonly sessions: ReadonlyMap<string, SessionView>;
}

export interface PoolView {
  readonly slots: readonly SlotView[];
  /** Bytes all sessions may use. */
  readonly bound: number;
  /** Bytes of sessions, of loads under way and of memory that released sessions have not given back. */
  readonly used: number;
  readonly now: number;
  readonly holdMs: number;
  /** Calls a child may hold, the running one included. */
  readonly depth: number;
}

export interface Want {
  readonly sha256: string;
  /** Expected bytes of its session. */
  readonly bytes: number;
  /** Earlier calls in the queue for the same model. */
  readonly ahead: number;
  /** Models somebody waits for. */
  readonly demanded: ReadonlySet<string>;
  /** An earlier call waits for a running session to end before it can be evicted. */
  readonly starved: boolean;
}

export type Placement =
  | { readonly do: 'run'; readonly slot: number }
  | { readonly do: 'load'; readonly slot: number; readonly evict: readonly Victim[] }
  /** `until`: when a held session may go. `starved`: nothing is held, but everything that could go is running. */
  | { readonly do: 'wait'; readonly until: number | undefined; readonly starved: boolean };

export interface Victim {
  readonly slot: number;
  readonly sha256: string;
}

export function place(view: PoolView, want: Want): Placement {
  const slots = view.slots.map((slot, index) => ({ ...slot, index }));
  const warm = slots.filter((slot) => slot.sessions.has(want.sha256)).sort((a, b) => a.busy - b.busy);
  const loading = slots.filter((slot) => slot.loading === want.sha256).length;
  const [first] = warm;
  if (first?.busy === 0 && first.loading === undefined) return { do: 'run', slot: first.index };

  let wait: Placement = { do: 'wait', until: undefined, starved: false };
  const idle = slots
    .filter((slot) => slot.busy === 0 && slot.loading === undefined && !slot.sessions.has(want.sha256))
    .sort((a, b) => bytesOf(a) - bytesOf(b))[0];
  if (idle && loading <= want.ahead) {
    if (view.used + want.bytes <= view.bound) return { do: 'load', slot: idle.index, evict: [] };
    if (!first && loading === 0) {
      const chosen = evictions(view, want);
      if (chosen.do === 'evict') return { do: 'load', slot: idle.index, evict: chosen.victims };
      wait = chosen;
    }
  }
  if (first && !want.starved && first.busy < view.depth && first.loading === undefined)
    return { do: 'run', slot: first.index };
  return wait;
}

interface Candidate extends Victim {
  readonly session: SessionView;
  readonly running: boolean;
}

/** All sessions, those to go first in front: copies, then the least recently used. */
function candidates(slots: readonly SlotView[]): Candidate[] {
  const copies = new Map<string, number>();
  for (const slot of slots)
    for (const sha256 of slot.sessions.keys()) copies.set(sha256, (copies.get(sha256) ?? 0) + 1);
  const isCopy = ({ sha256 }: Candidate) => Number((copies.get(sha256) ?? 0) > 1);
  return slots
    .flatMap((slot, index) =>
      [...slot.sessions].map(([sha256, session]) => ({ slot: index, sha256, session, running: slot.busy > 0 })),
    )
    .sort((a, b) => isCopy(b) - isCopy(a) || a.session.usedAt - b.session.usedAt);
}

function choose(from: readonly Candidate[], bytes: number): { victims: Victim[]; missing: number } {
  let missing = bytes;
  const victims: Victim[] = [];
  for (const { slot, sha256, session } of from) {
    if (missing <= 0) break;
    victims.push({ slot, sha256 });
    missing -= session.bytes;
  }
  return { victims, missing };
}

/** What to release when sessions turned out larger than expected; `keep` is the one just loaded. */
export function trim(view: Pick<PoolView, 'slots' | 'used' | 'bound'>, keep: Victim): readonly Victim[] {
  const free = candidates(view.slots).filter(
    (one) => !one.running && !(one.slot === keep.slot && one.sha256 === keep.sha256),
  );
  return choose(free, view.used - view.bound).victims;
}

function evictions(
  view: PoolView,
  want: Want,
): { do: 'evict'; victims: Victim[] } | Extract<Placement, { do: 'wait' }> {
  const all = candidates(view.slots).map((one) => ({
    ...one,
    heldUntil: want.demanded.has(one.sha256) ? one.session.loadedAt + view.holdMs : 0,
  }));
  const free = all.filter((one) => !one.running && one.heldUntil <= view.now);
  const { victims, missing } = choose(free, view.used + want.bytes - view.bound);
  if (missing <= 0) return { do: 'evict', victims };
  const held = all.filter((one) => one.heldUntil > view.now).map((one) => one.heldUntil);
  return held.length > 0
    ? { do: 'wait', until: Math.min(...held), starved: false }
    : { do: 'wait', until: undefined, starved: true };
}

function bytesOf(slot: SlotView): number {
  let bytes = 0;
  for (const session of slot.sessions.values()) bytes += session.bytes;
  return bytes;
}
