import { expect } from 'chai';
import { ProtocolError } from '#core/errors.ts';
import type { Clock } from '#ports/clock.ts';
import { patiently } from '../../../workers/watcher/patiently.ts';
import { rejectsLater } from '../../support/rejects.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const NODE = { url: 'http://node', method: 'eth_getLogs' };
const refused = () => new ProtocolError('rpc.refused', { ...NODE, reason: 'words of its own' });
const silent = () => new ProtocolError('rpc.unavailable', { ...NODE, reason: 'socket hang up' });
const PROGRESS = 'progress';

describe('patiently', () => {
  /** Follows what the passes do in order, until the last is done. The pauses between them. */
  function following(...passes: readonly (typeof PROGRESS | (() => Error))[]): {
    readonly done: Promise<void>;
    readonly pauses: readonly number[];
    readonly left: () => number;
  } {
    const stop = new AbortController();
    const pauses: number[] = [];
    const clock: Clock = {
      now: () => 0,
      sleep: async (ms) => {
        pauses.push(ms);
      },
    };
    const left = [...passes];
    const done = patiently({ clock, log: recordedLog(), metrics: recordedMetrics() }, stop.signal, async (progress) => {
      const next = left.shift();
      if (left.length === 0) stop.abort();
      if (next === PROGRESS) progress();
      else if (next) throw next();
    });
    return { done, pauses, left: () => left.length };
  }

  it('should wait twice as long each time, and at most half a minute, until there is progress', async () => {
    const { done, pauses } = following(...Array(10).fill(silent), PROGRESS, silent, silent, PROGRESS);
    await done;
    expect(pauses).to.deep.equal([200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 200, 400]);
  });

  it('should end at once where the first word of a node is that it refuses', async () => {
    const { done, left } = following(silent, refused, PROGRESS);
    await rejectsLater('rpc.refused', done);
    expect(left()).to.equal(1);
  });

  it('should bear eight refusals after progress, and end with the ninth', async () => {
    const eight = Array(8).fill(refused);
    await following(PROGRESS, ...eight, PROGRESS, ...eight, PROGRESS).done;
    const { done, left } = following(PROGRESS, ...eight, refused, PROGRESS);
    await rejectsLater('rpc.refused', done);
    expect(left()).to.equal(1);
  });

  it('should end with what no waiting mends', async () => {
    const wrong = () => new ProtocolError('chain.reorg_too_deep', { number: 1, recorded: '0x1', found: '0x2' });
    await rejectsLater('chain.reorg_too_deep', following(PROGRESS, wrong, PROGRESS).done);
  });
});
