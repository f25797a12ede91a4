import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { ProtocolError } from '#core/errors.ts';
import type { ModelStore } from '#ports/blobs.ts';
import { impatient } from '../../../workers/adapters/blobs/impatient.ts';
import { orAborted } from '../../../workers/adapters/blobs/orAborted.ts';
import { rejectsLater } from '../../support/rejects.ts';

const never = new AbortController().signal;
const file = (name: string, ...uris: string[]) => ({ sha256: name.repeat(64), size: 1, uris });

describe('a model store for who does one thing after another', () => {
  /** A store whose files come when they are let to. */
  function held(signal = never, patienceMs = 30) {
    const asked: string[] = [];
    let arrival = Promise.withResolvers<void>();
    const inner: ModelStore = {
      async fetch({ sha256 }, theirs) {
        asked.push(sha256[0] ?? '');
        await orAborted(arrival.promise, theirs);
        return { path: `/${sha256[0]}` };
      },
      discard: async () => {},
    };
    const failed = new ProtocolError('blobs.corrupt', { sha256: 'a', sources: 'held:a sent others' });
    return {
      models: impatient(inner, signal, patienceMs),
      asked,
      failed,
      arrive: () => arrival.resolve(),
      fail: () => arrival.reject(failed),
      again: () => {
        arrival = Promise.withResolvers();
      },
    };
  }

  it('waits for a file a moment, lets it come meanwhile, and has it for who asks when it is there', async () => {
    const { models, asked, arrive } = held();
    const error = await rejectsLater('blobs.coming', models.fetch(file('a'), never));
    expect(error.retryable).to.equal(true);
    arrive();
    expect(await models.fetch(file('a'), never)).to.deep.equal({ path: '/a' });
    expect(asked).to.deep.equal(['a']);
  });

  it('gives a file that is soon there to all who wait for it', async () => {
    const { models, asked, arrive } = held(never, 60_000);
    const all = Promise.all([models.fetch(file('a'), never), models.fetch(file('a'), never)]);
    arrive();
    expect(await all).to.deep.equal([{ path: '/a' }, { path: '/a' }]);
    expect(asked).to.deep.equal(['a']);
  });

  it('lets nobody wait again for a file that was waited for', async () => {
    const { models } = held();
    await rejectsLater('blobs.coming', models.fetch(file('a'), never));
    const order: string[] = [];
    const fresh = models.fetch(file('b'), never).catch(() => order.push('waited'));
    const known = models.fetch(file('a'), never).catch(() => order.push('did not wait'));
    await Promise.all([fresh, known]);
    expect(order).to.deep.equal(['did not wait', 'waited']);
  });

  it('says once how a fetch failed while nobody waited, and then tries again', async () => {
    const { models, asked, fail, failed, again, arrive } = held();
    await rejectsLater('blobs.coming', models.fetch(file('a'), never));
    fail();
    await turn();
    expect(await models.fetch(file('a'), never).catch((error) => error)).to.equal(failed);
    again();
    arrive();
    expect(await models.fetch(file('a'), never)).to.deep.equal({ path: '/a' });
    expect(asked).to.deep.equal(['a', 'a']);
  });

  it('says it to those who wait, and to nobody else', async () => {
    const { models, fail, failed, again, arrive } = held(never, 60_000);
    const first = models.fetch(file('a'), never).catch((error) => error);
    fail();
    expect(await first).to.equal(failed);
    again();
    arrive();
    expect(await models.fetch(file('a'), never)).to.deep.equal({ path: '/a' });
  });

  it('lets one leave without ending the fetch, which ends with the process', async () => {
    const process = new AbortController();
    const { models, asked } = held(process.signal, 60_000);
    const leave = new AbortController();
    const left = models.fetch(file('a'), leave.signal).catch((error) => error.message);
    const stays = models.fetch(file('a'), never).catch((error) => error.message);
    leave.abort(new Error('left'));
    expect(await left).to.equal('left');
    process.abort(new Error('The process is closing.'));
    expect(await stays).to.equal('The process is closing.');
    expect(asked).to.deep.equal(['a']);
  });

  it('has so many files come at a time, whatever strangers ask for', async () => {
    const { models, asked, arrive } = held();
    const ask = (i: number) => models.fetch(file('a', `held:${i}`), never).catch(({ code }) => code);
    const told = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(i)));
    expect(new Set(told)).to.deep.equal(new Set(['blobs.coming']));
    expect(asked).to.have.length(64);
    arrive();
    await turn();
    expect(await ask(100)).to.deep.equal({ path: '/a' });
  });
});
