/** One place for a child: its process, started when first needed, and the sessions in it. */
import type { LoadableModel } from '#ports/runtime.ts';
import type { Refusal, Reply } from './frames.ts';
import type { SlotView } from './placement.ts';
import { type Answer, OnnxProcess } from './process.ts';

export interface Session {
  bytes: number;
  readonly loadedAt: number;
  usedAt: number;
}

/** The child answered, but not with a result. */
export class ChildRefused extends Error {
  readonly kind: Refusal;
  constructor(kind: Refusal, reason: string) {
    super(reason);
    this.kind = kind;
  }
}

export function accepted<O extends Reply['op']>(answer: Answer, op: O): Extract<Reply, { op: O }> {
  const { header } = answer;
  if (header.op === 'refused') throw new ChildRefused(header.kind, header.reason);
  if (header.op !== op) throw new ChildRefused('memory', `answered ${header.op} to ${op}`);
  return header as Extract<Reply, { op: O }>;
}

export class Slot implements SlotView {
  process: OnnxProcess | undefined;
  busy = 0;
  loading: string | undefined;
  /** Bytes expected of the load under way. */
  reserved = 0;
  readonly sessions = new Map<string, Session>();
  readonly #threads: number;
  readonly #startMs: number;

  constructor(threads: number, startMs: number) {
    this.#threads = threads;
    this.#startMs = startMs;
  }

  start(): OnnxProcess {
    if (this.process) return this.process;
    const started = new OnnxProcess(this.#threads, this.#startMs, () => {
      if (this.process !== started) return;
      this.process = undefined;
      this.sessions.clear();
    });
    this.process = started;
    return started;
  }

  /** Bytes of sessions as measured. */
  get bytes(): number {
    let bytes = 0;
    for (const session of this.sessions.values()) bytes += session.bytes;
    return bytes;
  }

  /** Bytes to count against the bound: sessions, the load under way, and growth that no session explains. */
  get used(): number {
    return this.bytes + this.reserved;
  }

  /** Resident bytes beyond an empty child and its sessions: what released sessions did not give back. */
  get residue(): number {
    return this.process && this.process.rss > 0 ? this.process.rss - this.process.baseRss - this.bytes : 0;
  }

  /** Loads a session and measures what it costs; never less than the file, which it holds in some form. */
  async load(model: LoadableModel, now: () => number, limitMs: number): Promise<Session> {
    const process = this.start();
    const answer = await process.call({ op: 'load', sha256: model.sha256, path: model.path }, limitMs);
    const { grown } = accepted(answer, 'loaded');
    const session = { bytes: Math.max(grown, model.size), loadedAt: now(), usedAt: now() };
    if (this.process === process) this.sessions.set(model.sha256, session);
    return session;
  }

  release(sha256: string, limitMs: number): void {
    this.sessions.delete(sha256);
    this.process?.call({ op: 'release', sha256 }, limitMs).catch(() => undefined); // a dead child has released everything
  }

  /** A run that needs more than any before it makes its session larger: the arena keeps the memory. */
  noteGrowth(sha256: string): void {
    const session = this.sessions.get(sha256);
    if (session && this.sessions.size === 1 && this.process)
      session.bytes = Math.max(session.bytes, this.process.rss - this.process.baseRss);
  }
}
