import { expect } from 'chai';
import { feeSplit, penaltyOf, slashSplit } from '#core/protocol/split.ts';
import { at, loadFixture, time } from '../support/contracts/chain.ts';
import { BURN, changes, nobodyLoses, purse } from '../support/contracts/money.ts';
import { refused, reverted } from '../support/contracts/refusals.ts';
import { request, type Story } from '../support/contracts/request.ts';
import { FEE, PARAMETERS, ROYALTY, type System, system } from '../support/contracts/system.ts';

const SLICE = PARAMETERS.sliceFloor;
const TERMS = { fee: FEE, royalty: ROYALTY, slice: SLICE, ...PARAMETERS };
const KEPT = { requester: 0n, node: 0n, rival: 0n, keeper: 0n, purse: 0n, arbiter: 0n, burn: 0n };
const { toNode, protocol, tip } = feeSplit(TERMS, true);
const penalty = penaltyOf(TERMS);
const slash = slashSplit(TERMS, PARAMETERS);

/** Each path from the question to an end, and what it changes for whom, in wei. */
const PATHS: Record<string, { run: (s: System) => Promise<Story>; gains: Partial<typeof KEPT> }> = {
  'Final by implied acceptance': {
    run: async (s) => (await (await request(s)).submit()).finalise(),
    gains: { requester: -FEE, node: toNode + tip, purse: ROYALTY + protocol },
  },
  'Final after acceptance by a rival, with a tip': {
    run: async (s) => {
      const story = await (await (await request(s, { node: null, openIn: 0 })).accept(s.rival)).submit();
      await time.increaseTo(story.end + PARAMETERS.tipDelay + 1);
      return story.finalise(s.keeper, true);
    },
    gains: { requester: -FEE, rival: toNode, keeper: tip, purse: ROYALTY + protocol },
  },
  'Final after decline': {
    run: async (s) => (await (await (await (await request(s)).decline()).accept(s.rival)).submit()).finalise(),
    gains: { requester: -FEE, rival: toNode + tip, purse: ROYALTY + protocol },
  },
  'Final after freeze and thaw': {
    run: async (s) => {
      const story = await (await (await request(s)).submit()).freeze();
      await story.thaw(story.described.challengeEnd + PARAMETERS.responseSeconds);
      return story.finalise();
    },
    gains: { requester: -FEE, node: toNode + tip, purse: ROYALTY + protocol },
  },
  'Cancelled with nobody named': {
    run: async (s) => closedBy(await request(s, { node: null }), 'cancel', 'Cancelled'),
    gains: {},
  },
  'Cancelled after decline': {
    run: async (s) => closedBy(await (await request(s)).decline(), 'cancel', 'Cancelled'),
    gains: {},
  },
  'Cancelled after openAt': {
    run: async (s) => {
      const story = await request(s);
      await time.increaseTo(story.terms.openAt);
      return closedBy(story, 'cancel', 'Cancelled');
    },
    gains: {},
  },
  'Expired from Requested': {
    run: async (s) => closedBy(await late(await request(s)), 'expire', 'Expired'),
    gains: {},
  },
  'Expired from Declined': {
    run: async (s) => closedBy(await late(await (await request(s)).decline()), 'expire', 'Expired'),
    gains: {},
  },
  Undelivered: {
    run: async (s) => closedBy(await late(await (await request(s)).accept()), 'expire', 'Undelivered'),
    gains: { requester: penalty, node: -penalty },
  },
  Faulty: {
    run: async (s) => closedBy(await (await (await request(s)).submit()).freeze(), 'condemn', 'Condemned'),
    gains: { requester: slash.toRequester, node: -SLICE, arbiter: slash.toPot, burn: slash.burned },
  },
  Rescued: {
    run: async (s) => {
      const story = await (await (await request(s)).submit()).freeze();
      await time.increaseTo(story.described.challengeEnd + PARAMETERS.rescueDelay);
      return closedBy(story, 'rescue', 'Rescued');
    },
    gains: {},
  },
};

async function late(story: Story): Promise<Story> {
  await time.increaseTo(story.terms.deadline);
  return story;
}

async function closedBy(story: Story, verb: 'cancel' | 'expire' | 'condemn' | 'rescue', event: string): Promise<Story> {
  await expect(story.attempt[verb]()).to.emit(story.s.requests, event);
  return story.over();
}

/** A request in every state, made anew for each. */
const STATES: Record<string, (s: System) => Promise<Story>> = {
  Requested: (s) => request(s),
  Declined: async (s) => (await request(s)).decline(),
  Accepted: async (s) => (await request(s)).accept(),
  Submitted: async (s) => (await request(s)).submit(),
  Frozen: async (s) => (await (await request(s)).submit()).freeze(),
  over: async (s) => closedBy(await (await (await request(s)).submit()).freeze(), 'condemn', 'Condemned'),
};

/** Every move, the states it may start from, and the first second at which its clock would allow it. */
const MOVES = {
  decline: { from: ['Requested'], when: () => 0 },
  accept: { from: ['Requested', 'Declined'], when: () => 0 },
  submit: { from: ['Requested', 'Accepted'], when: () => 0 },
  freeze: { from: ['Submitted'], when: () => 0 },
  thaw: { from: ['Frozen'], when: () => 0 },
  condemn: { from: ['Frozen'], when: () => 0 },
  cancel: { from: ['Requested', 'Declined'], when: ({ terms }: Story) => terms.openAt + 1 },
  expire: { from: ['Requested', 'Declined', 'Accepted'], when: ({ terms }: Story) => terms.deadline + 1 },
  finalise: { from: ['Submitted'], when: ({ end }: Story) => end + 1 },
  rescue: { from: ['Frozen'], when: ({ described }: Story) => described.challengeEnd + PARAMETERS.rescueDelay + 1 },
} as const;

