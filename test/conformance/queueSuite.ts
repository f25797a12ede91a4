import { expect } from 'chai';
import { ProtocolError } from '#core/errors.ts';
import type { Hex } from '#ports/chain.ts';
import type { Queue } from '#ports/queue.ts';
import { eventually } from '../support/eventually.ts';

const word = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;
const nothing = async () => {};

/** A promise and the function that ends it: work that takes as long as the test wants. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** What every Queue must do. `open` gives one whose stages nobody used before; backoff is short, locks a few seconds. */
export function shouldBehaveLikeQueue(open: () => Promise<Queue>): void {
  let queue: Queue;
  beforeEach(async () => {
    queue = await open();
  });
  afterEach(() => queue.close(0));

  const drained = (stage: string) =>
    eventually(`${stage} is empty`, async () => {
      const { waiting, active } = await queue.depth(stage);
      return waiting + active === 0;
    });

  it('runs each pushed id once and forgets it', async () => {
    const seen: Hex[] = [];
    for (let n = 1; n <= 20; n++) await queue.push('execute', word(n));
    expect(await queue.depth('execute')).to.deep.equal({ waiting: 20, active: 0 });
    await queue.consume('execute', 4, async (id) => void seen.push(id));
    await drained('execute');
    expect([...seen].sort()).to.deep.equal(Array.from({ length: 20 }, (_, n) => word(n + 1)));
  });

  it('wakes an idle consumer', async () => {
    const seen: Hex[] = [];
    await queue.consume('execute', 1, async (id) => void seen.push(id));
    for (let n = 1; n <= 3; n++) {
      await queue.push('execute', word(n));
      await eventually(`job ${n} ran`, () => seen.length === n);
    }
  });

  it('keeps stages apart', async () => {
    const seen: string[] = [];
    await queue.consume('execute', 1, async (id) => void seen.push(`execute ${Number(id)}`));
    await queue.consume('submit', 1, async (id) => void seen.push(`submit ${Number(id)}`));
    await queue.push('execute', word(1));
    await queue.push('submit', word(1));
    await queue.push('submit', word(2));
    await eventually('three jobs ran', () => seen.length === 3);
    expect(seen.sort()).to.deep.equal(['execute 1', 'submit 1', 'submit 2']);
  });

  it('holds an id once while it waits, and takes it again afterwards', async () => {
    const seen: Hex[] = [];
    for (let n = 0; n < 5; n++) await queue.push('execute', word(1));
    expect((await queue.depth('execute')).waiting).to.equal(1);
    await queue.consume('execute', 1, async (id) => void seen.push(id));
    await drained('execute');
    expect(seen).to.have.length(1);
    await queue.push('execute', word(1));
    await eventually('it ran again', () => seen.length === 2);
  });

  it('runs an id again that was pushed while it ran, and never twice at a time', async () => {
    const { opened, open: release } = gate();
    let runs = 0;
    let running = 0;
    let most = 0;
    await queue.consume('execute', 4, async () => {
      most = Math.max(most, ++running);
      if (++runs === 1) await opened;
      running--;
    });
    await queue.push('execute', word(1));
    await eventually('it runs', () => runs === 1);
    await queue.push('execute', word(1));
    await queue.push('execute', word(1));
    release();
    await eventually('it ran again', () => runs === 2);
    await drained('execute');
    expect({ runs, most }).to.deep.equal({ runs: 2, most: 1 });
  });

  it('runs a smaller priority first', async () => {
    const seen: number[] = [];
    await queue.push('execute', word(1), { priority: 30 });
    await queue.push('execute', word(2), { priority: 5 });
    await queue.push('execute', word(3));
    await queue.push('execute', word(4), { priority: 20 });
    await queue.consume('execute', 1, async (id) => void seen.push(Number(id)));
    await eventually('four ran', () => seen.length === 4);
    expect(seen).to.deep.equal([3, 2, 4, 1]);
  });

  it('waits for the delay, unless it is pushed again without one', async () => {
    const seen: Hex[] = [];
    await queue.consume('execute', 1, async (id) => void seen.push(id));
    await queue.push('execute', word(1), { delayMs: 3_600_000 });
    await queue.push('execute', word(2), { delayMs: 3_600_000 });
    await queue.push('execute', word(3), { delayMs: 100 });
    await eventually('the short delay passed', () => seen.length === 1);
    expect(seen).to.deep.equal([word(3)]);
    expect((await queue.depth('execute')).waiting).to.equal(2);
    await queue.push('execute', word(2));
    await eventually('it ran now', () => seen.length === 2);
    expect(seen[1]).to.equal(word(2));
  });

  it('bounds how many run at a time', async () => {
    const { opened, open: release } = gate();
    let running = 0;
    let most = 0;
    await queue.consume('execute', 3, async () => {
      most = Math.max(most, ++running);
      await opened;
      running--;
    });
    for (let n = 1; n <= 9; n++) await queue.push('execute', word(n));
    await eventually('three run', async () => (await queue.depth('execute')).active === 3);
    expect(await queue.depth('execute')).to.deep.equal({ waiting: 6, active: 3 });
    release();
    await drained('execute');
    expect(most).to.equal(3);
  });

  it('tries again after a retryable error', async () => {
    let runs = 0;
    await queue.consume('execute', 1, async () => {
      if (++runs < 4) throw new ProtocolError('sql.unavailable', { url: 'test', reason: 'test' });
    });
    await queue.push('execute', word(1));
    await eventually('it ran four times', () => runs === 4);
    await drained('execute');
    expect(runs).to.equal(4);
  });

  it('drops a job at a final error, and goes on with others', async () => {
    const seen: number[] = [];
    await queue.consume('execute', 1, async (id) => {
      seen.push(Number(id));
      if (Number(id) === 1) throw new ProtocolError('sql.url', { url: 'test', reason: 'test' });
    });
    await queue.push('execute', word(1));
    await queue.push('execute', word(2));
    await eventually('both ran', () => seen.length === 2);
    await drained('execute');
    expect(seen).to.deep.equal([1, 2]);
    await queue.push('execute', word(1));
    await eventually('the id may be pushed again', () => seen.length === 3);
  });

  it('retries an error without a code a few times only', async () => {
    let runs = 0;
    await queue.consume('execute', 1, async () => {
      runs++;
      throw new TypeError('a bug');
    });
    await queue.push('execute', word(1));
    await eventually(
      'it was dropped',
      async () => runs > 0 && (await queue.depth('execute')).waiting === 0 && runs >= 3,
    );
    await drained('execute');
    expect(runs).to.equal(3);
  });

  it('refuses a second consumer of a stage', async () => {
    await queue.consume('execute', 1, nothing);
    const error = await queue.consume('execute', 1, nothing).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error).with.property('message').that.contains('execute');
  });

  describe('closing', () => {
    it('lets a running job end, and starts no other', async () => {
      const { opened, open: release } = gate();
      const done: number[] = [];
      let started = 0;
      await queue.consume('execute', 1, async (id) => {
        started++;
        await opened;
        done.push(Number(id));
      });
      await queue.push('execute', word(1));
      await eventually('it runs', () => started === 1);
      await queue.push('execute', word(2));
      const closed = queue.close(60_000);
      release();
      await closed;
      expect({ started, done }).to.deep.equal({ started: 1, done: [1] });
    });

    it('aborts a job that does not end within the grace', async () => {
      let aborted = false;
      let started = false;
      await queue.consume('execute', 1, async (_id, signal) => {
        started = true;
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
        aborted = true;
        signal.throwIfAborted();
      });
      await queue.push('execute', word(1));
      await eventually('it runs', () => started);
      await queue.close(50);
      expect(aborted).to.equal(true);
    });

    it('is the same when asked twice', async () => {
      await queue.consume('execute', 1, nothing);
      await Promise.all([queue.close(1_000), queue.close(1_000)]);
    });
  });
}

