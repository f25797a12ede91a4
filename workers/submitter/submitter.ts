import { createHash } from 'node:crypto';
import { toHex } from '#core/hex.ts';
import { fitting } from '#core/protocol/calldata.ts';
import { feeSplit } from '#core/protocol/split.ts';
import { AskFlags, hasFlag, type Terms } from '#core/protocol/terms.ts';
import type { RequestCalls, SubmitCall } from '#ports/calls.ts';
import type { Hex } from '#ports/chain.ts';
import type { Dispatcher } from '#ports/dispatch.ts';
import type { Journal, Row } from '#ports/journal.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';

export interface SubmitterParts {
  readonly journal: Journal;
  readonly dispatcher: Dispatcher;
  readonly calls: RequestCalls;
  /** The account the results are of; the dispatcher's key may be a hot key of it. */
  readonly node: Hex;
  readonly policy: SubmitPolicy;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface SubmitPolicy {
  /** More results than this waiting at once go in one transaction; fewer go alone, which is faster for each. */
  readonly batchAbove: number;
  readonly batchLimit: number;
}

/** A row, and what is sent for it. */
interface Result {
  readonly row: Row;
  readonly submission: SubmitCall;
}

const TRACK = 'serve';
/** Transactions tried for one row before it is given up. */
const ATTEMPTS = 3;

/** Sends accepts and results: the rows in `accepting` and `executed`. What is sent is what the journal is committed to. */
export class Submitter {
  readonly #parts: SubmitterParts;
  #waiting = new Set<Hex>();
  #flushing: Promise<void> | undefined;

  constructor(parts: SubmitterParts) {
    this.#parts = parts;
  }

