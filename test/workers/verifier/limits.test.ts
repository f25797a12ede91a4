import { expect } from 'chai';
import type { ChallengeId, DemandId } from '#core/challenges/claim.ts';
import type { Challenge, Demand } from '#core/challenges/follow.ts';
import { leafAt, listAt, operatorAt, type Position, packPosition, treeAt } from '#core/challenges/position.ts';
import { limitOf } from '../../../workers/verifier/limits.ts';
import { id, other } from '../../support/story.ts';

/** W = 500 + (700 - 600), R = 120. */
const clocks = { windowSeconds: 500, responseSeconds: 120, tcBase: 600 };
const TC = 700;
const POSTED = 1_000;

/** With answered demands at these positions. */
function challenge(end: number, ...answered: readonly Position[]): Challenge {
  const demands = answered.map((position) => {
    const record = { id: '0x' as DemandId, demand: { position } as Demand, data: new Uint8Array() };
    return [packPosition(position), record] as const;
  });
  const word = `0x${'1'.repeat(64)}`;
  return {
    id: word as ChallengeId,
    request: id,
    challenger: other,
    trace: word as never,
    item: 0,
    children: [],
    postedAt: POSTED,
    end,
    rank: 0,
    bond: 1n,
    state: 'open',
    demands: new Map(demands),
  };
}
const demand = (position: Position, c: Challenge) =>
  limitOf({ kind: 'demand', position, proof: {} as never }, c, TC, clocks);

describe('until when a move can be made', () => {
  const W = 600;

  it('a demand: two R more at each level, and never after the end', () => {
    const late = POSTED + 10_000;
    expect(demand(operatorAt(3), challenge(late))).to.deep.equal({ expiresAt: POSTED + W, urgentAt: POSTED + W - 60 });
    const second = demand(treeAt(3, 1, 0), challenge(late, operatorAt(3)));
    expect(second).to.deep.equal({ expiresAt: POSTED + W + 240, urgentAt: POSTED + W + 180 });
    const third = demand(leafAt(3, 0), challenge(late, listAt(6, 0), operatorAt(3), operatorAt(4)));
    expect(third.expiresAt, 'what is not on the way counts for nothing').to.equal(POSTED + W + 480);
    expect(demand(leafAt(3, 0), challenge(POSTED + W + 1, operatorAt(3))).expiresAt).to.equal(POSTED + W + 1);
  });

  it('an answer: the demand’s due, urgent when it is late; a proof: the end', () => {
    const record = { id: '0x' as DemandId, demand: { due: 90, late: 70 } as Demand };
    expect(limitOf({ kind: 'answer', record }, challenge(0), TC, clocks)).to.deep.equal({
      expiresAt: 90,
      urgentAt: 70,
    });
    const proof = limitOf({ kind: 'prove', proof: {} as never, onPath: [] }, challenge(2_000), TC, clocks);
    expect(proof).to.deep.equal({ expiresAt: 2_000, urgentAt: 1_940 });
  });

  it('everything else: for good', () => {
    const record = { id: '0x' as DemandId, demand: {} as Demand };
    for (const move of [
      { kind: 'uphold' },
      { kind: 'reclaim', record },
      { kind: 'lapse', record, onPath: [] },
    ] as const)
      expect(limitOf(move, challenge(0), TC, clocks)).to.deep.equal({ expiresAt: undefined });
  });
});
