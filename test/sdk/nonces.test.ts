import { expect } from 'chai';
import { Nonces } from '../../sdk/nonces.ts';
import type { Sent } from '../../sdk/sending.ts';
import { rejectsLater } from '../support/rejects.ts';

const sent = async (nonce: number): Promise<Sent> => ({ nonce, hash: `0x0${nonce}`, raw: `0xf${nonce}` });
const byItself = async (nonce: number): Promise<Sent> => ({ nonce, hash: `0x0${nonce}`, raw: undefined });

/** Nonces of an endpoint that counts `chain.pending` transactions and is given others again. */
function noncesOver(pending: number, taken: (raw: string) => void = () => {}) {
  const chain = { pending, again: [] as string[] };
  const nonces = new Nonces(
    async () => chain.pending,
    async (raw) => {
      chain.again.push(raw);
      taken(raw);
    },
  );
  return { chain, nonces };
}

describe('nonces', () => {
  it('should give calls that overlap consecutive nonces, whatever the node knows so far', async () => {
    const { nonces } = noncesOver(7);
    const used = await Promise.all([1, 2, 3].map(() => nonces.use(sent)));
    expect(used.map(({ nonce }) => nonce)).to.deep.equal([7, 8, 9]);
  });

  it('should give a nonce again when nothing was sent with it', async () => {
    const { nonces } = noncesOver(7);
    const failed = nonces.use(() => Promise.reject(new Error('down'))).catch(() => 'failed');
    const next = nonces.use(sent);
    expect([await failed, (await next).nonce]).to.deep.equal(['failed', 7]);
  });

  it('should keep what is under way when another call sends nothing', async () => {
    const { nonces } = noncesOver(7);
    await nonces.use(sent);
    await nonces.use(() => Promise.reject(new Error('down'))).catch(() => {});
    expect((await nonces.use(sent)).nonce).to.equal(8);
  });

  it('should follow transactions sent by others', async () => {
    const { chain, nonces } = noncesOver(7);
    nonces.mined(await nonces.use(sent));
    chain.pending = 12;
    expect((await nonces.use(sent)).nonce).to.equal(12);
  });

  it('should not believe an endpoint that is behind what was mined', async () => {
    const { nonces } = noncesOver(7);
    nonces.mined(await nonces.use(sent));
    expect((await nonces.use(sent)).nonce).to.equal(8);
  });

  it('should send what was lost again, in order, before anything that comes after it', async () => {
    const { chain, nonces } = noncesOver(7, () => {
      chain.pending++;
    });
    const two = [await nonces.use(sent), await nonces.use(sent)];
    for (const one of two.reverse()) nonces.lost(one);
    expect((await nonces.use(sent)).nonce).to.equal(9);
    expect(chain.again).to.deep.equal(['0xf7', '0xf8']);
    expect((await nonces.use(sent)).nonce).to.equal(10);
    expect(chain.again, 'once it is counted it is not lost any more').to.have.length(2);
  });

  it('should sign nothing while what was lost does not arrive', async () => {
    const { chain, nonces } = noncesOver(7);
    nonces.lost(await nonces.use(sent));
    let signed = false;
    const next = nonces.use((nonce) => {
      signed = true;
      return sent(nonce);
    });
    const { payload, retryable } = await rejectsLater('chain.unavailable', next);
    expect([signed, retryable]).to.deep.equal([false, true]);
    expect(payload.reason).to.contain('0x07 with nonce 7');
    chain.pending = 8;
    expect((await nonces.use(sent)).nonce).to.equal(8);
  });

  it('should leave it to a signer that sends by itself to send again', async () => {
    const { nonces } = noncesOver(7);
    nonces.lost(await nonces.use(byItself));
    expect((await nonces.use(byItself)).nonce).to.equal(7);
  });
});
