import { expect } from 'chai';
import type { RequestEvent } from '#core/protocol/events.ts';
import { toRequestId } from '#core/protocol/ids.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { isOver, reduce, submissionOf, transitions } from '#core/protocol/request.ts';
import { AskFlags } from '#core/protocol/terms.ts';
import { rejects } from '../../support/rejects.ts';
import * as story from '../../support/story.ts';

const { node, other, outputHash, requested } = story;
const follow = (...events: RequestEvent[]) =>
  events.reduce<RequestRow | undefined>((row, event) => reduce(row, event), undefined) as RequestRow;

/** One way into each state, by the node `by`. */
const ways: Readonly<Record<string, readonly RequestEvent[]>> = {
  Requested: [requested()],
  Declined: [requested(), story.declined],
  Accepted: [requested(), story.acceptedBy(node)],
  Submitted: [requested(), story.submittedBy(node)],
  Frozen: [requested(), story.submittedBy(node), story.frozen],
  Final: [requested(), story.submittedBy(node), story.finalisedFor(node, 0n)],
  Cancelled: [requested(), story.cancelled],
  Expired: [requested(), story.expired],
  Undelivered: [requested(), story.acceptedBy(node), story.undeliveredBy(node)],
  Faulty: [requested(), story.submittedBy(node), story.frozen, story.condemned(node)],
  Rescued: [requested(), story.submittedBy(node), story.frozen, story.rescued],
};

const events: readonly Exclude<RequestEvent, { type: 'Requested' }>[] = [
  story.declined,
  story.acceptedBy(node),
  story.submittedBy(node),
  story.frozen,
  story.thawed(2_700),
  story.finalisedFor(node, 0n),
  story.cancelled,
  story.expired,
  story.undeliveredBy(node),
  story.condemned(node),
  story.rescued,
].filter((event) => event.type !== 'Requested');

describe('the life of a request', () => {
  for (const [state, way] of Object.entries(ways)) {
    it(`should reach ${state}`, () => {
      const row = follow(...way);
      expect(row.state).to.equal(state);
      expect(isOver(row.state)).to.equal(row.closing !== undefined);
    });

    for (const event of events) {
      const { from, to } = transitions[event.type];
      const legal = (from as readonly string[]).includes(state);
      it(`should ${legal ? `lead from ${state} to ${to}` : `refuse in ${state}`} on ${event.type}`, () => {
        const row = follow(...way);
        if (legal) expect(reduce(row, event).state).to.equal(to);
        else expect(rejects('request.illegal_transition', () => reduce(row, event)).payload.state).to.equal(state);
      });
    }
  }

  it('should remember who serves, what was submitted and until when', () => {
    const row = follow(requested(story.anyNode), story.acceptedBy(other), story.submittedBy(other), story.frozen);
    const expected = { nonce: 0n, node: other, challengeEnd: 2_600, end: 2_600, outputHash };
    expect(submissionOf(row)).to.deep.equal(expected);
    expect(submissionOf(reduce(row, story.thawed(2_700)))).to.deep.equal({ ...expected, end: 2_700 });
    expect(submissionOf(follow(requested()))).to.equal(undefined);
  });

  it('should refuse to start twice, or with anything but Requested', () => {
    rejects('request.illegal_transition', () => follow(requested(), requested()));
    rejects('request.illegal_transition', () => follow(story.frozen));
  });

  it('should refuse an event of another request', () => {
    const foreign: RequestEvent = { type: 'Declined', id: toRequestId(`0x${'00'.repeat(32)}`) };
    rejects('request.illegal_transition', () => follow(requested(), foreign));
  });

  it('should refuse a submission by anybody but the node that owes it', () => {
    rejects('request.illegal_transition', () => follow(requested(), story.submittedBy(other)));
    rejects('request.illegal_transition', () => follow(requested(story.anyNode), story.submittedBy(other)));
    rejects('request.illegal_transition', () => follow(requested(), story.acceptedBy(node), story.submittedBy(other)));
  });

  it('should refuse a submission without acceptance when the input went off chain', () => {
    const rootInput = requested({ flags: AskFlags.ROOT_INPUT });
    rejects('request.illegal_transition', () => follow(rootInput, story.submittedBy(node)));
    expect(follow(rootInput, story.acceptedBy(node), story.submittedBy(node)).state).to.equal('Submitted');
  });

  it('should refuse a thaw that shortens the window and an ending that pays another node', () => {
    const frozen = ways['Frozen'] ?? [];
    rejects('request.illegal_transition', () => follow(...frozen, story.thawed(2_599)));
    rejects('request.illegal_transition', () => follow(...frozen, story.condemned(other)));
    rejects('request.illegal_transition', () =>
      follow(requested(), story.submittedBy(node), story.finalisedFor(other, 0n)),
    );
  });
});
