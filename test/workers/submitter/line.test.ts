import { expect } from 'chai';
import type { TrackedIntent } from '#ports/outbox.ts';
import { assertWorth, firstFees, forCalls, nextFees } from '../../../workers/submitter/fees.ts';
import { gaps, urgentBehind } from '../../../workers/submitter/line.ts';
import { rejects } from '../../support/rejects.ts';

const POLICY = { maxFeePerGas: 1_100n, replaceAfterBlocks: 3, urgentSeconds: 30 };
const held = (nonce: number | undefined, change: Partial<TrackedIntent> = {}): TrackedIntent => ({
  purpose: `purpose ${nonce}`,
  from: '0x',
  to: '0x',
  data: '0x',
  expiresAt: undefined,
  status: 'signed',
  nonce,
  attempts: [],
  reason: undefined,
  ...change,
});

describe('the line of transactions of a key', () => {
  it('misses the nonces that nothing holds below the last, from the first that is not mined', () => {
    expect(gaps([], 5)).to.deep.equal([]);
    expect(gaps([held(5), held(6)], 5)).to.deep.equal([]);
    expect(gaps([held(8), held(6), held(undefined)], 5)).to.deep.equal([5, 7]);
    expect(gaps([held(3), held(6)], 6), 'mined ones are no matter').to.deep.equal([]);
    expect(gaps([held(1_000_000)], 0), 'a few at a time').to.have.length(16);
  });

  it('is as urgent as the most urgent behind', () => {
    const [first, second, third] = [held(5), held(6, { expiresAt: 1_000 }), held(7, { urgentAt: 900 })];
    const line = [first, second, third];
    expect(urgentBehind(first, line, POLICY)).to.equal(900);
    expect(urgentBehind(third, line, POLICY)).to.equal(Number.POSITIVE_INFINITY);
    expect(urgentBehind(first, [first, second], POLICY)).to.equal(970);
    expect(urgentBehind(first, [first, { ...third, status: 'mined' }], POLICY)).to.equal(Number.POSITIVE_INFINITY);
  });
});

describe('fees', () => {
  it('leave room below the cap for an empty transfer in place of a call that has reached it', () => {
    const dear = { maxFeePerGas: 10_000n, maxPriorityFeePerGas: 10_000n };
    const call = firstFees(dear, forCalls(POLICY));
    expect(call.maxFeePerGas).to.equal(1_000n);
    expect(nextFees(call, dear, true, forCalls(POLICY))).to.equal(undefined);
    expect(nextFees(call, dear, true, POLICY)?.maxFeePerGas).to.equal(1_100n);
  });

  it('are held against the cap, and against what is brought where the price of a coin is known', () => {
    const market = (price: bigint) => ({ maxFeePerGas: 2n * price, maxPriorityFeePerGas: 1n, price });
    rejects('fees.above_cap', () => assertWorth(1n, market(1_001n), undefined, POLICY));
    // A coin is worth 3 OPG: 50 gas at 1,000 wei are 150,000 wei of OPG.
    const priced = { ...POLICY, opgPerCoin: 3n * 10n ** 18n };
    assertWorth(50n, market(1_000n), 150_000n, priced);
    const { payload } = rejects('fees.not_worth', () => assertWorth(50n, market(1_000n), 149_999n, priced));
    expect(payload).to.deep.include({ cost: 150_000n, gain: 149_999n });
    for (const policy of [POLICY, priced]) assertWorth(50n, market(1_000n), undefined, policy);
    assertWorth(50n, market(1_000n), 0n, POLICY);
  });
});
