import { toHex } from '#core/hex.ts';
import { referenceSeconds } from '#core/protocol/checkBudget.ts';
import { isRequestEvent } from '#core/protocol/events.ts';
import { historyOf } from '#core/protocol/history.ts';
import type { Offer } from '#core/protocol/offer.ts';
import { isOver, type RequestRow } from '#core/protocol/request.ts';
import { AskFlags, hasFlag } from '#core/protocol/terms.ts';
import type { ContractViews } from '#ports/calls.ts';
import type { Hex, LoggedEvent } from '#ports/chain.ts';
import type { Clock } from '#ports/clock.ts';
import type { Journal, Row } from '#ports/journal.ts';
import type { Head, Observer } from '#ports/observer.ts';
import type { Queue } from '#ports/queue.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import { EXECUTOR_ROWS } from '#ports/work.ts';
import { type AdmissionPolicy, inputFits } from './admit.ts';
import { Backlog } from './backlog.ts';
import { decide, type Move, SERVE, type ServeView } from './decide.ts';
import { Exposure } from './exposure.ts';
import { type KnownVersion, versionOf } from './versions.ts';

export interface ServingParts {
  readonly journal: Journal;
  readonly queue: Queue;
  readonly views: ContractViews;
  readonly policy: AdmissionPolicy;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** Stages with a queue of their own, and its name. */
const QUEUE_OF: Readonly<Record<string, string>> = {
  proving: 'prove',
  accepting: 'submit',
  admitted: 'execute',
  executed: 'submit',
};

/** Rows looked at in one sweep, per stage. */
const SWEEP_LIMIT = 1_000;
/** Seconds of an item of a version without a program, until it is measured. */
const UNKNOWN_ITEM_SECONDS = 0.05;
const TIMED = ['waiting', 'proving', 'accepting', 'admitted', 'executed', 'submitting'] as const;

/** The serving side of the watcher: turns what the chain says about a request into the stage of this node's row. */
export class Serving implements Observer {
  readonly #parts: ServingParts;
  readonly #exposure = new Exposure();
  readonly #backlog: Backlog;
  /** To be looked at when the block they are in is recorded. */
  readonly #early = new Set<Hex>();
  /** Stages that had rows when they were last counted. */
  #counted: ReadonlySet<string> = new Set();
  #head: Head | undefined;
  #offers: { readonly block: Hex; readonly known: Map<Hex, Offer | undefined> } | undefined;
  #freeStake: { readonly block: Hex; readonly amount: bigint } | undefined;

  constructor(parts: ServingParts) {
    this.#parts = parts;
    const { check } = parts.policy;
    const estimate = ({ program }: KnownVersion) =>
      program ? referenceSeconds(check, program.multiplyAdds, 1) : UNKNOWN_ITEM_SECONDS;
    this.#backlog = new Backlog(estimate, () => parts.clock.now());
  }