  /** Work of the queue `submit`. Ids that come while others are being sent go together. */
  async submit(id: Hex): Promise<void> {
    this.#waiting.add(id);
    while (this.#waiting.has(id)) {
      this.#flushing ??= this.#flush().finally(() => {
        this.#flushing = undefined;
      });
      await this.#flushing;
    }
  }

  async #flush(): Promise<void> {
    const ids = [...this.#waiting].slice(0, this.#parts.policy.batchLimit);
    for (const id of ids) this.#waiting.delete(id);
    const rows = await Promise.all(ids.map((id) => this.#parts.journal.row(TRACK, id)));
    const found = rows.filter((row) => row !== undefined);
    for (const row of found.filter(({ stage }) => stage === 'accepting')) await this.#accept(row);
    const results = found.filter(({ stage }) => stage === 'executed');
    // A row that failed in company goes alone from then on, so that its own reason shows.
    const alone = results.filter((row) => results.length <= this.#parts.policy.batchAbove || attemptsOf(row) > 0);
    for (const row of alone) await this.#send([row]);
    const together = results.filter((row) => !alone.includes(row));
    if (together.length > 0) await this.#send(together);
  }

  async #accept(row: Row): Promise<void> {
    const { calls, dispatcher, node } = this.#parts;
    const { terms, nonce } = factsOf(row);
    const declined = row.facts['declined'] === true;
    const intent = {
      purpose: `accept:${row.id}`,
      to: calls.to,
      data: calls.accept(terms, nonce, node, declined),
      // Mined after that it would only make the penalty certain: admission left this much for the work and its delivery.
      expiresAt: Number(row.facts['acceptBy'] ?? terms.deadline),
      // Its submission takes about as much gas again.
      gain: feeSplit(terms, true).toNode / 2n,
    };
    const sent = await dispatcher.send(intent);
    if (isOver(sent)) await dispatcher.resend(intent);
  }

  /** In one transaction, or in as few as they fit into. */
  async #send(rows: readonly Row[]): Promise<void> {
    const results: Result[] = [];
    for (const row of rows) {
      const submission = await this.#callOf(row);
      if (submission && !(await this.#isUnderWay(row))) results.push({ row, submission });
    }
    const dataOf = (some: readonly Result[]) => this.#parts.calls.submit(some.map(({ submission }) => submission));
    for (const part of fitting(results, dataOf)) await this.#sendOne(part);
  }

  /** The row says which transaction it waits for before that transaction is planned: a lost plan is found by `recover`. */
  async #sendOne(results: readonly Result[]): Promise<void> {
    const { calls, dispatcher, journal, metrics, log } = this.#parts;
    const purpose = purposeOf(results.map(({ row }) => row));
    const mine: Row[] = [];
    const submissions: SubmitCall[] = [];
    for (const { row, submission } of results) {
      const facts = { intent: purpose, attempts: attemptsOf(row) + 1 };
      if (!(await journal.advance(TRACK, row.id, 'executed', 'submitting', { facts }))) continue;
      mine.push(row);
      submissions.push(submission);
    }
    if (submissions.length === 0) return;
    const deadlines = submissions.map(({ terms }) => terms.deadline);
    const gain = submissions.reduce((sum, submission) => sum + gainOf(submission), 0n);
    const intent = { purpose, to: calls.to, data: calls.submit(submissions), expiresAt: Math.max(...deadlines), gain };
    const sent = await dispatcher.send(intent);
    metrics.count('worker_submit_sent_total', { form: mine.length === 1 ? 'single' : 'batch' }, mine.length);
    for (const { id } of mine)
      log.info('a result was sent', { requestId: id, status: sent.status, hash: sent.attempts.at(-1)?.hash });
  }

  /** After a reorganisation the transaction of before may still do it: then the row waits for that one again. */
  async #isUnderWay({ id, facts }: Row): Promise<boolean> {
    const { dispatcher, journal } = this.#parts;
    const before = facts['intent'] === undefined ? undefined : await dispatcher.get(String(facts['intent']));
    if (!before || isOver(before)) return false;
    await journal.advance(TRACK, id, 'executed', 'submitting');
    return true;
  }

  async #callOf(row: Row): Promise<SubmitCall | undefined> {
    const { journal, node, log } = this.#parts;
    const result = await journal.result(row.id);
    const { terms, nonce, outputHeaders } = factsOf(row);
    if (!result || !outputHeaders) {
      log.error('a row is executed but its result or version is missing', { requestId: row.id });
      return undefined;
    }
    return {
      terms,
      nonce,
      acceptedBy: row.facts['accepted'] === true ? node : undefined,
      outputHeaders: hasFlag(terms.flags, AskFlags.EXACT_OUTPUT) ? [] : outputHeaders,
      output: toHex(result.submission),
    };
  }

  /** Rows whose transaction ended without the event they wait for. An event that came has moved the row already. */
  async outcome(intent: TrackedIntent): Promise<void> {
    if (!isOver(intent)) return;
    const { journal, metrics } = this.#parts;
    if (intent.status !== 'settled') metrics.count('worker_submit_ended_total', { status: intent.status });
    const [kind, id] = intent.purpose.split(/[:/]/);
    if (kind === 'accept' && intent.status !== 'settled') {
      const reason = `our accept did not hold: ${intent.reason ?? intent.status}`;
      await journal.advance(TRACK, id as Hex, 'accepting', 'lost', { facts: { reason }, dueAt: null });
      return;
    }
    for (const row of await this.#rowsOf(kind, id as Hex))
      if (row.facts['intent'] === intent.purpose) await this.#again(row, intent.reason ?? intent.status);
  }

  async #rowsOf(kind: string | undefined, id: Hex): Promise<readonly Row[]> {
    const { journal } = this.#parts;
    if (kind === 'submitMany') return journal.ready(TRACK, 'submitting', { limit: 10_000 });
    const row = await journal.row(TRACK, id);
    return row?.stage === 'submitting' ? [row] : [];
  }

  /** For the start, and the sweep: rows that wait for a transaction which ended, or was never planned. */
  async recover(): Promise<void> {
    const { journal, dispatcher } = this.#parts;
    for (const row of await journal.ready(TRACK, 'submitting', { limit: 10_000 })) {
      const intent = await dispatcher.get(String(row.facts['intent']));
      if (!intent) await journal.advance(TRACK, row.id, 'submitting', 'executed', { facts: { attempts: 0 } });
      else if (isOver(intent)) await this.#again(row, intent.reason ?? intent.status);
    }
  }

  async #again(row: Row, reason: string): Promise<void> {
    const to = attemptsOf(row) < ATTEMPTS ? 'executed' : 'refused';
    const moved = await this.#parts.journal.advance(TRACK, row.id, 'submitting', to, { facts: { reason } });
    if (!moved) return;
    this.#parts.log.warn('a result was not taken', { requestId: row.id, to, reason });
    if (to === 'executed') await this.submit(row.id);
  }
}

function factsOf(row: Row): { terms: Terms; nonce: bigint; outputHeaders: readonly Hex[] | undefined } {
  const version = row.facts['version'] as { readonly outputHeaders?: readonly Hex[] } | undefined;
  const { terms, nonce } = row.facts as unknown as { terms: Terms; nonce: bigint };
  return { terms, nonce, outputHeaders: version?.outputHeaders };
}

/** What a submission brings: the fee, as if a keeper took the tip; and the penalty that is due without it, once it was accepted. */
function gainOf({ terms, acceptedBy }: SubmitCall): bigint {
  const spared = acceptedBy === undefined ? 0n : (terms.slice * BigInt(terms.penaltyBps)) / 10_000n;
  return feeSplit(terms, true).toNode + spared;
}

function attemptsOf(row: Row): number {
  return Number(row.facts['attempts'] ?? 0);
}

/** It will do nothing more for its rows. One that failed in a block that is not final yet counts: deadlines do not wait. */
function isOver({ status, reason }: TrackedIntent): boolean {
  return ['settled', 'reverted', 'abandoned'].includes(status) || (status === 'mined' && reason !== undefined);
}

/** With the number of the attempt: a transaction that did not do it is followed by another, and keeps its own record. */
function purposeOf(rows: readonly Row[]): string {
  const names = rows.map((row) => `${row.id}/${attemptsOf(row)}`);
  if (names.length === 1) return `submit:${names[0]}`;
  return `submitMany:${createHash('sha256').update(names.join()).digest('hex')}`;
}
