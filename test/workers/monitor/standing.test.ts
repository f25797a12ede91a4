import { expect } from 'chai';
import type { ChallengeId, DemandId } from '#core/challenges/claim.ts';
import type { GameEvent } from '#core/challenges/events.ts';
import type { Demand } from '#core/challenges/follow.ts';
import { operatorAt, type Position, treeAt } from '#core/challenges/position.ts';
import type { RefuterMove } from '#core/challenges/refute.ts';
import { subjectOf } from '#core/challenges/subject.ts';
import { toAddress, toBytes32 } from '#core/hex.ts';
import type { ProtocolEvent } from '#core/protocol/events.ts';
import { alarmsOf } from '../../../workers/monitor/alarms.ts';
import { isAlive, type Judgement, standingOf } from '../../../workers/monitor/standing.ts';
import { duration, tableOf } from '../../../workers/monitor/table.ts';
import { secondsLeft } from '../../../workers/monitor/turn.ts';
import { frozen, id, node, other, requested, requester, submittedBy, thawed } from '../../support/story.ts';

const word = (digits: string) => toBytes32(`0x${digits.repeat(64 / digits.length)}`);
const challenge = word('c1') as ChallengeId;
const challenger = toAddress(`0x${'6'.repeat(40)}`);
/** W = 300, R = 120. */
const clocks = { window: 300, response: 120 };
const POSTED = 2_100;
const END = POSTED + clocks.window;

const challenged: GameEvent = {
  type: 'Challenged',
  id,
  challenge,
  challenger,
  trace: word('77'),
  state: { item: 0, postedAt: POSTED, end: END, rank: 0, bond: 50n },
  children: [],
};
const demandOf = (position: Position, at: number): Demand => ({
  position,
  node: word('11'),
  header: word('22'),
  count: 64,
  levels: 6,
  childLevel: 0,
  slotLevels: 2,
  demander: other,
  fee: 3n,
  due: at + clocks.response,
  late: at + clocks.response / 2,
  lane: 0,
  nonce: 0n,
});
const top = operatorAt(3);
const first = word('d1') as DemandId;
const demanded = (at: number, end = END): GameEvent => ({
  type: 'Demanded',
  id,
  challenge,
  demandId: first,
  demand: demandOf(top, at),
  end,
});
const answered: GameEvent = { type: 'Answered', id, challenge, demandId: first, paid: challenger, data: '0x00' };
const lapsed: GameEvent = { type: 'Lapsed', id, challenge, demandId: first, demander: other, onPath: [] };
const upheld: GameEvent = { type: 'Upheld', id, challenge, challenger, condemned: true };
const condemned: ProtocolEvent = { type: 'Condemned', id, node, toRequester: 1_100n, toPot: 4_000n, burned: 5_900n };

const asks = (position: Position): RefuterMove =>
  ({
    kind: 'demand',
    position,
    proof: { node: word('11'), record: [], recordPath: [], path: [], slotPath: [] },
  }) as const;
const isTrue: Judgement = { verdict: 'true', move: { kind: 'true' }, levels: 2 };
const isFalse = (move: RefuterMove): Judgement => ({ verdict: 'false', move, levels: 2 });
const proves = isFalse({ kind: 'prove', leaf: 0, proof: {} as never });
const unknown: Judgement = { verdict: 'unknown', reason: 'no input' };

function stand(judgement: Judgement, now: number, ...events: readonly ProtocolEvent[]) {
  const story = [requested(), submittedBy(node), frozen, ...events];
  const subject = subjectOf(story.map((event) => ({ event })));
  const judged = { challenge: () => judgement, result: () => ({ verdict: 'wrong' }) as const };
  return standingOf(subject as NonNullable<typeof subject>, judged, clocks, now);
}
/** The turn, what is left, and the alarms. */
function look(judgement: Judgement, now: number, ...events: readonly ProtocolEvent[]) {
  const standing = stand(judgement, now, challenged, ...events);
  const [only] = standing.challenges;
  const alarms = Object.entries(alarmsOf([standing], now)).flatMap(([name, count]) => (count > 0 ? [name] : []));
  return { ...only?.turn, left: only?.left, alarms };
}

