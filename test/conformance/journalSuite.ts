import { expect } from 'chai';
import type { ProtocolEvent } from '#core/protocol/events.ts';
import { toRequestId } from '#core/protocol/ids.ts';
import type { BlockRef, Hex, LoggedEvent } from '#ports/chain.ts';
import type { Journal, RecordedResult, Row } from '#ports/journal.ts';
import { rejectsLater } from '../support/rejects.ts';

const word = (n: number | bigint): Hex => `0x${n.toString(16).padStart(64, '0')}`;
/** Block `number` of fork `fork`, child of the block before on the same fork, or of `parentFork`. */
const block = (number: number, fork = 1, parentFork = fork): BlockRef => ({
  number,
  hash: word(number * 1000 + fork),
  parentHash: word((number - 1) * 1000 + parentFork),
  timestamp: 1_700_000_000 + number,
});
const A = word(0xa);
const B = word(0xb);

const frozen = (id: Hex): ProtocolEvent => ({ type: 'Frozen', id: toRequestId(id) });
const logged = (at: BlockRef, logIndex: number, event: ProtocolEvent): LoggedEvent => ({
  block: at,
  transactionHash: word(at.number * 100 + logIndex),
  logIndex,
  event,
});
const row = (change: Partial<Row> = {}): Row => ({
  track: 'serve',
  id: A,
  stage: 'observed',
  facts: {},
  dueAt: undefined,
  ...change,
});
const result = (change: Partial<RecordedResult> = {}): RecordedResult => ({
  requestId: A,
  outputHash: word(1),
  submission: Uint8Array.of(1, 2, 255),
  output: Uint8Array.of(0, 254),
  ...change,
});

