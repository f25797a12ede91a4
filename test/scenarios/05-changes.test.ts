import { expect } from 'chai';
import { AskFlags } from '#core/protocol/terms.ts';
import { at, loadFixture, time } from '../support/contracts/chain.ts';
import { availableOf, changes, checkMoney, purse } from '../support/contracts/money.ts';
import { refused } from '../support/contracts/refusals.ts';
import { request, type Story, tryRequest } from '../support/contracts/request.ts';
import { appendSet, DAY, FEE, PARAMETERS, ROYALTY, type System, system } from '../support/contracts/system.ts';

const SLICE = PARAMETERS.sliceFloor;
const PROTOCOL = FEE / 20n;
/** The moves of one request, in order; something changes before each of them in turn. */
const MOVES = ['accept', 'submit', 'freeze', 'thaw', 'finalise'] as const;

/** What may change while a request is under way. */
const CHANGES: Record<string, (s: System) => Promise<unknown>> = {
  'the royalty': (s) => s.models.connect(s.owner).setRoyalty(s.version, 5n * ROYALTY),
  'the policy': (s) => s.models.connect(s.owner).setPolicy(s.version, s.token),
  'the owner of the model': (s) => s.models.connect(s.owner).transferFrom(s.owner, s.buyer, s.model),
  'the version, by retirement': (s) => s.models.connect(s.owner).retire(s.version),
  "the node's offer": (s) => s.nodes.connect(s.node).setOffer(s.version, 0n, 0, 0),
  'the pause': (s) => s.requests.connect(s.guardian).pause(),
};

async function move(story: Story, verb: (typeof MOVES)[number]): Promise<void> {
  await story[verb]();
}

describe('what changes under a request', () => {
  for (const [what, change] of Object.entries(CHANGES))
    it(`scenario 14: ${what} changed between any two moves: the terms win`, async () => {
      for (const changedBefore of MOVES) {
        const s = await loadFixture(system);
        await s.nodes.connect(s.node).setOffer(s.version, FEE / 2n, 60, 2 ** 40 - 1);
        const gains = await changes(s, { node: s.node, purse: purse(s), requester: s.requester }, async () => {
          const story = await request(s, { flags: AskFlags.QUOTE });
          for (const verb of MOVES) {
            if (verb === changedBefore) await change(s);
            await move(story, verb);
          }
        });
        expect(gains, `changed before ${changedBefore}`).to.deep.equal({
          node: FEE - ROYALTY - PROTOCOL,
          purse: ROYALTY + PROTOCOL,
          requester: -FEE,
        });
      }
    });

  it('scenario 14: a new parameter set between submit and finalise, or freeze and condemn, leaves the old rules in force', async () => {
    const s = await loadFixture(system);
    const paid = await (await request(s)).submit();
    const frozen = await (await (await request(s, { lane: 1 })).submit()).freeze();
    await appendSet(s, { protocolBps: 1000, psiBps: 0, rhoBps: 0, responseSeconds: 1, rescueDelay: 60 * DAY });
    const gains = await changes(s, { purse: purse(s), requester: s.requester }, async () => {
      await paid.finalise();
      await frozen.attempt.condemn();
    });
    expect(gains).to.deep.equal({ purse: ROYALTY + PROTOCOL, requester: 2n * FEE }); // psi of set 1: 2 OPG, capped by the fee
  });

  it('scenario 14: for new requests the change counts at once', async () => {
    const s = await loadFixture(system);
    await s.models.connect(s.owner).retire(s.version);
    await expect(tryRequest(s)).to.be.revertedWithCustomError(s.models, 'Models_Retired').withArgs(s.version);
    await expect(tryRequest(s, { version: `0x${'12'.repeat(32)}` })).to.be.revertedWithCustomError(
      s.models,
      'Models_Unknown',
    );
  });

  it('scenario 15: a model sold before or after finality: the purse follows the token', async () => {
    const s = await loadFixture(system);
    const first = await (await request(s)).submit();
    const second = await (await request(s, { lane: 1 })).submit();
    await first.finalise();
    await s.escrow.claimRoyalty(s.model);
    expect(await availableOf(s, s.owner)).to.equal(ROYALTY);
    await second.finalise();
    await s.models.connect(s.owner).transferFrom(s.owner, s.buyer, s.model); // sold after finality, before the claim
    await s.escrow.claimRoyalty(s.model);
    expect(await availableOf(s, s.owner)).to.equal(ROYALTY);
    expect(await availableOf(s, s.buyer)).to.equal(ROYALTY);

    const third = await request(s, { lane: 2 });
    await s.models.connect(s.buyer).transferFrom(s.buyer, s.attacker, s.model); // sold in flight
    await (await third.submit()).finalise();
    const gains = await changes(s, { attacker: s.attacker, buyer: s.buyer }, () => s.escrow.claimRoyalty(s.model));
    expect(gains).to.deep.equal({ attacker: ROYALTY, buyer: 0n });
    await s.escrow.sweepProtocol([s.model, s.model]);
    expect(await availableOf(s, s.treasury)).to.equal(3n * PROTOCOL);
    await checkMoney(s);
  });

  it('scenario 16: a hot key acts until its last second, within its permissions, for its own node', async () => {
    const s = await loadFixture(system);
    const [ACCEPT, DECLINE, SUBMIT] = [1, 2, 4];
    const key = (until: number, permissions: number) => s.nodes.connect(s.node).setKey(s.hotKey, until, permissions);
    const by = s.hotKey;
    const story = await request(s);
    const calls = {
      [ACCEPT]: () => story.attempt.accept({ by, node: s.node }),
      [DECLINE]: () => story.attempt.decline({ by }),
      [SUBMIT]: () => story.attempt.submit({ by }),
    };
    for (const [permission, call] of Object.entries(calls)) {
      await key(2 ** 40, 7 & ~Number(permission)); // all but the one that matters
      await refused(s.nodes, 'Nodes_KeyNotAllowed', call);
    }
    const until = (await time.latest()) + 100;
    await key(until, SUBMIT);
    await at(until + 1);
    await refused(s.nodes, 'Nodes_KeyNotAllowed', calls[SUBMIT] ?? (() => Promise.resolve()));
    const later = until + 100;
    await key(later, SUBMIT);
    await at(later);
    await story.submitted(await story.attempt.submit({ by }), s.node);
    await story.finalise();
  });

  it("scenario 16: another node's key, and a revoked one, are refused; what they did before stands", async () => {
    const s = await loadFixture(system);
    await s.nodes.connect(s.rival).setKey(s.buyer, 2 ** 40, 7);
    await s.nodes.connect(s.node).setKey(s.hotKey, 2 ** 40, 7);
    const first = await request(s);
    const second = await request(s, { lane: 1 });
    await refused(
      s.nodes,
      'Nodes_KeyNotAllowed',
      () => first.attempt.submit({ by: s.buyer }),
      () => first.attempt.accept({ by: s.buyer, node: s.node }),
    );
    await first.submitted(await first.attempt.submit({ by: s.hotKey }), s.node);
    await s.nodes.connect(s.node).setKey(s.hotKey, 0, 0);
    await refused(s.nodes, 'Nodes_KeyNotAllowed', () => second.attempt.submit({ by: s.hotKey }));
    const gains = await changes(s, { node: s.node }, () => first.finalise());
    expect(gains.node).to.equal(SLICE + FEE - ROYALTY - PROTOCOL);
  });
});