describe('whose move it is', () => {
  const first_ = isFalse(asks(top));

  it('is the refuter’s where nothing is demanded, to the last second of the window', () => {
    expect(look(first_, POSTED)).to.deep.equal({ by: 'refuter', move: 'demand', until: END, left: 300, alarms: [] });
    expect(look(first_, END)).to.deep.include({ by: 'refuter', move: 'demand', left: 0 });
    expect(look(first_, END + 1)).to.deep.equal({
      by: 'anyone',
      move: 'uphold',
      from: END + 1,
      left: undefined,
      alarms: ['false_ripe', 'uphold_missed'],
    });
  });

  it('is watched once less than R is left against a false challenge', () => {
    expect(look(first_, END - 120).alarms).to.deep.equal([]);
    expect(look(first_, END - 119).alarms).to.deep.equal(['false_unopposed']);
    expect(look(isTrue, END - 119).alarms).to.deep.equal([]);
  });

  it('is the challenger’s until half of R, then anyone’s until the last second, then nobody’s: it lapses', () => {
    const at = 2_200;
    const open = demanded(at);
    expect(look(isTrue, at + 60, open)).to.deep.equal({
      by: 'challenger',
      move: 'answer',
      until: at + 120,
      left: 60,
      alarms: [],
    });
    const late = look(isTrue, at + 61, open);
    expect(late).to.deep.equal({
      by: 'anyone',
      move: 'answer',
      from: at + 61,
      until: at + 120,
      left: 59,
      alarms: ['true_unanswered'],
    });
    expect(look(isTrue, at + 120, open).left).to.equal(0);
    expect(look(isTrue, at + 121, open)).to.deep.equal({
      by: 'anyone',
      move: 'lapse',
      from: at + 121,
      left: undefined,
      alarms: ['true_silent', 'lapse_missed'],
    });
    expect(look(first_, at + 121, open).alarms).to.deep.equal(['lapse_missed']);
    // A challenge that is false may be silent.
    expect(look(first_, at + 61, open).alarms).to.deep.equal([]);
  });

  it('gives each level of demands two R more, but never beyond the end', () => {
    const below = isFalse(asks(treeAt(3, 6, 0)));
    // Demanded in the last second of the first level, answered: the end has moved by R.
    const story = [demanded(END, END + 120), answered];
    expect(look(below, END + 30, ...story)).to.deep.include({
      by: 'refuter',
      move: 'demand',
      until: END + 120,
      left: 90,
    });
    expect(look(below, POSTED + 20, demanded(POSTED), answered).until).to.equal(END);
    // Two levels of clock would reach END + 240; the end is nearer. With the end out of the way the level's own time counts.
    expect(look(below, END + 30, demanded(END, END + 900), answered).until).to.equal(END + 240);
    expect(look(proves, END + 30, ...story)).to.deep.include({ by: 'refuter', move: 'prove', until: END + 120 });
  });

  it('says what it cannot tell', () => {
    expect(look(unknown, POSTED)).to.deep.include({ by: 'refuter', move: 'demand or prove', alarms: ['unjudged'] });
    expect(look(isTrue, POSTED)).to.deep.include({ by: 'refuter', move: 'wait' });
  });

  it('is overdue beyond the hard end', () => {
    // 2100 + 300 + 2 x 2 x 120.
    expect(stand(isTrue, POSTED, challenged).challenges[0]?.hardEnd).to.equal(2_880);
    expect(look(isTrue, 2_880).alarms).to.deep.equal(['uphold_missed']);
    expect(look(isTrue, 2_881).alarms).to.deep.equal(['uphold_missed', 'past_hard_end']);
    // D is not known: that of the deepest program.
    expect(stand(unknown, POSTED, challenged).challenges[0]?.hardEnd).to.equal(4_320);
    expect(secondsLeft({ by: 'anyone', move: 'lapse', from: 1 }, 5)).to.equal(undefined);
  });
});