/** What every Journal must do. `open` gives an empty one. */
export function shouldBehaveLikeJournal(open: () => Promise<Journal>): void {
  let journal: Journal;
  beforeEach(async () => {
    journal = await open();
  });

  describe('what the chain said', () => {
    it('starts with an empty cursor', async () => {
      expect(await journal.cursor()).to.deep.equal({ recent: [], final: undefined });
    });

    it('records a block with its events and says which requests they concern, each once', async () => {
      const one = block(1);
      const events = [logged(one, 0, frozen(A)), logged(one, 1, frozen(B)), logged(one, 4, frozen(A))];
      expect(await journal.record(one, events))
        .to.have.members([A, B])
        .and.have.length(2);
      expect(await journal.eventsOf(A)).to.deep.equal([
        { ...events[0], final: false },
        { ...events[2], final: false },
      ]);
      expect((await journal.cursor()).recent).to.deep.equal([one]);
    });

    it('gives back texts of strangers that PostgreSQL would refuse: zero characters, halves of surrogate pairs', async () => {
      const one = block(1);
      const texts = ['\0', 'a\0b', '\ud800', 'x\udc00\0', '\\u0000', '', 'é𝄞'];
      const event = { type: 'Requested', id: A, texts, nested: { '\\u0000': '\0' } } as unknown as ProtocolEvent;
      await journal.record(one, [logged(one, 0, event)]);
      const [got] = await journal.eventsOf(A);
      expect(got?.event).to.deep.equal(event);
    });

    it('gives events back as they were: 64-bit and larger integers, bytes, nested lists', async () => {
      const one = block(1);
      const event = {
        type: 'Requested',
        id: A,
        fee: 2n ** 96n - 1n,
        nested: { list: [1, 'two', null, { n: -(2n ** 63n) }], bytes: Uint8Array.of(0, 128, 255) },
        flag: false,
      } as unknown as ProtocolEvent;
      await journal.record(one, [logged(one, 0, event)]);
      const [got] = await journal.eventsOf(A);
      expect(got?.event).to.deep.equal(event);
    });

    it('takes events that concern no request', async () => {
      const one = block(1);
      const event = { type: 'Staked', account: word(9), amount: 5n } as unknown as ProtocolEvent;
      expect(await journal.record(one, [logged(one, 0, event)])).to.deep.equal([]);
    });

    it('ignores a block it has, and its events', async () => {
      const one = block(1);
      await journal.record(one, [logged(one, 0, frozen(A))]);
      await journal.record(one, [logged(one, 0, frozen(A))]);
      expect(await journal.eventsOf(A)).to.have.length(1);
      expect((await journal.cursor()).recent).to.have.length(1);
    });

    it('refuses a block that does not follow the newest one', async () => {
      await journal.record(block(5), []);
      await rejectsLater('journal.out_of_order', journal.record(block(5, 2), []));
      await rejectsLater('journal.out_of_order', journal.record(block(4), []));
      await rejectsLater('journal.out_of_order', journal.record(block(6, 2), []));
      await journal.record(block(6, 2, 1), []);
    });

    it('takes back the newest block and its events, newest first', async () => {
      const [one, two, three] = [block(1), block(2), block(3)];
      await journal.record(one, [logged(one, 0, frozen(A))]);
      await journal.record(two, [logged(two, 0, frozen(A)), logged(two, 1, frozen(B))]);
      await journal.record(three, []);

      await rejectsLater('journal.out_of_order', journal.orphan(two));
      expect(await journal.orphan(three)).to.deep.equal([]);
      expect(await journal.orphan(two)).to.have.members([A, B]);
      expect(await journal.orphan(two), 'taken back again').to.deep.equal([]);

      expect(await journal.eventsOf(A)).to.have.length(1);
      expect(await journal.eventsOf(B)).to.deep.equal([]);
      const other = block(2, 7, 1);
      await journal.record(other, [logged(other, 0, frozen(B))]);
      expect((await journal.eventsOf(B))[0]?.block).to.deep.equal(other);
    });

    it('marks as final, forward only, and says what became final in between', async () => {
      const [one, two, three] = [block(1), block(2), block(3)];
      await journal.record(one, [logged(one, 0, frozen(A))]);
      await journal.record(two, [logged(two, 0, frozen(B))]);
      await journal.record(three, [logged(three, 0, frozen(A))]);

      expect(await journal.finalise(two)).to.have.members([A, B]);
      expect(await journal.finalise(two)).to.deep.equal([]);
      expect(await journal.finalise(one)).to.deep.equal([]);
      expect((await journal.eventsOf(A)).map(({ final }) => final)).to.deep.equal([true, false]);
      expect(await journal.cursor()).to.deep.equal({ recent: [two, three], final: two });
      expect(await journal.finalise(three)).to.deep.equal([A]);
    });

    it('refuses to take back what is final, and to make final what another block stands for', async () => {
      await journal.record(block(1), []);
      await journal.record(block(2), []);
      await rejectsLater('journal.out_of_order', journal.finalise(block(2, 9)));
      await journal.finalise(block(2));
      await rejectsLater('journal.out_of_order', journal.orphan(block(2)));
    });
  });

  describe('what this process does about it', () => {
    it('opens a row once', async () => {
      expect(await journal.open(row({ facts: { fee: 7n } }))).to.equal(true);
      expect(await journal.open(row({ stage: 'other' }))).to.equal(false);
      expect(await journal.row('serve', A)).to.deep.equal(row({ facts: { fee: 7n } }));
      expect(await journal.row('keep', A)).to.equal(undefined);
    });

    it('moves a row only from the stage it is in, and merges facts', async () => {
      await journal.open(row({ facts: { kept: 1, changed: 1 }, dueAt: 50 }));
      expect(
        await journal.advance('serve', A, 'observed', 'executed', { facts: { changed: 2n, added: 'x' } }),
      ).to.equal(true);
      expect(await journal.advance('serve', A, 'observed', 'executed')).to.equal(false);
      expect(await journal.advance('serve', B, 'observed', 'executed')).to.equal(false);
      expect(await journal.row('serve', A)).to.deep.equal(
        row({ stage: 'executed', facts: { kept: 1, changed: 2n, added: 'x' }, dueAt: 50 }),
      );
    });

    it('keeps, sets and clears the time a row is due', async () => {
      await journal.open(row());
      await journal.advance('serve', A, 'observed', 'b', { dueAt: 99 });
      expect((await journal.row('serve', A))?.dueAt).to.equal(99);
      await journal.advance('serve', A, 'b', 'c');
      expect((await journal.row('serve', A))?.dueAt).to.equal(99);
      await journal.advance('serve', A, 'c', 'd', { dueAt: null });
      expect((await journal.row('serve', A))?.dueAt).to.equal(undefined);
    });

    it('lets exactly one of many movers win', async () => {
      await journal.open(row());
      const moves = Array.from({ length: 20 }, (_, n) => journal.advance('serve', A, 'observed', `to-${n}`));
      expect((await Promise.all(moves)).filter((won) => won)).to.have.length(1);
    });

    it('lists the rows of a stage by time, untimed last, then by id', async () => {
      const add = (n: number, dueAt: number | undefined) => journal.open(row({ id: word(n), dueAt }));
      await Promise.all([add(3, 10), add(1, 20), add(2, 10), add(5, undefined), add(4, undefined)]);
      await journal.open(row({ id: word(6), stage: 'executed' }));
      await journal.open(row({ id: word(7), track: 'keep' }));
      const ids = async (options: { limit: number; dueBefore?: number }) =>
        (await journal.ready('serve', 'observed', options)).map(({ id }) => Number(id));
      expect(await ids({ limit: 10 })).to.deep.equal([2, 3, 1, 4, 5]);
      expect(await ids({ limit: 2 })).to.deep.equal([2, 3]);
      expect(await ids({ limit: 10, dueBefore: 10 })).to.deep.equal([2, 3]);
      expect(await ids({ limit: 10, dueBefore: 9 })).to.deep.equal([]);
    });

    it('counts the rows of a track by stage', async () => {
      await journal.open(row());
      await journal.open(row({ id: B }));
      await journal.open(row({ id: word(12), stage: 'executed' }));
      await journal.open(row({ track: 'keep' }));
      expect(await journal.count('serve')).to.deep.equal({ observed: 2, executed: 1 });
      expect(await journal.count('nobody')).to.deep.equal({});
    });
  });

  describe('what it is committed to', () => {
    it('records a result once, and accepts the same again', async () => {
      expect(await journal.result(A)).to.equal(undefined);
      expect(await journal.checkAndRecord(result())).to.equal('recorded');
      expect(await journal.checkAndRecord(result())).to.equal('same');
      expect(await journal.result(A)).to.deep.equal(result());
    });

    for (const [what, change] of [
      ['hash', { outputHash: word(2) }],
      ['submission', { submission: Uint8Array.of(1, 2) }],
      ['output', { output: Uint8Array.of(9) }],
    ] as const) {
      it(`refuses another ${what} for the same request, finally`, async () => {
        await journal.checkAndRecord(result());
        const error = await rejectsLater('journal.equivocation', journal.checkAndRecord(result(change)));
        expect(error.retryable).to.equal(false);
        expect(await journal.result(A)).to.deep.equal(result());
      });
    }

    it('lets exactly one of many different results be recorded', async () => {
      const offers = Array.from({ length: 10 }, (_, n) => journal.checkAndRecord(result({ outputHash: word(n) })));
      const settled = await Promise.allSettled(offers);
      expect(settled.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    });

    it('keeps results of 64 KB', async () => {
      const large = Uint8Array.from({ length: 65_536 }, (_, n) => n % 251);
      await journal.checkAndRecord(result({ submission: large, output: large }));
      expect(await journal.result(A)).to.deep.equal(result({ submission: large, output: large }));
    });
  });

  describe('retention', () => {
    const closed = { serve: ['settled'] };

    beforeEach(async () => {
      const [one, two, three, four] = [block(1), block(2), block(3), block(4)];
      await journal.record(one, [logged(one, 0, frozen(A))]);
      await journal.record(two, [logged(two, 0, frozen(B))]);
      await journal.record(three, [logged(three, 0, frozen(A))]);
      await journal.record(four, []);
      await journal.open(row({ stage: 'settled' }));
      await journal.open(row({ id: B }));
      await journal.checkAndRecord(result());
      await journal.checkAndRecord(result({ requestId: B }));
    });

    it('forgets closed work, and keeps what is open, recent or not final', async () => {
      await journal.finalise(block(4));
      expect(await journal.prune(3, closed), 'A has an event in block 3').to.equal(0);
      expect(await journal.prune(4, closed)).to.equal(1);
      expect(await journal.row('serve', A)).to.equal(undefined);
      expect(await journal.result(A)).to.equal(undefined);
      expect(await journal.eventsOf(A)).to.deep.equal([]);

      expect(await journal.row('serve', B)).to.deep.equal(row({ id: B }));
      expect(await journal.result(B)).to.deep.equal(result({ requestId: B }));
      expect(await journal.eventsOf(B)).to.have.length(1);
      expect(await journal.cursor()).to.deep.equal({ recent: [block(4)], final: block(4) });
    });

    it('keeps a request another track still works on', async () => {
      await journal.open(row({ track: 'keep' }));
      await journal.finalise(block(4));
      await journal.prune(4, closed);
      expect(await journal.eventsOf(A)).to.have.length(2);
      expect(await journal.result(A)).to.deep.equal(result());
    });

    describe('of a request that is open', () => {
      const LATE = block(20).timestamp;
      const C = word(0xc);
      const asked = (deadline: number) =>
        ({ type: 'Requested', id: C, terms: { deadline } }) as unknown as ProtocolEvent;
      const submitted = { type: 'Submitted', id: C } as unknown as ProtocolEvent;
      const expired = { type: 'Expired', id: C } as unknown as ProtocolEvent;
      const finalised = { type: 'Finalised', id: C } as unknown as ProtocolEvent;
      /** Blocks from the fifth on, one event each, all of them final; then everything old is pruned. */
      const pruned = async (events: readonly ProtocolEvent[], { until = 12, beforeBlock = 12 } = {}) => {
        for (let number = 5; number <= until; number++) {
          const event = events[number - 5];
          await journal.record(block(number), event ? [logged(block(number), 0, event)] : []);
        }
        await journal.finalise(block(until));
        await journal.prune(beforeBlock, closed);
        return (await journal.eventsOf(C)).map(({ event }) => event.type);
      };

      it('keeps what is waiting for an answer, though nobody works on it', async () => {
        expect(await pruned([asked(LATE)])).to.deep.equal(['Requested']);
      });

      it('forgets what can have no answer any more', async () => {
        expect(await pruned([asked(LATE)], { until: 21, beforeBlock: 12 })).to.deep.equal([]);
      });

      it('keeps a result that was not paid yet, and what was done about it, however late it is', async () => {
        await journal.open(row({ id: C, stage: 'settled' }));
        expect(await pruned([asked(LATE), submitted], { until: 30, beforeBlock: 30 })).to.deep.equal([
          'Requested',
          'Submitted',
        ]);
        expect(await journal.row('serve', C)).to.deep.equal(row({ id: C, stage: 'settled' }));
      });

      for (const [what, end] of [
        ['paid', [submitted, finalised]],
        ['given back', [expired]],
      ] as const)
        it(`forgets all of it once it is ${what}, but not before that is old`, async () => {
          await journal.open(row({ id: C, stage: 'settled' }));
          const events = [asked(LATE), ...end];
          const last = 4 + events.length;
          expect(await pruned(events, { beforeBlock: last })).to.have.length(events.length);
          await journal.prune(last + 1, closed);
          expect(await journal.eventsOf(C)).to.deep.equal([]);
          expect(await journal.row('serve', C)).to.equal(undefined);
        });
    });

    it('touches nothing above the final block', async () => {
      await journal.finalise(block(2));
      expect(await journal.prune(100, closed)).to.equal(0);
      expect(await journal.eventsOf(A)).to.have.length(2);
    });
  });
}
