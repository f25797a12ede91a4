import { expect } from 'chai';
import type { Hex } from '#ports/chain.ts';
import type { Attempt, Intent, Outbox } from '#ports/outbox.ts';

const from: Hex = `0x${'a1'.repeat(20)}`;
const other: Hex = `0x${'b2'.repeat(20)}`;
const intent = (purpose: string, change: Partial<Intent> = {}): Intent => ({
  purpose,
  from,
  to: `0x${'c3'.repeat(20)}`,
  data: '0x1234',
  expiresAt: 1_700_000_000,
  ...change,
});
const attempt = (n: number): Attempt => ({
  kind: 'call',
  raw: `0x02f8${n.toString(16).padStart(4, '0')}`,
  hash: `0x${n.toString(16).padStart(64, '0')}`,
  gasLimit: 120_000n,
  maxFeePerGas: 2n ** 70n + BigInt(n),
  maxPriorityFeePerGas: 1_000_000_000n,
  signedAt: 1_700_000_000_123,
});

/** What every Outbox must do. `fresh` gives an empty one. */
export function shouldBehaveLikeOutbox(fresh: () => Promise<Outbox>): void {
  let outbox: Outbox;
  beforeEach(async () => {
    outbox = await fresh();
  });

  it('plans a purpose once, and keeps what was planned first', async () => {
    expect(await outbox.plan(intent('submit:1'))).to.equal(true);
    expect(await outbox.plan(intent('submit:1', { data: '0xffff' }))).to.equal(false);
    expect(await outbox.get('submit:1')).to.deep.equal({
      ...intent('submit:1'),
      status: 'planned',
      nonce: undefined,
      attempts: [],
      reason: undefined,
    });
  });

  it('tells which keys have something open, and how much', async () => {
    for (const purpose of ['a', 'b', 'c']) await outbox.plan(intent(purpose));
    await outbox.plan(intent('d', { from: other }));
    await outbox.setStatus('b', 'mined');
    await outbox.setStatus('c', 'settled');
    expect([...(await outbox.openBySender())]).to.deep.equal([
      [from, 2],
      [other, 1],
    ]);
    await outbox.setStatus('d', 'abandoned');
    expect([...(await outbox.openBySender())]).to.deep.equal([[from, 2]]);
  });

  it('keeps from when it is urgent, as it was planned last', async () => {
    await outbox.plan(intent('a', { urgentAt: 1_699_999_000 }));
    expect(await outbox.get('a')).to.deep.include(intent('a', { urgentAt: 1_699_999_000 }));
    await outbox.reopen('a', intent('a', { urgentAt: 1_700_000_500 }));
    expect((await outbox.open(from))[0]).to.deep.include({ urgentAt: 1_700_000_500 });
    await outbox.reopen('a', intent('a'));
    expect(await outbox.get('a')).not.to.have.property('urgentAt');
  });

  it('keeps what it brings to the wei, as it was planned last', async () => {
    const gain = 2n ** 96n - 1n;
    await outbox.plan(intent('a', { gain }));
    expect(await outbox.get('a')).to.deep.include({ gain });
    await outbox.reopen('a', intent('a', { gain: 0n }));
    expect((await outbox.open(from))[0]).to.deep.include({ gain: 0n });
    await outbox.reopen('a', intent('a'));
    expect(await outbox.get('a')).not.to.have.property('gain');
  });

  it('holds the nonce that fills a gap for an intent that has none, and counts on from the last', async () => {
    for (const purpose of ['a', 'fill', 'b']) await outbox.plan(intent(purpose));
    expect(await outbox.allocateNonce('a', 7)).to.equal(7);
    await outbox.holdNonce('fill', 4);
    expect(await outbox.allocateNonce('fill', 7), 'its own').to.equal(4);
    await outbox.holdNonce('a', 5);
    expect((await outbox.get('a'))?.nonce, 'it has one').to.equal(7);
    expect(await outbox.allocateNonce('b', 7)).to.equal(8);
  });

  it('lists what is open for one key, in the order of planning', async () => {
    for (const purpose of ['b', 'a', 'c']) await outbox.plan(intent(purpose));
    await outbox.plan(intent('d', { from: other }));
    await outbox.setStatus('a', 'abandoned', 'too late');
    expect((await outbox.open(from)).map(({ purpose }) => purpose)).to.deep.equal(['b', 'c']);
    expect((await outbox.get('a'))?.reason).to.equal('too late');
  });

  it('gives nonces without gaps, an intent always the same one', async () => {
    for (const purpose of ['a', 'b', 'c']) await outbox.plan(intent(purpose));
    expect(await outbox.allocateNonce('a', 7)).to.equal(7);
    expect(await outbox.allocateNonce('b', 7)).to.equal(8);
    expect(await outbox.allocateNonce('a', 7)).to.equal(7);
    expect(await outbox.allocateNonce('c', 3), 'a node that lags').to.equal(9);
  });

  it('skips nonces that others used', async () => {
    for (const purpose of ['a', 'b']) await outbox.plan(intent(purpose));
    expect(await outbox.allocateNonce('a', 0)).to.equal(0);
    expect(await outbox.allocateNonce('b', 5)).to.equal(5);
  });

  it('counts nonces per key', async () => {
    await outbox.plan(intent('a'));
    await outbox.plan(intent('b', { from: other }));
    expect(await outbox.allocateNonce('a', 0)).to.equal(0);
    expect(await outbox.allocateNonce('b', 0)).to.equal(0);
  });

  it('never gives one nonce to two intents that ask at once', async () => {
    const purposes = Array.from({ length: 20 }, (_, i) => `p${i}`);
    for (const purpose of purposes) await outbox.plan(intent(purpose));
    const nonces = await Promise.all(purposes.map((purpose) => outbox.allocateNonce(purpose, 0)));
    expect([...nonces].sort((a, b) => a - b)).to.deep.equal(purposes.map((_, i) => i));
  });

  it('stores attempts oldest first, exactly, and the same signature once', async () => {
    await outbox.plan(intent('a'));
    await outbox.allocateNonce('a', 0);
    await outbox.recordAttempt('a', attempt(1));
    await outbox.recordAttempt('a', attempt(1));
    await outbox.recordAttempt('a', { ...attempt(2), kind: 'cancel' });
    const found = await outbox.get('a');
    expect(found?.attempts).to.deep.equal([attempt(1), { ...attempt(2), kind: 'cancel' }]);
    expect(found?.status).to.equal('signed');
  });

  it('plans a purpose again without nonce and attempts, and does not give the old nonce again', async () => {
    await outbox.plan(intent('a'));
    await outbox.allocateNonce('a', 4);
    await outbox.recordAttempt('a', attempt(1));
    await outbox.setStatus('a', 'reverted', 'Requests_NotCurrent');
    await outbox.reopen('a', intent('a', { data: '0x99' }));
    expect(await outbox.get('a')).to.deep.include({ status: 'planned', nonce: undefined, attempts: [], data: '0x99' });
    expect(await outbox.allocateNonce('a', 4)).to.equal(5);
  });

  it('forgets what ended long ago and nothing else, and still does not give a nonce twice', async () => {
    for (const purpose of ['old', 'new', 'open']) {
      await outbox.plan(intent(purpose));
      await outbox.allocateNonce(purpose, 0);
    }
    await outbox.recordAttempt('old', { ...attempt(1), signedAt: 999 });
    await outbox.recordAttempt('new', { ...attempt(2), signedAt: 1_000 });
    await outbox.recordAttempt('open', { ...attempt(3), signedAt: 1 });
    for (const purpose of ['old', 'new']) await outbox.setStatus(purpose, 'settled');
    expect(await outbox.forget(1_000)).to.equal(1);
    expect(await outbox.get('old')).to.equal(undefined);
    expect(await outbox.get('new')).to.have.property('status', 'settled');
    expect((await outbox.open(from)).map(({ purpose }) => purpose)).to.deep.equal(['open']);
    await outbox.plan(intent('next'));
    expect(await outbox.allocateNonce('next', 0)).to.equal(3);
  });
}
