import { expect } from 'chai';
import { ZERO_ADDRESS } from '#core/hex.ts';
import { CAUTIOUS_BUDGET } from '#core/protocol/checkBudget.ts';
import { systemClock as clock } from '../../../workers/adapters/clock/systemClock.ts';
import { memoryJournal } from '../../../workers/adapters/memory/journal.ts';
import { memoryQueue } from '../../../workers/adapters/memory/queue.ts';
import { Serving } from '../../../workers/watcher/serving.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const ID = `0x${'1'.repeat(64)}` as const;
const NODE = `0x${'a'.repeat(40)}` as const;

describe('the rows that are counted', () => {
  it('are said to be none where the last one has left', async () => {
    const journal = memoryJournal();
    const metrics = recordedMetrics();
    const policy = {
      node: NODE,
      game: undefined,
      minNetPerItem: 0n,
      versions: undefined,
      refuseVersions: new Set<never>(),
      modes: [0],
      deadlineSlackSeconds: 5,
      openAtMarginSeconds: 5,
      acceptOpen: false,
      maxInputBytes: 1,
      maxWindowSeconds: 1,
      check: CAUTIOUS_BUDGET,
    };
    const views = {
      offerOf: async () => undefined,
      freeStake: async () => 0n,
      delaysOf: async () => ({ tipDelay: 0, rescueDelay: 0 }),
      arbiterOf: async () => ZERO_ADDRESS,
    };
    const parts = { journal, queue: memoryQueue(), views, policy, clock, log: recordedLog(), metrics };
    const serving = new Serving(parts);
    const block = { number: 1, hash: ID, parentHash: ID, timestamp: 1 };
    await serving.restore({ block, now: 1, final: undefined });
    await journal.open({ track: 'serve', id: ID, stage: 'submitting', facts: {}, dueAt: undefined });
    await serving.sweep();
    expect(metrics.values.get('worker_serve_rows{stage="submitting"}')).to.equal(1);
    await journal.advance('serve', ID, 'submitting', 'submitted');
    await serving.sweep();
    expect(metrics.values.get('worker_serve_rows{stage="submitting"}')).to.equal(0);
    expect(metrics.values.get('worker_serve_rows{stage="submitted"}')).to.equal(1);
  });
});