describe('how a disputed request stands', () => {
  it('lists what is open, and what is at stake', () => {
    const standing = stand(isTrue, 2_210, challenged, demanded(2_200));
    expect(standing).to.deep.include({ request: id, requester, node, state: 'Frozen', slice: 10_000n, fee: 1_000n });
    expect(standing.challenges[0]).to.deep.include({ challenger, bond: 50n, verdict: 'true', answered: 0 });
    expect(standing.challenges[0]?.demands[0]).to.deep.include({ demander: other, fee: 3n, due: 2_320 });
    expect(isAlive(standing)).to.equal(true);
  });

  it('has the fees of a fallen challenge to be reclaimed, then nothing', () => {
    const more: GameEvent = {
      ...demanded(2_200),
      demandId: word('d2') as DemandId,
      demand: demandOf(operatorAt(4), 2_200),
    } as GameEvent;
    const fallen = stand(proves, 2_400, challenged, demanded(2_200), more, lapsed, thawed(2_700));
    expect(fallen.challenges).to.deep.equal([]);
    expect(fallen.reclaimable).to.deep.equal([{ id: word('d2'), owner: other, fee: 3n }]);
    const back: GameEvent = { type: 'Reclaimed', id, challenge, demandId: word('d2') as DemandId, demander: other };
    const over = stand(proves, 2_400, challenged, demanded(2_200), more, lapsed, thawed(2_700), back);
    expect(isAlive(over)).to.equal(false);
  });

  it('has a pot for the best challenge, after every earlier one is over, until it is claimed', () => {
    // 2100 + 300 + 17 x 120 + 1.
    const story = [challenged, condemned, upheld];
    const standing = stand(isTrue, 4_440, ...story);
    expect(standing.pot).to.deep.equal({ winner: challenger, amount: 4_000n, from: 4_441, left: 1 });
    expect(standing.slice).to.equal(undefined);
    expect(alarmsOf([standing], 4_440).pot_unclaimed).to.equal(0);
    expect(alarmsOf([stand(isTrue, 4_441, ...story)], 4_441).pot_unclaimed).to.equal(1);
    const claimed: GameEvent = { type: 'PotClaimed', id, challenger, amount: 4_000n };
    expect(isAlive(stand(isTrue, 4_441, ...story, claimed))).to.equal(false);
  });

  it('counts demands for outputs that were submitted as a hash', () => {
    const { position: _, node: __, ...rest } = demandOf(top, 2_200);
    const demand = { ...rest, outputs: 1, position: { item: 0, output: 0, leaf: 5 } };
    const asked = { type: 'OutputDemanded', id, demandId: first, demand, newEnd: 2_600 } as GameEvent;
    const at = (now: number, ...events: readonly GameEvent[]) => stand(unknown, now, asked, ...events);
    expect(at(2_260).outputDemands[0]).to.deep.include({ leaf: 5, left: 60 });
    expect(at(2_260).outputDemands[0]?.turn.by).to.equal('node');
    expect(alarmsOf([at(2_261)], 2_261).output_unanswered).to.equal(1);
    expect(alarmsOf([at(2_321)], 2_321)).to.include({ output_unanswered: 0, lapse_missed: 1 });
    const proof = { leaf: { data: '0x', path: [] }, submitted: [], itemPath: [] } as const;
    const given: GameEvent = { type: 'OutputAnswered', id, demandId: first, paid: node, proof };
    expect(isAlive(at(2_261, given))).to.equal(false);
  });

  it('is a line of a table, the most urgent first', () => {
    const calm = stand(isTrue, 2_210, challenged);
    const urgent = stand(isFalse(asks(top)), 2_210, challenged, demanded(2_200));
    const lines = tableOf({ block: 7, now: 2_210, disputes: [calm, urgent] }).split('\n');
    expect(lines[0]).to.equal('2 disputed requests at block 7, 1970-01-01 00:36:50 UTC; amounts in OPG');
    expect(lines[3]).to.match(
      /^0xabababab…abab +0xc1c1c1c1…c1c1 +false +answer +challenger +1 min 50 s +0\.0000 +0\.0000$/,
    );
    expect(lines[4]).to.match(/true +wait +refuter +3 min 10 s/);
    expect(tableOf({ block: undefined, now: 0, disputes: [] })).to.include('No block was looked at yet.');
    expect([0, 61, 3_660, 90_000].map(duration)).to.deep.equal(['0 s', '1 min 1 s', '1 h 1 min', '1 d 1 h']);
  });
});
