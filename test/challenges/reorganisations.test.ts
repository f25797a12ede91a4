/** What a reorganisation can do to a dispute: moves name contents, so each is valid again exactly where the same facts hold. */
import { expect } from 'chai';
import { answerTo } from '#core/challenges/answer.ts';
import { type Challenge, openDemands } from '#core/challenges/follow.ts';
import type { ReferenceTrace } from '#core/challenges/reference.ts';
import type { Hex } from '#core/hex.ts';
import type { Tensor } from '#core/tensor.ts';
import { asArgument } from '../../sdk/mutable.ts';
import { networkHelpers, onAFork, sendAs, time } from '../support/contracts/chain.ts';
import { Dispute, type DisputeSystem, disputeSystem, wire, wireDemand } from '../support/contracts/disputes.ts';
import { availableOf, checkMoney, nobodyLoses } from '../support/contracts/money.ts';
import { demandOf, positionsOf } from '../support/contracts/positions.ts';
import { floatsOf, moves } from '../support/contracts/programs.ts';
import { refused } from '../support/contracts/refusals.ts';
import { request, Story } from '../support/contracts/request.ts';
import { altered, alteredData, Trial } from '../support/contracts/trials.ts';
import { bytesOf } from '../support/tensorBytes.ts';

describe('reorganisations under a dispute', () => {
  let s: DisputeSystem;
  let trial: Trial;
  let lie: ReferenceTrace;
  let wrong: Dispute;
  let submit: (submitted: readonly Tensor[]) => Promise<Dispute>;
  let forget: () => Promise<void>;

  /** The request stays; the chain can forget what was submitted. */
  beforeEach(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
    trial = await Trial.of(s, moves(2, 80), [[floatsOf(80)]]);
    lie = trial.trace(0, (k, data) => (k === 1 ? alteredData(data, 3, 9) : data));
    const { shape, version } = trial.published;
    const wish = { version, shape, input: bytesOf(trial.inputs.flat()) };
    const asked = await request(s, wish);
    submit = async (submitted) => {
      const { by, terms, nonce, id } = asked;
      const story = await new Story(s, by, terms, nonce, id, shape).submit(s.node, bytesOf(submitted));
      return new Dispute(s, trial.published, story, trial.inputs, [submitted]);
    };
    const before = await networkHelpers.takeSnapshot();
    forget = () => before.restore();
    wrong = await submit(wrongAt(5));
  });
  afterEach(() => checkMoney(s));

  const wrongAt = (element: number) => (trial.reference[0] as Tensor[]).map((one) => altered(one, element));
  const firstPosition = (d: Dispute) => positionsOf(d.published.program)[0] as Parameters<typeof demandOf>[2];

  it('dispute 23, case 11: a submission is replaced: challenge and demand are refused, and no bond is lost', async () => {
    const mine = wrong.trace();
    const posting = wrong.posting(s.rival, mine);
    const { claim, meaning, children, evidence } = posting;
    const challenge = () => s.game.connect(s.rival).challenge(claim, meaning, children, evidence, 0);
    const demand = (c: Challenge) => {
      const { position, proof } = demandOf(mine, wrong.salt(s.rival), firstPosition(wrong));
      return s.game.connect(s.node).demand(wrong.claimOf(c), meaning, wire(position), asArgument(proof), 5);
    };
    const posted = await wrong.challenge(s.rival, mine);
    await demand(posted);

    await forget();
    const other = await submit(wrongAt(6));
    expect(other.submissionId).not.to.equal(wrong.submissionId);
    await nobodyLoses(s, async () => {
      await refused(s.requests, 'Requests_NotCurrent', challenge);
      await refused(s.game, 'Game_NotOpen', () => demand(posted));
    });
    // What is wrong now is challenged anew, with the same trace.
    const c = await other.challenge(s.rival, mine);
    expect(c.id).not.to.equal(posted.id);
    await other.uphold(s.keeper, c);

    await forget();
    const right = await submit(trial.reference[0] as Tensor[]);
    await nobodyLoses(s, () => refused(s.requests, 'Requests_NotCurrent', challenge));
    await right.story.finalise();
  });

  it('dispute 23: the same result in a later block: the same ids, and only the words of the new submission are taken', async () => {
    const mine = wrong.trace();
    const old = wrong.posting(s.rival, mine);
    const first = await wrong.challenge(s.rival, mine);
    await forget();
    await time.increase(17);
    const later = await submit(wrongAt(5));
    expect(later.submissionId).to.equal(wrong.submissionId);
    expect(later.story.described.challengeEnd).to.equal(wrong.story.described.challengeEnd + 17);
    await nobodyLoses(s, () =>
      refused(s.requests, 'Requests_NotCurrent', () =>
        s.game.connect(s.rival).challenge(old.claim, old.meaning, old.children, old.evidence, 0),
      ),
    );
    const second = await later.challenge(s.rival, mine);
    expect(second.id).to.equal(first.id);
    // Moves that name only the contents hold on both branches, whatever end the sender has read.
    const { position, proof } = demandOf(mine, wrong.salt(s.rival), firstPosition(wrong));
    await s.game.connect(s.node).demand(wrong.claimOf(first), old.meaning, wire(position), asArgument(proof), 5);
  });

  it('dispute 23: while another challenge holds the request, the words of a lost submission are not taken either', async () => {
    const old = wrong.posting(s.rival, wrong.trace());
    await forget();
    await time.increase(17);
    const later = await submit(wrongAt(5));
    await later.challenge(s.attacker, lie);
    await nobodyLoses(s, () =>
      refused(s.game, 'Game_NotCurrent', () =>
        s.game.connect(s.rival).challenge(old.claim, old.meaning, old.children, old.evidence, 0),
      ),
    );
    await later.challenge(s.rival, later.trace());
  });

  it('dispute 24: an answer is dropped and sent again: the same bytes, the same id, paid once', async () => {
    const mine = wrong.trace();
    const c = await wrong.challenge(s.rival, mine);
    await wrong.demand(s.node, c, demandOf(mine, wrong.salt(s.rival), firstPosition(wrong)));
    const [open] = openDemands(wrong.now(c));
    const { demand, id } = open as NonNullable<typeof open>;
    const data = answerTo(mine, wrong.salt(s.rival), demand.position);
    const call = await s.game.answer.populateTransaction(wrong.key(c), wireDemand(demand), data);
    const before = await availableOf(s, s.rival);
    const answer = () => sendAs(s.rival, Promise.resolve(call));
    const told = await onAFork(async () => {
      await answer();
      return s.game.demandOf(id);
    });
    expect(await s.game.demandOf(id)).not.to.equal(told);
    await answer();
    expect(await s.game.demandOf(id)).to.equal(told);
    expect(await availableOf(s, s.rival)).to.equal(before + demand.fee);
    await refused(s.game, 'Game_NoSuchDemand', answer);
  });

  it('dispute 24: the demand comes back with another due second: the answer to the old one is refused, the id is the same', async () => {
    const mine = wrong.trace();
    const c = await wrong.challenge(s.rival, mine);
    const asked = (lane: number) =>
      wrong.demand(s.node, c, demandOf(mine, wrong.salt(s.rival), firstPosition(wrong)), lane);
    const data = answerTo(mine, wrong.salt(s.rival), firstPosition(wrong)) as Hex;
    const old = await onAFork(async () => {
      await asked(100);
      const [open] = openDemands(wrong.now(c));
      wrong.challenges = new Map([[c.id, c]]);
      return open as NonNullable<typeof open>;
    });
    await time.increase(30);
    await asked(100);
    const [open] = openDemands(wrong.now(c));
    expect(open?.id).to.equal(old.id);
    expect(open?.demand.due).to.be.greaterThan(old.demand.due);
    await nobodyLoses(s, () =>
      refused(s.game, 'Game_NoSuchDemand', () => s.game.answer(wrong.key(c), wireDemand(old.demand), data)),
    );
    await wrong.answer(s.rival, c, mine, open?.demand as never);
  });

  it('case 11: a payment follows the contents of a claim, not the place of a challenge in a block', async () => {
    const mine = wrong.trace();
    const order = async (...by: (typeof s.rival)[]) =>
      onAFork(async () => {
        const posted: Challenge[] = [];
        for (const one of by) posted.push(await wrong.challenge(one, mine));
        for (const c of posted) await wrong.uphold(s.keeper, c);
        const best = await s.game.bestOf(wrong.submissionId);
        wrong.challenges = new Map();
        return { best: best.challenger, ids: posted.map(({ id }) => id) };
      });
    const one = await order(s.rival, s.other);
    const two = await order(s.other, s.rival);
    expect(one.best).to.equal(s.rival.address);
    expect(two.best).to.equal(s.other.address);
    expect([...two.ids].reverse()).to.deep.equal(one.ids);
  });
});
