import { isProtocolError } from '#core/errors.ts';
import { isRequestEvent } from '#core/protocol/events.ts';
import { type History, historyOf } from '#core/protocol/history.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import type { ContractViews } from '#ports/calls.ts';
import type { Hex, LoggedEvent } from '#ports/chain.ts';
import type { Journal, Row } from '#ports/journal.ts';
import type { Head, Observer } from '#ports/observer.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import type { Closer } from './closer.ts';
import { type Delays, decideKeep, KEEP, type KeepAction, type KeepMove, type KeepPolicy } from './decide.ts';
import { type Due, group, isRipe } from './group.ts';

export interface KeeperParts {
  readonly journal: Journal;
  readonly views: ContractViews;
  readonly closer: Closer;
  readonly policy: KeepPolicy;
  /** Items of one transaction. */
  readonly batchLimit: number;
  /** How long something that is due may wait for a transaction to fill, in chain time. */
  readonly maxWaitSeconds: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** One request whose time has come, with everything its call carries. */
export interface DueRequest extends Due {
  readonly row: Row;
  readonly history: History;
  readonly action: KeepAction;
  readonly takeTip: boolean;
}

/** Requests closed per head: the rest waits for the next one. */
const PER_HEAD = 512;
/** Seconds until a request whose transaction did not close it is tried again, times the tries so far. */
const PAUSE_SECONDS = 15;
const NO_DELAYS: Delays = { tipDelay: 0, rescueDelay: 0 };

/** Closes what is due: finalises, expires, rescues. What others closed first is left alone. */
export class Keeper implements Observer {
  readonly #parts: KeeperParts;
  #closing: Promise<void> | undefined;
  /** Purposes whose rows wait for a transaction that is about to be planned. */
  readonly #sending = new Set<string>();

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  async touched(id: Hex, events: readonly LoggedEvent[], _head: Head): Promise<void> {
    const { journal, policy } = this.#parts;
    const request = historyFrom(events)?.row;
    const row = await journal.row(KEEP, id);
    const move = decideKeep(request, row, policy, await this.#delaysFor(request));
    if (move) await this.#apply(id, row, move);
  }

  async arrived(head: Head): Promise<void> {
    this.#closing ??= this.close(head)
      .catch((error) => this.#parts.log.warn('due requests could not be closed', { reason: String(error) }))
      .finally(() => {
        this.#closing = undefined;
      });
  }

  /** Resolves when nothing is being closed. */
  async idle(): Promise<void> {
    await this.#closing;
  }

  /** Everything that is due now, in as few transactions as the contract's batch forms allow. */
  async close(head: Head): Promise<void> {
    const { journal, batchLimit, closer, metrics } = this.#parts;
    const rows = await journal.ready(KEEP, 'pending', { limit: PER_HEAD, dueBefore: head.now });
    metrics.gauge('worker_keep_due', rows.length);
    const due: DueRequest[] = [];
    for (const row of rows) {
      const request = await this.#dueOrLater(row, head.now);
      if (request) due.push(request);
    }
    const single = due.filter(({ action }) => action === 'rescue').map((item) => [item]);
    const many = group(
      due.filter(({ action }) => action !== 'rescue'),
      batchLimit,
    );
    // With a whole page of rows there is enough to send, and rows that wait would hide those behind them.
    const ripe = many.filter((one) => rows.length === PER_HEAD || isRipe(one, head.now));
    for (const items of [...ripe.map(({ items }) => items), ...single]) {
      const willing = await closer.simulate(items);
      for (const item of items) if (!willing.includes(item)) await this.#later(item.row, 'pending', head.now);
      if (willing.length > 0) await this.#send(willing);
    }
  }

  /** How our transaction ended. Rows that the chain closed meanwhile have moved on. */
  async outcome(intent: TrackedIntent, now: number): Promise<void> {
    if (!['settled', 'reverted', 'abandoned'].includes(intent.status)) return;
    for (const row of await this.#rowsOf(intent.purpose))
      if (row.facts['intent'] === intent.purpose) await this.#later(row, 'closing', now, true);
  }

  async #rowsOf(purpose: string): Promise<readonly Row[]> {
    const { journal } = this.#parts;
    const id = /^(?:finalise|expire|rescue):(0x[0-9a-f]{64})/.exec(purpose)?.[1];
    if (id === undefined) return purpose.includes('Many:') ? journal.ready(KEEP, 'closing', { limit: 10_000 }) : [];
    const row = await journal.row(KEEP, id as Hex);
    return row?.stage === 'closing' ? [row] : [];
  }

  /** For the start, and the sweep: rows whose transaction was never planned, or ended while nobody looked. */
  async recover(now: number): Promise<void> {
    for (const row of await this.#parts.journal.ready(KEEP, 'closing', { limit: 10_000 })) {
      const purpose = String(row.facts['intent']);
      if (this.#sending.has(purpose)) continue;
      const intent = await this.#parts.closer.intent(purpose);
      if (!intent || ['settled', 'reverted', 'abandoned'].includes(intent.status))
        await this.#later(row, 'closing', now, intent !== undefined);
    }
  }

  /** One whose call cannot be built does not keep the others from being closed. */
  async #dueOrLater(row: Row, now: number): Promise<DueRequest | undefined> {
    try {
      return await this.#due(row);
    } catch (error) {
      if (isProtocolError(error) && error.retryable) throw error;
      this.#parts.log.error('a due request cannot be closed', { requestId: row.id, reason: String(error) });
      await this.#later(row, 'pending', now);
      return undefined;
    }
  }

  async #due(row: Row): Promise<DueRequest | undefined> {
    const history = historyFrom(await this.#parts.journal.eventsOf(row.id));
    if (!history) return undefined;
    const action = row.facts['action'] as KeepAction;
    const takeTip = row.facts['takeTip'] === true;
    // What failed in company goes alone from then on, so that its own reason shows.
    const key = [action, takeTip, history.row.node, ...(row.facts['alone'] === true ? [row.id] : [])].join(' ');
    // What was tried before has waited already.
    const patience = row.facts['tries'] === undefined ? this.#parts.maxWaitSeconds : 0;
    const latest = (row.dueAt ?? 0) + patience;
    const bytes = await this.#parts.closer.bytesOf({ row, history, action, takeTip });
    return { row, history, action, takeTip, terms: history.row.terms, key, bytes, latest };
  }

  async #send(items: readonly DueRequest[]): Promise<void> {
    const purpose = this.#parts.closer.purposeOf(items);
    this.#sending.add(purpose);
    try {
      await this.#sendAs(purpose, items);
    } finally {
      this.#sending.delete(purpose);
    }
  }

  async #sendAs(purpose: string, items: readonly DueRequest[]): Promise<void> {
    const { journal, closer, log, metrics } = this.#parts;
    const mine: DueRequest[] = [];
    for (const item of items)
      if (await journal.advance(KEEP, item.row.id, 'pending', 'closing', { facts: { intent: purpose } }))
        mine.push(item);
    if (mine.length === 0) return;
    const intent = await closer.send(purpose, mine);
    const [{ action }] = mine as [DueRequest];
    metrics.count('worker_keep_sent_total', { action }, mine.length);
    log.info('requests are being closed', { action, count: mine.length, status: intent.status, purpose });
  }

