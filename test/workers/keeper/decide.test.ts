import { expect } from 'chai';
import type { Row } from '#ports/journal.ts';
import { decideKeep, type KeepPolicy } from '../../../workers/keeper/decide.ts';
import { asked, rowAfter } from '../../support/serving.ts';
import {
  acceptedBy,
  cancelled,
  declined,
  finalisedFor,
  frozen,
  id,
  node,
  other,
  submittedBy,
  thawed,
} from '../../support/story.ts';

const delays = { tipDelay: 600, rescueDelay: 9_000 };
const everybody: KeepPolicy = { node: undefined, others: true, expire: true, minTip: 0n };
const own: KeepPolicy = { node, others: false, expire: false, minTip: 0n };
const row = (stage: string, facts: Row['facts'] = {}, dueAt?: number): Row => ({
  track: 'keep',
  id,
  stage,
  facts,
  dueAt,
});

describe('what a keeper does about a request', () => {
  const open = rowAfter(asked());
  const submitted = rowAfter(asked(), submittedBy(node));

  it('expires in the second after the deadline, whatever nobody did', () => {
    for (const request of [open, rowAfter(asked(), declined), rowAfter(asked({ node: other }), acceptedBy(other))])
      expect(decideKeep(request, undefined, everybody, delays)).to.include({ action: 'expire', dueAt: 2_001 });
  });

  it('finalises its own result in the second after the window, without a tip', () => {
    expect(decideKeep(submitted, undefined, own, delays)).to.deep.equal({
      to: 'pending',
      action: 'finalise',
      dueAt: 2_601,
      takeTip: false,
    });
  });

  it("leaves other nodes' results to them for the tip's delay", () => {
    expect(decideKeep(submitted, undefined, everybody, delays)).to.include({ dueAt: 3_201, takeTip: true });
  });

  it('waits for a thaw that ends later than the tip would', () => {
    const late = rowAfter(asked(), submittedBy(node), frozen, thawed(5_000));
    expect(decideKeep(late, undefined, own, delays)).to.include({ dueAt: 5_001 });
    expect(decideKeep(late, undefined, everybody, delays)).to.include({ dueAt: 5_001 });
  });

  it('leaves tips alone that are not worth a transaction', () => {
    expect(decideKeep(submitted, undefined, { ...everybody, minTip: 10n }, delays)).to.include({ action: 'finalise' });
    expect(decideKeep(submitted, undefined, { ...everybody, minTip: 11n }, delays)).to.equal(undefined);
  });

  it('frees its own slice from a frozen request of a broken game, and only then', () => {
    const stuck = rowAfter(asked(), submittedBy(node), frozen);
    expect(decideKeep(stuck, undefined, own, delays)).to.include({ action: 'rescue', dueAt: 11_601 });
    expect(decideKeep(stuck, row('pending', { action: 'finalise' }, 3_201), everybody, delays)).to.include({
      to: 'closed',
    });
  });

  it('keeps nothing that is none of its business', () => {
    expect(decideKeep(open, undefined, own, delays)).to.equal(undefined);
    expect(decideKeep(rowAfter(asked({ node: other }), submittedBy(other)), undefined, own, delays)).to.equal(
      undefined,
    );
    expect(decideKeep(rowAfter(asked(), cancelled), undefined, everybody, delays)).to.equal(undefined);
  });

  it('closes its row when anybody closed the request, also while its own transaction is on its way', () => {
    const over = rowAfter(asked(), submittedBy(node), finalisedFor(node, 0n));
    for (const stage of ['pending', 'closing'])
      expect(decideKeep(over, row(stage, { action: 'finalise' }), own, delays)).to.include({ to: 'closed' });
  });

  it('turns from expiring to finalising when a result comes', () => {
    const before = row('pending', { action: 'expire' }, 2_001);
    expect(decideKeep(submitted, before, everybody, delays)).to.include({ action: 'finalise', dueAt: 3_201 });
  });

  it('takes a closing back when the event that closed it fell out', () => {
    expect(decideKeep(submitted, row('closed', {}), own, delays)).to.include({ to: 'pending', action: 'finalise' });
    expect(decideKeep(undefined, row('pending', { action: 'finalise' }), own, delays)).to.include({ to: 'orphaned' });
  });

  it('leaves a transaction on its way alone, and says nothing twice', () => {
    expect(decideKeep(submitted, row('closing', { action: 'finalise' }), own, delays)).to.equal(undefined);
    expect(decideKeep(submitted, row('pending', { action: 'finalise' }, 2_601), own, delays)).to.equal(undefined);
    expect(decideKeep(undefined, row('orphaned', { action: null }), own, delays)).to.equal(undefined);
  });
});
