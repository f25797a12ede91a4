/** Who is paid for what: demands on the way to a proof, proofs and answers that others copy, helpers of challengers that are away. */
import { expect } from 'chai';
import { type Challenge, type Demand, type DemandRecord, demandAt, openDemands } from '#core/challenges/follow.ts';
import { demandsTo } from '#core/challenges/path.ts';
import type { ReferenceTrace } from '#core/challenges/reference.ts';
import { asArgument } from '../../sdk/mutable.ts';
import { type Account, at, networkHelpers, time } from '../support/contracts/chain.ts';
import { type Dispute, type DisputeSystem, disputeSystem, wireDemand } from '../support/contracts/disputes.ts';
import { availableOf, BURN, changes, checkMoney } from '../support/contracts/money.ts';
import { demandOf, positionsOf } from '../support/contracts/positions.ts';
import { floatsOf, moves } from '../support/contracts/programs.ts';
import { refused } from '../support/contracts/refusals.ts';
import { alteredData, hardEnd, RHO, Trial } from '../support/contracts/trials.ts';

describe('rewards of the challenge game', () => {
  let s: DisputeSystem;
  let trial: Trial;
  let lie: ReferenceTrace;
  beforeEach(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
    // Two Moves of 30 leaves: two demands lead to an element, and much lies beside the way.
    trial = await Trial.of(s, moves(2, 1_900), [[floatsOf(1_900)]]);
    lie = trial.trace(0, (k, data) => (k === 1 ? alteredData(data, 1_000) : data));
  });
  afterEach(() => checkMoney(s));

  async function asked(d: Dispute, c: Challenge, by: Account): Promise<Demand> {
    const move = d.next(c, d.trace());
    if (move.kind !== 'demand') throw new Error(`a ${move.kind}`);
    await d.demand(by, c, move);
    return (demandAt(d.now(c), move.position) as DemandRecord).demand;
  }

  /** Demands of these parties, one level after the other, all answered; then the proof, unsent. */
  async function ledTo(d: Dispute, c: Challenge, ...by: Account[]) {
    for (const who of by) await d.answer(s.attacker, c, lie, await asked(d, c, who));
    const move = d.next(c, d.trace());
    if (move.kind !== 'prove') throw new Error(`a ${move.kind}`);
    const onPath = demandsTo(d.now(c), move.proof.operator, move.leaf).map(wireDemand);
    const send = (prover: Account, demands: typeof onPath) =>
      s.game.connect(prover).prove(d.claimOf(c), d.published.meaning, asArgument(move.proof), demands);
    return { move, onPath, send };
  }

  it('dispute 21, case 12: who copies a proof still pays twice the fee to each whose demand led there', async () => {
    const d = await trial.rightly();
    const c = await d.challenge(s.attacker, lie);
    const { onPath, send } = await ledTo(d, c, s.other, s.rival);
    expect(onPath.length).to.equal(2);
    const gains = await changes(s, { other: s.other, rival: s.rival, keeper: s.keeper, node: s.node, burn: BURN }, () =>
      d.move('prove', send(s.keeper, onPath)),
    );
    const [first, second] = onPath.map(({ fee }) => fee) as [bigint, bigint];
    const [pool, toNode] = [c.bond / 2n, c.bond / 4n];
    expect(gains).to.deep.equal({
      other: 2n * first,
      rival: 2n * second,
      keeper: pool - 2n * (first + second),
      node: toNode,
      burn: c.bond - pool - toNode,
    });
  });

  it('dispute 21: no proof holds that leaves out, doubles, reorders or adds a demand', async () => {
    const d = await trial.rightly();
    const c = await d.challenge(s.attacker, lie);
    const beside = demandOf(lie, d.salt(s.attacker), positionsOf(d.published.program)[0] as Demand['position']);
    await d.demand(s.requester, c, beside);
    const [open] = openDemands(d.now(c));
    const { onPath, send } = await ledTo(d, c, s.other, s.rival);
    if (open === undefined) throw new Error('a demand is open');
    await d.answer(s.attacker, c, lie, open.demand);
    const [first, second] = onPath as [(typeof onPath)[0], (typeof onPath)[0]];
    const other = wireDemand(open.demand);
    for (const demands of [
      [],
      [first],
      [second],
      [second, first],
      [first, first, second],
      [first, second, second],
      [other, first, second],
      [first, second, other],
      [first, { ...second, demander: s.keeper.address }],
      [first, { ...second, fee: 10n * second.fee }],
    ])
      await refused(s.game, 'Game_NotOnPath', () => send(s.keeper, demands as typeof onPath));
    await d.move('prove', send(s.keeper, onPath));
  });

  it('dispute 21: a demand beside the way that nobody has answered gets its fee back, and nobody needs to name it', async () => {
    const d = await trial.rightly();
    const c = await d.challenge(s.attacker, lie);
    const proof = d.foresee(c, d.trace(), lie);
    const before = await availableOf(s, s.rival);
    const open = await asked(d, c, s.rival);
    await d.prove(s.other, c, proof);
    const reclaim = () => s.game.connect(s.keeper).reclaim(d.key(c), wireDemand(open));
    await d.move('reclaim', reclaim());
    expect(await availableOf(s, s.rival)).to.equal(before);
    await refused(s.game, 'Game_NoSuchDemand', reclaim);
  });

  it('dispute 21: who lapses an unanswered demand pays twice the fee to each above it', async () => {
    const d = await trial.rightly();
    const c = await d.challenge(s.attacker, lie);
    const first = await asked(d, c, s.other);
    await d.answer(s.attacker, c, lie, first);
    // A friend of the challenger's asks for the next piece, to be paid itself for the silence.
    const second = await asked(d, c, s.rival);
    await time.increaseTo(second.due);
    const lapse = (above: Demand[]) =>
      s.game.connect(s.rival).lapse(d.claimOf(c), wireDemand(second), above.map(wireDemand));
    await refused(s.game, 'Game_NotOnPath', () => lapse([]));
    await refused(s.game, 'Game_NotOnPath', () => lapse([first, second]));
    const gains = await changes(s, { other: s.other, rival: s.rival }, () => d.move('lapse', lapse([first])));
    expect(gains).to.deep.equal({ other: 2n * first.fee, rival: second.fee + c.bond / 2n - 2n * first.fee });
  });

  it('limit: a friend’s demand that lapses beside the way takes the refuter’s fees, and costs liar and friend more', async () => {
    const d = await trial.rightly();
    const parties = { liar: s.attacker, friend: s.rival, other: s.other, node: s.node, burn: BURN };
    const fees: bigint[] = [];
    let bond = 0n;
    const gains = await changes(s, parties, async () => {
      const c = await d.challenge(s.attacker, lie);
      await d.demand(
        s.rival,
        c,
        demandOf(lie, d.salt(s.attacker), positionsOf(d.published.program)[0] as Demand['position']),
      );
      for (const _ of [1, 2]) {
        const demand = await asked(d, c, s.other);
        fees.push(demand.fee);
        await d.answer(s.attacker, c, lie, demand);
      }
      // The proof is ready, and the lapse comes before it.
      await d.lapse(s.rival, c);
      expect(d.now(c).state).to.equal('fallen');
      ({ bond } = c);
    });
    const lost = fees.reduce((sum, fee) => sum + fee, 0n);
    expect(gains).to.deep.equal({
      liar: lost - bond,
      friend: bond / 2n,
      other: -lost,
      node: bond / 4n,
      burn: bond - bond / 2n - bond / 4n,
    });
    // Both together lose more than they take, and a node that refutes for itself gains.
    expect(gains.liar + gains.friend <= gains.other, `${gains.liar + gains.friend} for ${gains.other}`).to.equal(true);
    expect(gains.node >= lost).to.equal(true);
  });

  it('dispute 20: an answer copied from the mempool in the first half of R pays the challenger', async () => {
    const d = await trial.wrongly();
    const mine = d.trace();
    const c = await d.challenge(s.rival, mine);
    for (const position of positionsOf(d.published.program).slice(0, 3)) {
      await d.demand(s.node, c, demandOf(mine, d.salt(s.rival), position));
      const [open] = openDemands(d.now(c));
      if (open === undefined) throw new Error('a demand is open');
      const gains = await changes(s, { rival: s.rival, attacker: s.attacker }, () =>
        d.answer(s.attacker, c, mine, open.demand),
      );
      expect(gains).to.deep.equal({ rival: open.demand.fee, attacker: 0n });
      await refused(s.game, 'Game_NoSuchDemand', () => d.answer(s.rival, c, mine, open.demand));
    }
  });

  it('dispute 19: a helper answers everything for a challenger that is away, and keeps the late fees', async () => {
    const d = await trial.wrongly();
    const mine = d.trace();
    let fees = 0n;
    const gains = await changes(s, { rival: s.rival, other: s.other, node: s.node }, async () => {
      const c = await d.challenge(s.rival, mine);
      const positions = positionsOf(d.published.program);
      for (const position of [0, 1, 60, positions.length - 1].map((i) => positions[i] as Demand['position'])) {
        await d.demand(s.node, c, demandOf(mine, d.salt(s.rival), position));
        const [open] = openDemands(d.now(c));
        if (open === undefined) throw new Error('a demand is open');
        await at(open.demand.late + 1);
        await d.answer(s.other, c, mine, open.demand);
        fees += open.demand.fee;
      }
      await d.uphold(s.keeper, c);
      await time.increaseTo(hardEnd(c));
      await d.move('claimPot', s.game.connect(s.keeper).claimPot(d.claimOf(c)));
    });
    expect(gains).to.deep.equal({ rival: RHO, other: fees, node: -fees });
  });

  it('dispute 13: a sham refuter asks first at each position and never proves: the honest one wins within R of each level', async () => {
    const d = await trial.rightly();
    let c = undefined as unknown as Challenge;
    const gains = await changes(s, { other: s.other, friends: s.rival, liar: s.attacker }, async () => {
      c = await d.challenge(s.attacker, lie);
      for (;;) {
        const move = d.next(c, d.trace());
        if (move.kind !== 'demand') break;
        // The sham's transaction comes first, the answer in the last second.
        await d.demand(s.rival, c, move);
        await refused(s.game, 'Game_AlreadyDemanded', () => d.demand(s.other, c, move));
        const [open] = openDemands(d.now(c));
        if (open === undefined) throw new Error('a demand is open');
        await at(open.demand.due);
        await d.answer(s.attacker, c, lie, open.demand);
      }
      const move = d.next(c, d.trace());
      if (move.kind !== 'prove') throw new Error(`a ${move.kind}`);
      await d.prove(s.other, c, move);
    });
    expect(d.now(c).refuted).to.deep.equal({ operator: 1, element: 1_000 });
    expect(gains.other > 0n, 'the honest refuter gains').to.equal(true);
    // What goes to the friend comes out of the bond: together they lose at least the node's quarter and what is burned.
    expect(gains.friends + gains.liar < -c.bond / 2n, 'the liar and its friend lose').to.equal(true);
  });
});
