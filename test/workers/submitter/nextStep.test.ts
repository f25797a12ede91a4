import { expect } from 'chai';
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
});