/** What every Queue that outlives its process must do as well. `reopen` gives one on the same jobs as the last one opened. */
export function shouldKeepJobs(open: () => Promise<Queue>, reopen: () => Promise<Queue>): void {
  it('gives a job that was aborted at closing to the next process', async () => {
    const first = await open();
    let started = false;
    await first.consume('execute', 1, async (_id, signal) => {
      started = true;
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
    });
    await first.push('execute', word(1));
    await first.push('execute', word(2));
    await eventually('it runs', () => started);
    await first.close(0);

    const second = await reopen();
    const seen: number[] = [];
    await second.consume('execute', 1, async (id) => void seen.push(Number(id)));
    await eventually('both ran', () => seen.length === 2);
    expect(seen.sort()).to.deep.equal([1, 2]);
    await second.close(1_000);
  });

  it('runs a job again whose process vanished while it ran', async () => {
    const first = await open();
    let started = false;
    const { opened, open: release } = gate();
    await first.consume('execute', 1, async () => {
      started = true;
      await opened;
    });
    await first.push('execute', word(1));
    await eventually('it runs', () => started);
    // Never ends, does not notice the abort: its connection is cut with the job active.
    await first.close(0);

    const second = await reopen();
    const seen: number[] = [];
    await second.consume('execute', 1, async (id) => void seen.push(Number(id)));
    await eventually('it ran again', () => seen.length === 1);
    release();
    await second.close(1_000);
  });
}
