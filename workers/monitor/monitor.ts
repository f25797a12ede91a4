import type { Challenge } from '#core/challenges/follow.ts';
import { type Subject, subjectOf } from '#core/challenges/subject.ts';
import { isGameEvent, isRequestEvent } from '#core/protocol/events.ts';
import { historyOf } from '#core/protocol/history.ts';
import { isOver } from '#core/protocol/request.ts';
import type { Hex, LoggedEvent } from '#ports/chain.ts';
import type { GameViews } from '#ports/game.ts';
import type { Journal } from '#ports/journal.ts';
import type { Head, Observer } from '#ports/observer.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import { alarmsOf } from './alarms.ts';
import type { Judge } from './judge.ts';
import { isAlive, type Standing, standingOf, VERDICTS } from './standing.ts';
import type { Sight } from './table.ts';

/** Requests: `watched` while a dispute can begin, `disputed` while something about one is open, then `over`. */
export const MONITOR = { track: 'monitor', watched: 'watched', disputed: 'disputed', over: 'over' } as const;

export interface MonitorParts {
  readonly journal: Journal;
  readonly judge: Pick<Judge, 'of' | 'ofResult' | 'keep' | 'idle'>;
  readonly views: Pick<GameViews, 'clocksOf'>;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Disputes looked at per head, the oldest ids first: more are counted as not seen. */
const MOST = 1_000;

/** Sees every dispute, and sends nothing. What it knows is in the journal but for judgements, which are computed again after a restart. */
export class Monitor implements Observer {
  readonly #parts: MonitorParts;
  readonly #subjects = new Map<Hex, Subject>();
  /** Touched by a block that may not be recorded yet, so what the journal says of them may be old. */
  readonly #touched = new Set<Hex>();
  #sight: Sight = { block: undefined, now: 0, disputes: [] };
  #looking: Promise<void> | undefined;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
  }

  /** As of the newest block. */
  get sight(): Sight {
    return this.#sight;
  }

  async touched(id: Hex, events: readonly LoggedEvent[]): Promise<void> {
    const { journal } = this.#parts;
    this.#touched.add(id);
    const stage = stageOf(events);
    if (await journal.open({ track: MONITOR.track, id, stage, facts: {}, dueAt: undefined })) return;
    const row = await journal.row(MONITOR.track, id);
    if (row && row.stage !== stage) await journal.advance(MONITOR.track, id, row.stage, stage);
  }

  async arrived(head: Head): Promise<void> {
    for (const id of this.#touched) this.#subjects.delete(id);
    this.#touched.clear();
    this.#looking ??= this.look(head)
      .catch((error) => this.#parts.log.warn('disputes could not be looked at', { reason: String(error) }))
      .finally(() => {
        this.#looking = undefined;
      });
  }

  /** Resolves when nothing is being looked at or computed. */
  async idle(): Promise<void> {
    await this.#looking;
    await this.#parts.judge.idle();
  }

  async look({ block, now }: Head): Promise<void> {
    const { journal, judge, views } = this.#parts;
    const rows = await journal.ready(MONITOR.track, MONITOR.disputed, { limit: MOST });
    const disputes: Standing[] = [];
    for (const { id } of rows) {
      const subject = await this.#subject(id);
      if (!subject) continue;
      const { set, tc } = subject.history.row.terms;
      const { windowSeconds, responseSeconds, tcBase } = await views.clocksOf(set);
      const clocks = { window: windowSeconds + tc - tcBase, response: responseSeconds };
      const judged = {
        challenge: (challenge: Challenge) => judge.of(challenge, now),
        result: () => judge.ofResult(subject, now),
      };
      const standing = standingOf(subject, judged, clocks, now);
      if (isAlive(standing)) disputes.push(standing);
      else await this.#rest(id, isOver(subject.history.row.state) ? MONITOR.over : MONITOR.watched);
    }
    judge.keep(disputes);
    this.#sight = { block: block.number, now, disputes };
    this.#measure(rows.length === MOST);
  }

  async #subject(id: Hex): Promise<Subject | undefined> {
    const isNew = this.#touched.has(id);
    const known = this.#subjects.get(id);
    if (known && !isNew) return known;
    const subject = subjectOf(await this.#parts.journal.eventsOf(id));
    if (!subject) await this.#rest(id, MONITOR.over);
    else if (!isNew && !this.#touched.has(id)) this.#subjects.set(id, subject);
    return subject;
  }

  /** Not while something new is about to be known of it: the next look sees that. */
  async #rest(id: Hex, stage: string): Promise<void> {
    if (this.#touched.has(id)) return;
    this.#subjects.delete(id);
    await this.#parts.journal.advance(MONITOR.track, id, MONITOR.disputed, stage);
  }

  #measure(full: boolean): void {
    const { metrics, log } = this.#parts;
    const { disputes, now } = this.#sight;
    if (full) log.error('there are more disputes than are looked at', { most: MOST });
    const challenges = disputes.flatMap((standing) => standing.challenges);
    for (const verdict of VERDICTS) {
      const own = challenges.filter((challenge) => challenge.verdict === verdict);
      metrics.gauge('worker_monitor_challenges', own.length, { verdict });
      metrics.gauge('worker_monitor_demands', own.flatMap(({ demands }) => demands).length, { verdict });
    }
    metrics.gauge('worker_monitor_requests', disputes.length);
    const outputs = disputes.flatMap(({ outputDemands }) => outputDemands);
    metrics.gauge('worker_monitor_output_demands', outputs.length);
    const lefts = [...challenges, ...outputs].flatMap(({ left }) => left ?? []);
    metrics.gauge('worker_monitor_limit_seconds', Math.min(...lefts));
    for (const [kind, wei] of Object.entries(atRisk(disputes)))
      metrics.gauge('worker_monitor_at_risk_wei', Number(wei), { kind });
    const alarms = alarmsOf(disputes, now);
    for (const [alarm, count] of Object.entries(alarms)) metrics.gauge('worker_monitor_alarms', count, { alarm });
    metrics.gauge('worker_monitor_lapses_missed', alarms.lapse_missed);
  }
}

/** A request that can still be disputed keeps its events in the journal. */
function stageOf(events: readonly LoggedEvent[]): string {
  const plain = events.map(({ event }) => event);
  if (plain.some(isGameEvent)) return MONITOR.disputed;
  const row = historyOf(plain.filter(isRequestEvent))?.row;
  return row === undefined || isOver(row.state) ? MONITOR.over : MONITOR.watched;
}

function atRisk(disputes: readonly Standing[]): Readonly<Record<'bond' | 'fee' | 'slice' | 'pot', bigint>> {
  const sum = (values: readonly bigint[]) => values.reduce((a, b) => a + b, 0n);
  return {
    bond: sum(disputes.flatMap(({ challenges }) => challenges.map(({ bond }) => bond))),
    fee: sum(
      disputes.flatMap(({ challenges, outputDemands, reclaimable }) =>
        [...challenges.flatMap(({ demands }) => demands), ...outputDemands, ...reclaimable].map(({ fee }) => fee),
      ),
    ),
    slice: sum(disputes.map(({ slice }) => slice ?? 0n)),
    pot: sum(disputes.map(({ pot }) => pot?.amount ?? 0n)),
  };
}
