import { expect } from 'chai';
import { Beside } from '../../../workers/verifier/beside.ts';
import { eventually } from '../../support/eventually.ts';

const SECONDS = 60;
const forEver = () => new Promise<never>(() => undefined);

describe('what is received beside the work', () => {
  const life = new AbortController();
  const beside = (most = 8) => new Beside<string>(life.signal, most, 20);

  it('is told at once if it is at hand, and begun anew for who asks again', async () => {
    const coming = beside();
    let begun = 0;
    const begin = async () => `come ${++begun}`;
    expect(await coming.ask('a', SECONDS, begin)).to.deep.equal({ value: 'come 1' });
    expect(await coming.ask('a', SECONDS, begin)).to.deep.equal({ value: 'come 2' });
  });

  it('is told later if it takes longer, without being begun again', async () => {
    const coming = beside();
    const { promise, resolve } = Promise.withResolvers<string>();
    expect(await coming.ask('a', SECONDS, () => promise)).to.equal(undefined);
    expect(await coming.ask('a', SECONDS, forEver)).to.equal(undefined);
    resolve('come');
    await promise;
    expect(await coming.ask('a', SECONDS, forEver)).to.deep.equal({ value: 'come' });
  });

  it('is told as its error, once', async () => {
    const coming = beside();
    const failing = async () => {
      throw new Error('not there');
    };
    const error = await coming.ask('a', SECONDS, failing).catch((reason) => reason);
    expect(String(error)).to.contain('not there');
    expect(await coming.ask('a', SECONDS, async () => 'come')).to.deep.equal({ value: 'come' });
  });

  it('is so much at a time: what nobody asked for again gives way, what is on its way does not', async () => {
    const coming = beside(2);
    const { promise, resolve } = Promise.withResolvers<string>();
    for (const begin of [() => promise, forEver]) await coming.ask(`${begin}`, SECONDS, begin);
    const third = () => coming.ask('c', SECONDS, async () => 'come');
    expect(await third()).to.equal(undefined);
    resolve('not asked for again');
    await promise;
    expect(await third()).to.deep.equal({ value: 'come' });
  });

  it('is given up when its time is over', async () => {
    const coming = beside();
    let given: AbortSignal | undefined;
    const begin = (signal: AbortSignal) => {
      given = signal;
      return forEver();
    };
    expect(await coming.ask('a', 1, begin)).to.equal(undefined);
    await eventually('it was given up', () => given?.aborted);
  });
});
