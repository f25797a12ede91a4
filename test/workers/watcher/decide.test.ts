import { expect } from 'chai';
import type { RequestEvent } from '#core/protocol/events.ts';
import { historyOf } from '#core/protocol/history.ts';
import { AskFlags } from '#core/protocol/terms.ts';
import { decide, ENDS, type ServeView } from '../../../workers/watcher/decide.ts';
import { asked, input, policy, rowAt, version } from '../../support/serving.ts';
import {
  acceptedBy,
  anyNode,
  cancelled,
  finalisedFor,
  frozen,
  id,
  node,
  other,
  submittedBy,
} from '../../support/story.ts';

interface Given {
  readonly events: readonly RequestEvent[];
  readonly stage?: string;
  readonly result?: boolean;
  readonly ended?: boolean;
  readonly now?: number;
  readonly known?: typeof version;
  /** Seconds until it could be delivered. */
  readonly wait?: number;
}

function move({ events, stage, result = false, ended = false, now = 1_000, known = version, wait }: Given) {
  const view: ServeView = {
    id,
    request: historyOf(events)?.row,
    arbiter: undefined,
    ended,
    row: stage === undefined ? undefined : rowAt(stage, {}, 2_001),
    hasResult: result,
    version: known,
    input,
    freeStake: 1_000_000n,
    offer: undefined,
    wait: wait === undefined ? undefined : { seconds: wait, ahead: 0 },
  };
  return decide(view, policy, now);
}
const to = (given: Given) => move(given)?.to;
const begun = [asked()];
const delivered = [asked(), submittedBy(node)];

describe('what a node does about a request', () => {
  it('goes from the request to the payment', () => {
    expect(to({ events: begun })).to.equal('admitted');
    expect(to({ events: begun, stage: 'admitted' })).to.equal(undefined);
    expect(to({ events: begun, stage: 'executed', result: true })).to.equal(undefined);
    expect(to({ events: delivered, stage: 'submitting', result: true })).to.equal('submitted');
    const paid = [...delivered, finalisedFor(node, 0n)];
    expect(to({ events: paid, stage: 'submitted' })).to.equal(undefined);
    expect(to({ events: paid, stage: 'submitted', ended: true })).to.equal('settled');
  });

  it('stays in its place however often the same facts are told', () => {
    for (const stage of ['admitted', 'executed', 'submitting'])
      expect(move({ events: begun, stage })).to.equal(undefined);
    expect(move({ events: delivered, stage: 'submitted' })).to.equal(undefined);
    expect(move({ events: [...delivered, frozen], stage: 'submitted' })).to.equal(undefined);
  });

  it('executes what it accepted, whatever the policy says now', () => {
    const events = [asked({ ...anyNode, fee: 1n }), acceptedBy(node)];
    expect(move({ events, stage: 'accepting' })).to.deep.include({ to: 'admitted', accepted: true });
    expect(move({ events })).to.deep.include({ to: 'admitted', accepted: true });
  });

  it('accepts what it had to prove when that is done, and gives it up when it is refused, taken or too late', () => {
    const program = { root: `0x${'77'.repeat(32)}`, atol: 0, rtol: 0, multiplyAdds: 1 } as const;
    const unproven = { ...version, program };
    const events = [asked({ flags: AskFlags.ROOT_INPUT })];
    const stage = 'proving';
    expect(move({ events, known: unproven })).to.deep.include({ to: 'proving', dueAt: 2_001 });
    expect(to({ events, stage, known: { ...unproven, proven: true } })).to.equal('accepting');
    expect(move({ events, stage, known: { ...unproven, refused: 'found out' } })).to.deep.include({
      to: 'declined',
      reason: 'found out',
    });
    expect(to({ events: [...events, acceptedBy(other)], stage, known: unproven })).to.equal('lost');
    expect(to({ events: [...events, acceptedBy(node)], stage, known: unproven })).to.equal('admitted');
    expect(to({ events: [], stage, known: unproven })).to.equal('orphaned');
    expect(to({ events, stage, known: unproven, now: 2_001 })).to.equal('expired');
  });

  it('accepts only while that leaves the slack and the time the work takes until the deadline', () => {
    const events = [asked({ flags: AskFlags.ROOT_INPUT })];
    expect(move({ events })).to.deep.include({ to: 'accepting', acceptBy: 1_980 });
    expect(move({ events, wait: 100.5 })).to.deep.include({ to: 'accepting', acceptBy: 1_879 });
  });

  it('gives up what others took, or the requester took back', () => {
    const open = asked(anyNode);
    for (const stage of ['waiting', 'accepting', 'admitted', 'executed', 'submitting']) {
      expect(to({ events: [open, acceptedBy(other)], stage })).to.equal('lost');
      expect(to({ events: [open, cancelled], stage })).to.equal('lost');
    }
  });

  it('gives up when the deadline has passed, not a second earlier', () => {
    expect(to({ events: begun, stage: 'executed', result: true, now: 2_000 })).to.equal(undefined);
    expect(to({ events: begun, stage: 'executed', result: true, now: 2_001 })).to.equal('expired');
  });

  it('opens nothing for a request that was over before it was seen', () => {
    expect(move({ events: [asked(), cancelled] })).to.equal(undefined);
    expect(move({ events: [asked(anyNode), acceptedBy(other)] })).to.equal(undefined);
    expect(move({ events: begun, now: 2_001 })).to.equal(undefined);
  });

  describe('in a reorganisation', () => {
    it('keeps what fell out, and never computes it again when it comes back', () => {
      expect(to({ events: [], stage: 'executed', result: true })).to.equal('orphaned');
      expect(to({ events: begun, stage: 'orphaned', result: true })).to.equal('executed');
      expect(to({ events: begun, stage: 'orphaned' })).to.equal('admitted');
    });
    it('submits again when only the submission fell out', () => {
      expect(to({ events: begun, stage: 'submitted', result: true })).to.equal('executed');
      const accepted = [asked(anyNode), acceptedBy(node)];
      expect(move({ events: accepted, stage: 'submitted', result: true })).to.deep.include({
        to: 'executed',
        accepted: true,
      });
    });
    it('submits the result it has even if it would not take the request now', () => {
      expect(to({ events: begun, stage: 'submitted', result: true, now: 1_995 })).to.equal('executed');
    });
    it('takes up what it had lost to a transaction that fell out', () => {
      expect(to({ events: begun, stage: 'lost' })).to.equal('admitted');
    });
    it('waits for finality before it calls a payment a payment', () => {
      expect(to({ events: delivered, stage: 'submitted', ended: true })).to.equal(undefined);
    });
  });

  it('leaves ends alone when the request falls out', () => {
    for (const stage of ENDS) expect(move({ events: [], stage })).to.equal(undefined);
  });

  it('does not take up again what it declined, what failed, or what the contract refused', () => {
    for (const stage of ['declined', 'expired', 'quarantined', 'refused'])
      expect(move({ events: begun, stage, result: true })).to.equal(undefined);
  });
});
