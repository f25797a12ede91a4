import { ProtocolError } from '#core/errors.ts';
import { isAboutRequest } from '#core/protocol/events.ts';
import { ENDING_EVENTS } from '#core/protocol/request.ts';
import type { BlockRef, Hex, LoggedEvent } from '#ports/chain.ts';
import type { Journal, RecordedResult, Row } from '#ports/journal.ts';

interface Recorded {
  readonly block: BlockRef;
  readonly events: readonly LoggedEvent[];
}

/** The journal without a database, for tests of roles: the same verbs and refusals, gone with the process. */
export function memoryJournal(): Journal {
  let chain: readonly Recorded[] = [];
  let final: BlockRef | undefined;
  const rows = new Map<string, Row>();
  const results = new Map<Hex, RecordedResult>();

  const key = (track: string, id: Hex) => `${track} ${id}`;
  const isFinal = (block: BlockRef) => block.number <= (final?.number ?? -1);
  const eventsOf = (id: Hex) => chain.flatMap(({ events }) => events.filter((logged) => requestOf(logged) === id));

  return {
    async record(block, events) {
      const tip = chain.at(-1)?.block;
      if (!chain.some((known) => known.block.hash === block.hash)) {
        const follows =
          !tip || (block.number > tip.number && (block.number > tip.number + 1 || block.parentHash === tip.hash));
        if (!follows) throw outOfOrder(block, 'recorded', `the newest recorded block is ${tip.number} (${tip.hash})`);
        chain = [...chain, { block, events: structuredClone(events) }];
      }
      return requestsOf(events);
    },

    async orphan(block) {
      const found = chain.find((known) => known.block.hash === block.hash);
      if (!found) return [];
      if (isFinal(block)) throw outOfOrder(block, 'taken back', 'it is final');
      if (found !== chain.at(-1)) throw outOfOrder(block, 'taken back', 'it is not the newest recorded block');
      chain = chain.slice(0, -1);
      return requestsOf(found.events);
    },

    async finalise(block) {
      const other = chain.find((known) => known.block.number === block.number && known.block.hash !== block.hash);
      if (other) throw outOfOrder(block, 'final', `${other.block.hash} is recorded at this height`);
      if (isFinal(block)) return [];
      const became = chain.filter((known) => known.block.number <= block.number && !isFinal(known.block));
      final = block;
      return requestsOf(became.flatMap(({ events }) => events));
    },

    async cursor() {
      const recent = chain.map(({ block }) => block).filter(({ number }) => number >= (final?.number ?? 0));
      return { recent, final };
    },

    async eventsOf(id) {
      return eventsOf(id).map((logged) => ({ ...structuredClone(logged), final: isFinal(logged.block) }));
    },

    async open(row) {
      if (rows.has(key(row.track, row.id))) return false;
      rows.set(key(row.track, row.id), structuredClone(row));
      return true;
    },

    async advance(track, id, from, to, { facts, dueAt } = {}) {
      const row = rows.get(key(track, id));
      if (row?.stage !== from) return false;
      const due = dueAt === undefined ? row.dueAt : (dueAt ?? undefined);
      rows.set(key(track, id), { ...row, stage: to, facts: { ...row.facts, ...structuredClone(facts) }, dueAt: due });
      return true;
    },

    async row(track, id) {
      return structuredClone(rows.get(key(track, id)));
    },

    async ready(track, stage, { limit, dueBefore }) {
      return [...rows.values()]
        .filter((row) => row.track === track && row.stage === stage)
        .filter(({ dueAt }) => dueBefore === undefined || (dueAt !== undefined && dueAt <= dueBefore))
        .sort((a, b) => (a.dueAt ?? Infinity) - (b.dueAt ?? Infinity) || (a.id < b.id ? -1 : 1))
        .slice(0, limit)
        .map((row) => structuredClone(row));
    },

    async count(track) {
      const counts: Record<string, number> = {};
      for (const row of rows.values()) if (row.track === track) counts[row.stage] = (counts[row.stage] ?? 0) + 1;
      return counts;
    },

    async checkAndRecord(result) {
      const recorded = results.get(result.requestId);
      if (!recorded) {
        results.set(result.requestId, structuredClone(result));
        return 'recorded';
      }
      if (same(recorded, result)) return 'same';
      const { requestId, outputHash } = result;
      throw new ProtocolError('journal.equivocation', {
        requestId,
        recorded: recorded.outputHash,
        offered: outputHash,
      });
    },

    async result(id) {
      return structuredClone(results.get(id));
    },

    async prune(beforeBlock, closed) {
      const limit = Math.min(beforeBlock, (final?.number ?? -1) + 1);
      const done = [...rows.entries()].filter(
        ([, { track, stage, id }]) =>
          closed[track]?.includes(stage) &&
          eventsOf(id).every(({ block }) => block.number < limit) &&
          !isOpen(eventsOf(id), limit, final),
      );
      for (const [name] of done) rows.delete(name);
      const worked = new Set([...rows.values()].map(({ id }) => id));
      for (const [, { id }] of done) if (!worked.has(id)) results.delete(id);
      const known = requestsOf(chain.flatMap(({ events }) => events));
      const wanted = new Set([...worked, ...known.filter((id) => isOpen(eventsOf(id), limit, final))]);
      const tip = chain.at(-1);
      chain = chain
        .map((one) =>
          one.block.number < limit
            ? { ...one, events: one.events.filter((logged) => wanted.has(requestOf(logged) ?? '0x')) }
            : one,
        )
        .filter((one) => one.block.number >= limit || one.events.length > 0 || one.block === tip?.block);
      return done.length;
    },
  };
}

const requestOf = ({ event }: LoggedEvent): Hex | undefined => (isAboutRequest(event) ? event.id : undefined);
const requestsOf = (events: readonly LoggedEvent[]) => [
  ...new Set(events.flatMap((logged) => requestOf(logged) ?? [])),
];

/** It can still be answered or disputed: it was submitted, or its deadline is not past, and nothing ended it below `limit`. */
function isOpen(events: readonly LoggedEvent[], limit: number, final: BlockRef | undefined): boolean {
  const asked = events.map(({ event }) => event).find((event) => event.type === 'Requested');
  if (asked === undefined) return false;
  if (events.some(({ event, block }) => block.number < limit && ENDING_EVENTS.includes(event.type as never)))
    return false;
  return asked.terms.deadline >= (final?.timestamp ?? 0) || events.some(({ event }) => event.type === 'Submitted');
}

const same = (a: RecordedResult, b: RecordedResult) =>
  a.outputHash === b.outputHash &&
  Buffer.compare(a.submission, b.submission) === 0 &&
  Buffer.compare(a.output, b.output) === 0;

const outOfOrder = ({ number, hash }: BlockRef, verb: string, reason: string) =>
  new ProtocolError('journal.out_of_order', { number, hash, verb, reason });