describe('the transitions of a request', () => {
  for (const [name, { run, gains }] of Object.entries(PATHS))
    it(`scenario 1: ${name}: every part to the wei`, async () => {
      const s = await loadFixture(system);
      const arbiter = await s.arbiter.getAddress();
      const { requester, node, rival, keeper } = s;
      const parties = { requester, node, rival, keeper, purse: purse(s), arbiter, burn: BURN };
      expect(await changes(s, parties, () => run(s))).to.deep.equal({ ...KEPT, ...gains });
    });

  for (const [state, make] of Object.entries(STATES))
    it(`scenario 2: from ${state}, moves that do not start there change nothing`, async () => {
      const s = await loadFixture(system);
      const story = await make(s);
      const wrong = Object.entries(MOVES).filter(([, { from }]) => !(from as readonly string[]).includes(state));
      for (const [move, { when }] of wrong) {
        const verb = move as keyof typeof MOVES;
        const second = when(story);
        const { submission } = story;
        // A clock that has run out would be a reason of its own.
        if (verb === 'freeze') story.submission = { ...story.described, end: (await time.latest()) + 1000 };
        if (second > (await time.latest())) await at(second);
        await nobodyLoses(s, async () => {
          if (verb === 'thaw' || verb === 'condemn') {
            expect(await story.attempt.answers(verb), `${verb} from ${state}`).to.equal(false);
            await story.attempt[verb]();
          } else
            await expect(story.attempt[verb](), `${verb} from ${state}`).to.be.revertedWithCustomError(
              s.requests,
              'Requests_NotCurrent',
            );
        });
        story.submission = submission;
        await story.is(state as Parameters<Story['is']>[0]);
      }
    });

  it('scenario 2: expire with each wrong state named changes nothing', async () => {
    const s = await loadFixture(system);
    const story = await (await request(s)).submit();
    await at(story.terms.deadline + 1);
    for (const state of ['Requested', 'Declined', 'Accepted'] as const)
      await expect(story.attempt.expire({ state })).to.be.revertedWithCustomError(s.requests, 'Requests_NotCurrent');
    await story.finalise();
  });

  it('scenario 3: what belongs to the node is refused to everybody else', async () => {
    const s = await loadFixture(system);
    const open = await request(s);
    const accepted = await (await request(s, { lane: 1 })).accept();
    await nobodyLoses(s, async () => {
      for (const by of [s.requester, s.rival, s.keeper, s.owner, s.governor]) {
        await refused(
          s.nodes,
          'Nodes_KeyNotAllowed',
          () => open.attempt.decline({ by }),
          () => open.attempt.submit({ by }),
          () => open.attempt.accept({ by, node: s.node }),
          () => accepted.attempt.submit({ by }),
        );
      }
    });
  });

  it('scenario 3: what belongs to the requester is refused to everybody else', async () => {
    const s = await loadFixture(system);
    const story = await request(s, { node: null });
    await nobodyLoses(s, async () => {
      for (const by of [s.node, s.attacker, s.owner, s.governor, s.arbiter])
        await expect(story.attempt.cancel({ by }))
          .to.be.revertedWithCustomError(s.requests, 'Requests_NotYours')
          .withArgs(by, s.requester);
    });
  });

  it('scenario 3: what belongs to the arbiter is refused to everybody else', async () => {
    const s = await loadFixture(system);
    const submitted = await (await request(s)).submit();
    const frozen = await (await (await request(s, { lane: 1 })).submit()).freeze();
    await nobodyLoses(s, async () => {
      for (const by of [s.requester, s.node, s.attacker, s.governor, s.judge]) {
        await refused(
          s.requests,
          'Requests_NotArbiter',
          () => submitted.attempt.freeze({ by }),
          () => frozen.attempt.thaw({ by }),
          () => frozen.attempt.condemn({ by }),
        );
      }
    });
  });

  it('scenario 3: what belongs to capabilities and to governance is refused to everybody else', async () => {
    const s = await loadFixture(system);
    const tag = `0x${'11'.repeat(32)}`;
    const parameters = { ...PARAMETERS, arbiter: await s.arbiter.getAddress() };
    await nobodyLoses(s, async () => {
      for (const by of [s.requester, s.node, s.attacker, s.governor, s.deployer]) {
        const escrow = s.escrow.connect(by);
        await refused(
          s.escrow,
          'Escrow_NotCapability',
          () => escrow.lock(by, 0, 1n, tag, false),
          () => escrow.lockMany(by, 0, 1n, [tag], false),
          () => escrow.relock(by, 0, 1n, tag, tag, by, 1n),
          () => escrow.relockMany(by, [], by, 1n),
        );
        // Keys hold the caller, so these find nothing; closeMany says so without reverting.
        await refused(
          s.escrow,
          'Escrow_NoSuchLock',
          () => escrow.relock(by, 0, 1n, tag, tag, by, 0n),
          () => escrow.close(by, 0, 1n, tag, []),
        );
        const theft = [{ to: by.address, available: 1n, stake: 0n }];
        expect(await escrow.closeMany.staticCall(by, [{ lane: 0, amounts: 1n, tag }], theft)).to.equal(1n);
        await escrow.closeMany(by, [{ lane: 0, amounts: 1n, tag }], theft);
        await reverted(
          () => escrow.setTreasury(by),
          () => escrow.appendCapability(by),
          () => s.requests.connect(by).appendSet(parameters),
          () => s.requests.connect(by).pause(),
          () => s.requests.connect(by).unpause(),
        );
      }
    });
    expect(await s.requests.currentSet()).to.equal(1n);
  });
});
