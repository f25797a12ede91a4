import { expect } from 'chai';
import { shared } from '../../../workers/lifecycle/shared.ts';

describe('an answer that is shared', () => {
  let now = 0;
  let asked = 0;
  let answer = Promise.withResolvers<string>();
  const get = shared(
    () => {
      asked++;
      return answer.promise;
    },
    1_000,
    () => now,
  );

  it('is made once for all who ask meanwhile and a little after, and then anew', async () => {
    const many = [get(), get()];
    now += 5_000; // it takes long
    many.push(get());
    answer.resolve('first');
    expect(await Promise.all(many)).to.deep.equal(['first', 'first', 'first']);
    now += 999;
    expect([await get(), asked]).to.deep.equal(['first', 1]);
    now += 1;
    answer = Promise.withResolvers();
    answer.resolve('second');
    expect([await get(), asked]).to.deep.equal(['second', 2]);
  });

  it('is an error for all if it is one', async () => {
    now += 1_000;
    answer = Promise.withResolvers();
    const many = Promise.allSettled([get(), get()]);
    answer.reject(new Error('away'));
    expect((await many).map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    expect(await get().catch((error: Error) => error.message)).to.equal('away');
    expect(asked).to.equal(3);
  });
});