  /** What was being worked on when the last process ended still counts against the stake. */
  async restore(head: Head): Promise<void> {
    this.#head = head;
    for (const stage of TIMED)
      for (const row of await this.#parts.journal.ready(SERVE, stage, { limit: 1_000_000 })) this.#note(row);
    await this.#countExecutors();
  }

  async touched(id: Hex, events: readonly LoggedEvent[], head: Head): Promise<void> {
    const { journal, policy, views } = this.#parts;
    const requestEvents = events.map(({ event }) => event).filter(isRequestEvent);
    const history = historyOf(requestEvents);
    const request = history?.row;
    const row = await journal.row(SERVE, id);
    if (!row && !(request && this.#mayConcern(request))) return;
    // An executor may have given it up, which nobody else is told of.
    if (row) this.#note(row);
    const last = events.at(-1);
    const version = request && (await versionOf(journal, request.terms.version));
    const view: ServeView = {
      id,
      request,
      arbiter: request && untaken(request) ? await views.arbiterOf(request.terms.set) : undefined,
      row,
      ended: request !== undefined && isOver(request.state) && (last?.block.number ?? 0) <= (head.final?.number ?? -1),
      // A row that was never past admission has no result: one query less on the way to the first execution.
      hasResult: row !== undefined && (await journal.result(id)) !== undefined,
      version,
      input: this.#inputOf(request, history?.input, row),
      freeStake: await this.#availableStake(request, head),
      offer: await this.#offerFor(request, head),
      wait: request && version && this.#backlog.waitOf(id, request.terms, version),
    };
    if (view.wait) this.#parts.metrics.gauge('worker_serve_wait_seconds', view.wait.seconds);
    const move = decide(view, policy, head.now);
    if (move) await this.#apply(view, move);
  }

  /** The journal against the chain and the queue: what is due is decided again, what is ready is hinted again. */
  async sweep(): Promise<void> {
    const { journal } = this.#parts;
    const head = this.#head;
    if (!head) return;
    for (const stage of TIMED) {
      for (const row of await journal.ready(SERVE, stage, { limit: SWEEP_LIMIT, dueBefore: head.now }))
        await this.touched(row.id, await journal.eventsOf(row.id), head);
      if (QUEUE_OF[stage])
        for (const row of await journal.ready(SERVE, stage, { limit: SWEEP_LIMIT })) await this.#hint(row.id, stage);
    }
    for (const id of this.#backlog.late(head.now)) {
      const row = await journal.row(SERVE, id);
      this.#note(row ?? { id, stage: 'gone', facts: {} });
    }
    const counted = await journal.count(SERVE);
    // A stage that has emptied is said to be empty: a gauge keeps its last number for ever.
    for (const stage of new Set([...this.#counted, ...Object.keys(counted)]))
      this.#parts.metrics.gauge('worker_serve_rows', counted[stage] ?? 0, { stage });
    this.#counted = new Set(Object.keys(counted));
    await this.#countExecutors();
  }

  #note(row: Pick<Row, 'id' | 'stage' | 'facts'>): void {
    this.#exposure.note(row);
    this.#backlog.note(row);
  }

  /** Its fair place in what waits: smaller goes first. */
  rankOf(id: Hex): number {
    return this.#backlog.rankOf(id);
  }

  async #countExecutors(): Promise<void> {
    const { journal, clock, metrics } = this.#parts;
    const { track, stage, gone } = EXECUTOR_ROWS;
    const now = clock.now() / 1000;
    const rows = await journal.ready(track, stage, { limit: SWEEP_LIMIT });
    const lost = rows.filter(({ dueAt }) => (dueAt ?? 0) < now);
    for (const { id } of lost) await journal.advance(track, id, stage, gone, { dueAt: null });
    this.#backlog.processes = rows.length - lost.length;
    metrics.gauge('worker_serve_executors', rows.length - lost.length);
    metrics.gauge('worker_serve_backlog', this.#backlog.size);
  }

  /** Looks at every row that has not ended, whatever its time: for the start, when facts may have been missed. */
  async reconcile(head: Head): Promise<void> {
    const { journal } = this.#parts;
    for (const stage of [...TIMED, 'submitted', 'orphaned'])
      for (const row of await journal.ready(SERVE, stage, { limit: 1_000_000 }))
        await this.touched(row.id, await journal.eventsOf(row.id), head);
  }

  async arrived(head: Head): Promise<void> {
    this.#head = head;
    const early = [...this.#early];
    this.#early.clear();
    for (const id of early) await this.look(id);
  }

  /** Work of the queue `admit`: something is known now of the version of a request in `proving`. A hint that is lost comes again by the sweep. */
  async look(id: Hex): Promise<void> {
    const { journal } = this.#parts;
    if (!this.#head || (await journal.row(SERVE, id))?.stage !== 'proving') return;
    const events = await journal.eventsOf(id);
    // Rows are there before their block is recorded: without its events it would seem to have fallen out.
    if (events.length === 0) this.#early.add(id);
    else await this.touched(id, events, this.#head);
  }

  /** Bytes a requester handed over for a request whose input is not on chain. */
  async offerInput(id: Hex, input: Uint8Array): Promise<'taken' | 'not_waiting' | 'mismatch'> {
    const { journal } = this.#parts;
    const row = await journal.row(SERVE, id);
    const events = await journal.eventsOf(id);
    const request = historyOf(events.map(({ event }) => event).filter(isRequestEvent))?.row;
    const version = request && (await versionOf(journal, request.terms.version));
    if (row?.stage !== 'waiting' || !version || !this.#head) return 'not_waiting';
    const hex = toHex(input);
    if (!inputFits(request, version.inputHeaders, hex)) return 'mismatch';
    if (!(await journal.advance(SERVE, id, 'waiting', 'waiting', { facts: { input: hex } }))) return 'not_waiting';
    await this.touched(id, events, this.#head);
    return 'taken';
  }

  #mayConcern(request: RequestRow): boolean {
    const { node, acceptOpen } = this.#parts.policy;
    return acceptOpen || request.terms.node === node || request.node === node;
  }

  #inputOf(request: RequestRow | undefined, input: Hex | undefined, row: Row | undefined): Hex | undefined {
    if (request && hasFlag(request.terms.flags, AskFlags.ROOT_INPUT)) return row?.facts['input'] as Hex | undefined;
    return input;
  }

  /** One call per block, and only for blocks that ask for a decision about stake. */
  async #availableStake(request: RequestRow | undefined, head: Head): Promise<bigint> {
    if (request === undefined || !untaken(request)) return 0n;
    if (this.#freeStake?.block !== head.block.hash) {
      const amount = await this.#parts.views.freeStake(this.#parts.policy.node);
      this.#freeStake = { block: head.block.hash, amount };
    }
    return this.#freeStake.amount - this.#exposure.without(request.id);
  }

  /** One call per block and version asked for, and none where the operator named a price. */
  async #offerFor(request: RequestRow | undefined, head: Head): Promise<Offer | undefined> {
    const { policy, views } = this.#parts;
    if (policy.minNetPerItem !== undefined || request === undefined || !untaken(request)) return undefined;
    if (this.#offers?.block !== head.block.hash) this.#offers = { block: head.block.hash, known: new Map() };
    const { known } = this.#offers;
    const { version } = request.terms;
    if (!known.has(version)) known.set(version, await views.offerOf(policy.node, version));
    return known.get(version);
  }

  async #apply({ id, request, row, version, input }: ServeView, move: Move): Promise<void> {
    const { journal, log, metrics } = this.#parts;
    const facts = {
      ...(request ? factsOf(request, version, input) : {}),
      reason: move.reason ?? null,
      ...accepted(move),
      ...(move.acceptBy === undefined ? {} : { acceptBy: move.acceptBy }),
    };
    const dueAt = move.dueAt ?? null;
    const done = row
      ? await journal.advance(SERVE, id, row.stage, move.to, { facts, dueAt })
      : await journal.open({ track: SERVE, id, stage: move.to, facts, dueAt: move.dueAt });
    if (!done) return;
    this.#note({ id, stage: move.to, facts });
    if (row?.stage !== move.to) {
      log.info('a request moved', { requestId: id, from: row?.stage, to: move.to, reason: move.reason });
      metrics.count('worker_serve_moves_total', { to: move.to });
      if (move.why) metrics.count('worker_serve_declined_total', { why: move.why });
    }
    await this.#hint(id, move.to);
  }

  async #hint(id: Hex, stage: string): Promise<void> {
    const queue = QUEUE_OF[stage];
    if (queue) await this.#parts.queue.push(queue, id, { priority: this.#backlog.rankOf(id) });
  }
}

/** Only these are decided by stake and price. */
const untaken = ({ state }: RequestRow): boolean => state === 'Requested' || state === 'Declined';

/** What executor and submitter read. Terms and nonce are those of the request; the input is there once. */
function factsOf(request: RequestRow, version: KnownVersion | undefined, input: Hex | undefined) {
  return {
    terms: request.terms,
    nonce: request.nonce,
    declined: request.state === 'Declined',
    ...(version ? { version } : {}),
    ...(input === undefined ? {} : { input }),
  };
}

const accepted = (move: Move) => (move.accepted === undefined ? {} : { accepted: move.accepted });
