import { expect } from 'chai';
import {
  type PoolView,
  place,
  type SessionView,
  type SlotView,
  trim,
  type Want,
} from '../../../workers/adapters/onnx/placement.ts';

const session = (bytes: number, loadedAt = 0, usedAt = loadedAt): SessionView => ({ bytes, loadedAt, usedAt });
const slot = (sessions: Record<string, SessionView> = {}, busy = 0, loading?: string): SlotView => ({
  busy,
  loading,
  sessions: new Map(Object.entries(sessions)),
});
const view = (slots: SlotView[], change: Partial<PoolView> = {}): PoolView => ({
  slots,
  bound: 100,
  used: slots.reduce((sum, { sessions }) => sum + [...sessions.values()].reduce((s, { bytes }) => s + bytes, 0), 0),
  now: 10_000,
  holdMs: 1000,
  depth: 2,
  ...change,
});
const want = (sha256: string, change: Partial<Want> = {}): Want => ({
  sha256,
  bytes: 40,
  ahead: 0,
  demanded: new Set([sha256]),
  starved: false,
  ...change,
});

describe('placement', () => {
  it('should run on an idle child with a warm session', () => {
    expect(place(view([slot(), slot({ a: session(40) })]), want('a'))).to.deep.equal({ do: 'run', slot: 1 });
  });

  it('should load where least is loaded when nobody has a session', () => {
    expect(place(view([slot({ b: session(30) }), slot()]), want('a'))).to.deep.equal({
      do: 'load',
      slot: 1,
      evict: [],
    });
  });

  it('should spread a model in demand to an idle child while memory is free', () => {
    expect(place(view([slot({ a: session(40) }, 1), slot()]), want('a'))).to.deep.equal({
      do: 'load',
      slot: 1,
      evict: [],
    });
  });

  it('should not evict anybody for a copy: it queues behind the running call', () => {
    const slots = [slot({ a: session(40) }, 1), slot({ b: session(50) })];
    expect(place(view(slots), want('a'))).to.deep.equal({ do: 'run', slot: 0 });
  });

  it('should wait instead of loading once more while its model is being loaded', () => {
    expect(place(view([slot({}, 1, 'a'), slot()]), want('a')).do).to.equal('wait');
    expect(place(view([slot({}, 1, 'a'), slot()]), want('a', { ahead: 1 })).do).to.equal('load');
  });

  it('should not hold more than depth calls in one child', () => {
    expect(place(view([slot({ a: session(40) }, 2)]), want('a')).do).to.equal('wait');
  });

  it('should evict copies first, then the least recently used', () => {
    const slots = [
      slot({ old: session(30, 0, 1), copied: session(30, 0, 9) }),
      slot({ copied: session(30, 0, 8), busyElsewhere: session(10, 0, 5) }),
    ];
    const evicting = (bytes: number) => {
      const placement = place(view(slots), want('a', { bytes }));
      return placement.do === 'load' ? placement.evict.map(({ sha256, slot: at }) => `${sha256}@${at}`) : placement.do;
    };
    expect(evicting(20)).to.deep.equal(['copied@1']);
    expect(evicting(50)).to.deep.equal(['copied@1', 'copied@0']);
    expect(evicting(70)).to.deep.equal(['copied@1', 'copied@0', 'old@0']);
  });

  it('should never evict what is running', () => {
    const running = view([slot({ b: session(80) }, 1), slot()]);
    expect(place(running, want('a'))).to.deep.equal({ do: 'wait', until: undefined, starved: true });
  });

  it('should let nobody pipeline ahead of a call that waits for a running session to end', () => {
    const running = view([slot({ b: session(80) }, 1), slot()]);
    expect(place(running, want('b', { bytes: 80 }))).to.deep.equal({ do: 'run', slot: 0 });
    expect(place(running, want('b', { bytes: 80, starved: true })).do).to.equal('wait');
  });

  it('should let two models that do not fit together take turns of holdMs, not of one call', () => {
    const slots = [slot({ b: session(80, 9_500) })];
    const both = new Set(['a', 'b']);
    expect(place(view(slots), want('a', { demanded: both }))).to.deep.equal({
      do: 'wait',
      until: 10_500,
      starved: false,
    });
    const later = view(slots, { now: 10_500 });
    expect(place(later, want('a', { demanded: both }))).to.deep.equal({
      do: 'load',
      slot: 0,
      evict: [{ slot: 0, sha256: 'b' }],
    });
  });

  it('should not hold a session nobody waits for', () => {
    expect(place(view([slot({ b: session(80, 9_999) })]), want('a')).do).to.equal('load');
  });

  it('should reload at most once per holdMs over any sequence of two alternating models', () => {
    let loaded = { model: 'b', at: 0 };
    let loads = 0;
    for (let now = 0; now < 20_000; now += 50) {
      const model = (now / 50) % 2 === 0 ? 'a' : 'b';
      const state = view([slot({ [loaded.model]: session(80, loaded.at, now) })], { now });
      if (place(state, want(model, { demanded: new Set(['a', 'b']) })).do === 'load') {
        loads++;
        loaded = { model, at: now };
      }
    }
    expect(loads).to.be.greaterThan(10);
    expect(loads).to.be.at.most(20);
  });

  it('should trim others, never the one just loaded, nor running ones', () => {
    const slots = [slot({ big: session(90, 0, 5), small: session(20, 0, 1) }), slot({ run: session(20, 0, 0) }, 1)];
    expect(trim(view(slots), { slot: 0, sha256: 'big' })).to.deep.equal([{ slot: 0, sha256: 'small' }]);
  });
});
