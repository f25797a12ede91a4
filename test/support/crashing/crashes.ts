/** Ports of a process that is dead as soon as it comes to the point that CRASH_AT names. */
import type { ChainSender, Hex } from '#ports/chain.ts';
import type { IndexStore } from '#ports/indexing.ts';
import type { Journal } from '#ports/journal.ts';
import type { IntentStatus, Outbox } from '#ports/outbox.ts';
import type { Queue } from '#ports/queue.ts';

const POINT = process.env['CRASH_AT'] ?? '';

/** Kills the process before and after some work, if that is what it was started for. */
export async function at<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (POINT === `${name}:before`) die();
  const done = await work();
  if (POINT === `${name}:after`) die();
  return done;
}

/** Nothing of the process runs any more, whatever it has begun. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

const kindOf = (purpose: string) => purpose.slice(0, purpose.indexOf(':')).replace(/Many$/, '');
/** Signed transactions do not tell what they are for. */
const purposes = new Map<Hex, string>();

export const crashingJournal = (journal: Journal): Journal => ({
  ...journal,
  record: (block, events) => {
    const record = () => journal.record(block, events);
    return events.length > 0 ? at('events:record', record) : record();
  },
  finalise: (block) => at('final:mark', () => journal.finalise(block)),
  open: (row) => at(`${row.track}/${row.stage}:row`, () => journal.open(row)),
  advance: (track, id, from, to, change) => {
    const advance = () => journal.advance(track, id, from, to, change);
    return from === to ? advance() : at(`${track}/${to}:row`, advance);
  },
  checkAndRecord: (result) => at('result:record', () => journal.checkAndRecord(result)),
});

export const crashingOutbox = (outbox: Outbox): Outbox => ({
  ...outbox,
  plan: (intent) => at(`${kindOf(intent.purpose)}:plan`, () => outbox.plan(intent)),
  allocateNonce: (purpose, mined) => at(`${kindOf(purpose)}:nonce`, () => outbox.allocateNonce(purpose, mined)),
  recordAttempt: (purpose, attempt) => {
    purposes.set(attempt.raw, purpose);
    return at(`${kindOf(purpose)}:attempt`, () => outbox.recordAttempt(purpose, attempt));
  },
  setStatus: (purpose, status, reason) =>
    at(`${kindOf(purpose)}:${stepOf(status)}`, () => outbox.setStatus(purpose, status, reason)),
  open: async (from) => {
    const found = await outbox.open(from);
    for (const { purpose, attempts } of found) for (const { raw } of attempts) purposes.set(raw, purpose);
    return found;
  },
});

const stepOf = (status: IntentStatus): string => (status === 'mined' || status === 'settled' ? status : '');

export const crashingSender = (sender: ChainSender): ChainSender =>
  new Proxy(sender, {
    get(target, name) {
      if (name === 'broadcast')
        return (raw: Hex) => at(`${kindOf(purposes.get(raw) ?? '')}:broadcast`, () => target.broadcast(raw));
      const found: unknown = Reflect.get(target, name);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });

export const crashingQueue = (queue: Queue): Queue => ({
  push: (stage, id, options) => at(`${stage}:hint`, () => queue.push(stage, id, options)),
  consume: (stage, concurrency, work) => queue.consume(stage, concurrency, work),
  depth: (stage) => queue.depth(stage),
  close: (graceMs) => queue.close(graceMs),
});

export const crashingIndex = (store: IndexStore): IndexStore => ({
  ...store,
  take: (block, events, derive) => {
    const take = () => store.take(block, events, derive);
    return events.length > 0 ? at('index:take', take) : take();
  },
  takeBack: (block) => at('index:takeBack', () => store.takeBack(block)),
  finalise: (block) => at('index:final', () => store.finalise(block)),
});