  async #apply(id: Hex, row: Row | undefined, { to, action, takeTip, dueAt }: KeepMove): Promise<void> {
    const { journal, metrics } = this.#parts;
    const facts = { action: action ?? null, takeTip: takeTip ?? false };
    const done = row
      ? await journal.advance(KEEP, id, row.stage, to, { facts, dueAt: dueAt ?? null })
      : await journal.open({ track: KEEP, id, stage: to, facts, dueAt });
    if (done) metrics.count('worker_keep_moves_total', { to });
  }

  /** `failed`: a transaction ended without closing it. */
  async #later(row: Row, from: 'pending' | 'closing', now: number, failed = false): Promise<void> {
    const tries = Number(row.facts['tries'] ?? 0) + 1;
    const dueAt = now + PAUSE_SECONDS * Math.min(tries, 40);
    const facts = failed ? { tries, alone: true } : { tries };
    await this.#parts.journal.advance(KEEP, row.id, from, 'pending', { facts, dueAt });
  }

  async #delaysFor(request: RequestRow | undefined): Promise<Delays> {
    if (request?.state !== 'Submitted' && request?.state !== 'Frozen') return NO_DELAYS;
    const { node, others } = this.#parts.policy;
    const needed = request.state === 'Frozen' ? request.node === node : others && request.node !== node;
    return needed ? this.#parts.views.delaysOf(request.terms.set) : NO_DELAYS;
  }
}

function historyFrom(events: readonly LoggedEvent[]): History | undefined {
  try {
    return historyOf(events.map(({ event }) => event).filter(isRequestEvent));
  } catch (error) {
    // The watcher has said so already; a request whose events do not fit together is not touched with money.
    if (isProtocolError(error, 'request.illegal_transition')) return undefined;
    throw error;
  }
}
