/**
 * Work that this node has taken and not delivered: in which order it is handed out, and how long what comes now will wait.
 *
 * The order is start-time fair queueing. A flow is what one requester wants of one model. Each request gets a tag in virtual seconds when
 * it comes: where the flow's last one ends, or now if the flow has nothing waiting. It moves its flow by what it takes times the flows
 * of its requester, so that requesters share the machine equally, and each one's models share its part. Ten thousand requests of a
 * whale lie far apart; one of a small requester that comes later goes before almost all of them. Tags are given once: whoever begins n
 * flows one after another has up to 1 + ln n shares until what came first is done.
 */
import type { Terms } from '#core/protocol/terms.ts';
import type { Hex } from '#ports/chain.ts';
import type { Row } from '#ports/journal.ts';
import type { KnownVersion } from './versions.ts';

/** Stages in which a request waits for this node's machine, or for its way to the chain. */
const WAITING: readonly string[] = ['proving', 'accepting', 'admitted', 'executed', 'submitting'];
/** Virtual seconds of a round. Within one the models take turns, so that each is loaded once a round. */
const ROUND = 1;
/** Models of one round that a rank can tell apart; with more, some of them are mixed. */
const SEATS = 32;
/** The largest number a queue takes. What lies farther ahead is served in the order of arrival. */
const LAST_RANK = 2 ** 20;
/** Completions after which a new mean of the pace of the whole path is taken, and what must wait meanwhile to say that it is the limit. */
const PACE_SAMPLES = 16;
const PACE_WEIGHT = 0.5;

interface Work {
  readonly payer: string;
  readonly model: string;
  readonly items: number;
  readonly tag: number;
  readonly rank: number;
  readonly deadline: number;
}

interface Flow {
  /** The virtual second in which the last request of it ends. */
  end: number;
  requests: number;
  items: number;
}

/** What one asks about a request that is not taken yet, or is. */
export type Asked = Pick<Terms, 'requester' | 'items' | 'deadline'>;

export interface Wait {
  /** Until it could be delivered, its own work included. */
  readonly seconds: number;
  /** Requests that are served before it. */
  readonly ahead: number;
}

export class Backlog {
  readonly #estimate: (version: KnownVersion) => number;
  readonly #now: () => number;
  readonly #work = new Map<Hex, Work>();
  readonly #flows = new Map<string, Flow>();
  readonly #flowsOf = new Map<string, number>();
  /** Seconds of one process per item, by model. */
  readonly #itemSeconds = new Map<string, number>();
  #virtual = 0;
  #processes = 1;
  #pace: number | undefined;
  /** Deliveries since something began to wait. */
  #counted: { readonly since: number; readonly done: number } | undefined;

  /** `estimate`: seconds of an item that nobody has measured. `now`: milliseconds. */
  constructor(estimate: (version: KnownVersion) => number, now: () => number) {
    this.#estimate = estimate;
    this.#now = now;
  }

  get size(): number {
    return this.#work.size;
  }

  /** Executor processes that take from the queue. */
  set processes(count: number) {
    this.#processes = Math.max(1, count);
  }

  /** To be told of every row that moved. */
  note({ id, stage, facts }: Pick<Row, 'id' | 'stage' | 'facts'>): void {
    const version = facts['version'] as KnownVersion | undefined;
    const terms = facts['terms'] as Terms | undefined;
    if (WAITING.includes(stage) && version && terms) this.#add(id, terms, version);
    else this.#remove(id);
  }

  /** Requests whose deadline has passed: their rows may have been moved by an executor, of which nobody was told. */
  late(now: number): Hex[] {
    return [...this.#work].filter(([, { deadline }]) => deadline < now).map(([id]) => id);
  }

  /** The place in the queue: smaller goes first. 1 for what is not waiting. */
  rankOf(id: Hex): number {
    return this.#work.get(id)?.rank ?? 1;
  }

  /** How long a request would wait, or does. */
  waitOf(id: Hex, { requester, items }: Asked, version: KnownVersion): Wait {
    const known = this.#work.get(id);
    this.#measure(version);
    const key = flowKey(requester, version.sha256);
    const tag = known?.tag ?? Math.max(this.#virtual, this.#flows.get(key)?.end ?? 0);
    let ahead = 0;
    let work = items * this.#secondsOf(version.sha256);
    for (const [name, flow] of this.#flows) {
      const share = flow.end <= tag ? 1 : Math.max(0, (tag - this.#virtual) / (flow.end - this.#virtual));
      ahead += flow.requests * share;
      work += flow.items * share * this.#secondsOf(name.slice(name.indexOf(' ') + 1));
    }
    return { seconds: Math.max(work / this.#processes, (ahead + 1) * (this.#pace ?? 0)), ahead: Math.round(ahead) };
  }

  #add(id: Hex, { requester, items, deadline }: Terms, version: KnownVersion): void {
    this.#measure(version);
    if (this.#work.has(id)) return;
    const model = version.sha256;
    const key = flowKey(requester, model);
    if (this.#work.size === 0) this.#virtual = 0; // tags stay small
    const flow = this.#flows.get(key) ?? { end: 0, requests: 0, items: 0 };
    if (flow.requests === 0) this.#flowsOf.set(requester, (this.#flowsOf.get(requester) ?? 0) + 1);
    const tag = Math.max(this.#virtual, flow.end);
    flow.end = tag + items * this.#secondsOf(model) * (this.#flowsOf.get(requester) ?? 1);
    flow.requests++;
    flow.items += items;
    this.#flows.set(key, flow);
    this.#work.set(id, { payer: requester, model, items, tag, rank: rankAt(tag, model), deadline });
  }

  #remove(id: Hex): void {
    const work = this.#work.get(id);
    if (!work) return;
    this.#work.delete(id);
    this.#virtual = Math.max(this.#virtual, work.tag);
    this.#count();
    const key = flowKey(work.payer, work.model);
    const flow = this.#flows.get(key) as Flow;
    flow.requests--;
    flow.items -= work.items;
    if (flow.requests > 0) return;
    this.#flows.delete(key);
    const others = (this.#flowsOf.get(work.payer) ?? 1) - 1;
    if (others > 0) this.#flowsOf.set(work.payer, others);
    else this.#flowsOf.delete(work.payer);
  }

  /** The pace of everything together, chain included: it is what limits if the machine that computes is fast. */
  #count(): void {
    if (this.#work.size < PACE_SAMPLES) {
      this.#counted = undefined;
      return;
    }
    const { since, done } = this.#counted ?? { since: this.#now(), done: -1 };
    this.#counted = { since, done: done + 1 };
    if (done + 1 < PACE_SAMPLES) return;
    const each = (this.#now() - since) / 1000 / (done + 1);
    this.#pace = this.#pace === undefined ? each : this.#pace + (each - this.#pace) * PACE_WEIGHT;
    this.#counted = { since: this.#now(), done: 0 };
  }

  #measure(version: KnownVersion): void {
    this.#itemSeconds.set(version.sha256, version.itemSeconds ?? this.#estimate(version));
  }

  #secondsOf(model: string): number {
    return this.#itemSeconds.get(model) ?? 0;
  }
}

const flowKey = (payer: string, model: string) => `${payer} ${model}`;

function rankAt(tag: number, model: string): number {
  const seat = Number.parseInt(model.slice(0, 8), 16) % SEATS;
  return Math.min(LAST_RANK, 1 + Math.floor(tag / ROUND) * SEATS + seat);
}
