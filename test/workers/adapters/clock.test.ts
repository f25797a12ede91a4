import { expect } from 'chai';
import { steadyClock } from '../../../workers/adapters/clock/steadyClock.ts';
import { systemClock } from '../../../workers/adapters/clock/systemClock.ts';
import { FakeClock } from '../../../workers/adapters/memory/fakeClock.ts';

describe('the clocks', () => {
  it('the system clock sleeps, and wakes at once when aborted, without an error', async () => {
    const began = systemClock.now();
    await systemClock.sleep(20);
    // Timers may fire a millisecond early against the wall clock.
    expect(systemClock.now()).to.be.at.least(began + 19);
    await systemClock.sleep(-5);
    await systemClock.sleep(1e9, AbortSignal.abort());
    const stop = new AbortController();
    const slept = systemClock.sleep(1e9, stop.signal);
    stop.abort();
    await slept;
  });

  it('the fake clock wakes sleepers in order of time, those that sleep again included', async () => {
    const clock = new FakeClock(1_000);
    const woken: string[] = [];
    void clock.sleep(30).then(() => woken.push(`b at ${clock.now()}`));
    void (async () => {
      for (let n = 0; n < 4; n++) {
        await clock.sleep(10);
        woken.push(`a at ${clock.now()}`);
      }
    })();
    await clock.advance(35);
    expect(woken).to.deep.equal(['a at 1010', 'a at 1020', 'b at 1030', 'a at 1030']);
    expect(clock.now()).to.equal(1_035);
    expect(clock.sleeping).to.equal(1);
  });

  it('the fake clock lets an aborted sleeper go', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const slept = clock.sleep(10, stop.signal);
    stop.abort();
    await slept;
    await clock.sleep(10, stop.signal);
    expect(clock.sleeping).to.equal(0);
  });
});

describe('a steady clock', () => {
  it('should not move when the machine’s is set, and go on by its count', () => {
    let [wall, count] = [1_000_000_000, 500];
    const clock = steadyClock(
      () => wall,
      () => count,
    );
    expect(clock.now()).to.equal(1_000_000_000);
    wall += 3_600_000;
    expect(clock.now()).to.equal(1_000_000_000);
    count += 250;
    expect(clock.now()).to.equal(1_000_000_250);
  });

  it('should follow the chain where it is far off, ahead or behind, and leave it alone where it is not', () => {
    let count = 0;
    const clock = steadyClock(
      () => 1_000_000_000,
      () => count,
    );
    for (const near of [1_000_000 - 60, 1_000_000, 1_000_000 + 60]) expect(clock.correct(near)).to.equal(0);
    expect(clock.correct(1_000_000 + 61)).to.equal(61);
    expect(clock.now()).to.equal(1_000_061_000);
    expect(clock.correct(1_000_000)).to.equal(-61);
    count = 1_000;
    expect(clock.now()).to.equal(1_000_001_000);
  });
});
