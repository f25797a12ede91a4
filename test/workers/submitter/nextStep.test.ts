import { expect } from 'chai';
import type { Hex } from '#ports/chain.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import { FRESH, nextStep, type Situation } from '../../../workers/submitter/nextStep.ts';

const POLICY = { maxFeePerGas: 1n, replaceAfterBlocks: 10, urgentSeconds: 30 };
const attempt = {
  kind: 'call',
  raw: '0x',
  hash: '0x',
  gasLimit: 1n,
  maxFeePerGas: 1n,
  maxPriorityFeePerGas: 1n,
} as const;
const sent = (change: Partial<TrackedIntent>): TrackedIntent => ({
  purpose: 'answer:1',
  from: '0x',
  to: '0x',
  data: '0x',
  expiresAt: 1_000,
  status: 'signed',
  nonce: 4,
  attempts: [{ ...attempt, signedAt: 0 }],
  reason: undefined,
  ...change,
});
/** Handed over one block ago and not mined yet. */
const at = (timestamp: number): Situation => ({
  head: { number: 101, timestamp },
  finalNumber: 0,
  minedNonce: 4,
  receipt: undefined,
  memory: { ...FRESH, sentAt: 100, offeredAt: 100 },
  urgentBehind: Number.POSITIVE_INFINITY,
});

describe('a transaction that is not in', () => {
  it('is replaced at every block once it is urgent: so long before its limit as it says, or as the configuration does', () => {
    const steps = (change: Partial<TrackedIntent>) =>
      [600, 699, 700, 969, 970, 1_000].map((now) => nextStep(sent(change), at(now), POLICY).kind);
    const wait = ['wait', 'wait', 'wait'];
    expect(steps({ urgentAt: 700 })).to.deep.equal(['wait', 'wait', 'replace', 'replace', 'replace', 'replace']);
    expect(steps({})).to.deep.equal([...wait, 'wait', 'replace', 'replace']);
    expect(steps({ expiresAt: undefined })).to.deep.equal([...wait, ...wait]);
    expect(steps({ expiresAt: undefined, urgentAt: 700 }).slice(2)).to.deep.equal(Array(4).fill('replace'));
  });

  it('is cancelled in the second after its limit', () => {
    expect(nextStep(sent({ urgentAt: 700 }), at(1_001), POLICY)).to.include({ kind: 'cancel' });
  });

  it('is cancelled then even if it was never handed over, and handed over before that', () => {
    const steps = [1_000, 1_001].map((now) => nextStep(sent({}), { ...at(now), memory: FRESH }, POLICY).kind);
    expect(steps).to.deep.equal(['rebroadcast', 'cancel']);
  });

  it('is cancelled when no chain node took it four times in a row; its cancel is not, but sent until one does', () => {
    const steps = (notTaken: number, change: Partial<TrackedIntent> = {}) =>
      nextStep(sent(change), { ...at(600), memory: { ...FRESH, notTaken } }, POLICY);
    expect(steps(3)).to.deep.equal({ kind: 'rebroadcast' });
    expect(steps(4)).to.deep.equal({ kind: 'cancel', reason: 'no chain node takes it' });
    const cancel = { ...attempt, kind: 'cancel', signedAt: 0 } as const;
    expect(steps(40, { attempts: [cancel] })).to.deep.equal({ kind: 'rebroadcast' });
  });

  it('came to nothing if it is its cancel that is in, which is known before that is final', () => {
    const cancel = { ...attempt, kind: 'cancel', hash: '0x0c', signedAt: 0 } as const;
    const block = { number: 101, hash: '0x', parentHash: '0x', timestamp: 600 } as const;
    const step = (transactionHash: Hex, finalNumber: number) =>
      nextStep(
        sent({ attempts: [{ ...attempt, signedAt: 0 }, cancel] }),
        { ...at(600), finalNumber, receipt: { transactionHash, block, success: true, gasUsed: 1n } },
        POLICY,
      );
    expect(step('0x', 100)).to.deep.equal({ kind: 'mined', how: 'done' });
    expect(step('0x0c', 100)).to.deep.equal({ kind: 'mined', how: 'cancelled' });
    expect(step('0x0c', 101)).to.include({ kind: 'abandon' });
  });
});
