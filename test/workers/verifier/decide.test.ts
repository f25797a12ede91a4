import { expect } from 'chai';
import type { DemandId } from '#core/challenges/claim.ts';
import type { OutputDemandRecord } from '#core/challenges/outputDemands.ts';
import { toAddress } from '#core/hex.ts';
import { decideOutput, type OutputView } from '../../../workers/verifier/decide.ts';

const me = toAddress(`0x${'7'.repeat(40)}`);
const other = toAddress(`0x${'8'.repeat(40)}`);
const demanded = (demander = other, state: OutputDemandRecord['state'] = 'open'): OutputDemandRecord => ({
  id: `0x${'d'.repeat(64)}` as DemandId,
  state,
  newEnd: 900,
  demand: {
    position: { item: 0, output: 0, leaf: 0 },
    header: `0x${'2'.repeat(64)}` as never,
    outputs: 1,
    demander,
    fee: 3n,
    due: 400,
    late: 340,
    lane: 0,
    nonce: 0n,
  },
});
const view = (change: Partial<OutputView>): OutputView => ({
  record: demanded(),
  me,
  own: false,
  holds: false,
  helps: false,
  ...change,
});
/** The move at each of these seconds. */
const moves = (change: Partial<OutputView>) =>
  [100, 340, 341, 400, 401, 430, 431].map((now) => decideOutput(view(change), now)?.kind ?? '-').join(' ');

const ANSWER = 'answerOutput';
const LAPSE = 'lapseOutput';

describe('a demand for an output', () => {
  it('is answered by the node that has it, at once and until the last second', () => {
    expect(moves({ own: true, holds: true })).to.equal(`${ANSWER} ${ANSWER} ${ANSWER} ${ANSWER} - - -`);
  });

  it('is answered by a helper that has it, for the fee, once it is late', () => {
    expect(moves({ helps: true, holds: true })).to.equal(`- - ${ANSWER} ${ANSWER} - - -`);
  });

  it('that nobody answered is ended by its owner at once, by a helper that found the result wrong after a while', () => {
    expect(moves({ record: demanded(me) })).to.equal(`- - - - ${LAPSE} ${LAPSE} ${LAPSE}`);
    expect(moves({ helps: true })).to.equal(`- - - - - - ${LAPSE}`);
  });

  it('is never lapsed by its own node, nor by a helper that knows the result to be right', () => {
    for (const holds of [true, false])
      expect(moves({ own: true, holds, helps: true }).includes(LAPSE), `holds: ${holds}`).to.equal(false);
    expect(moves({ helps: true, holds: true }).includes(LAPSE)).to.equal(false);
  });

  it('calls for nothing from who neither has it nor owns it, and nothing once it is over', () => {
    expect(moves({})).to.equal('- - - - - - -');
    for (const state of ['answered', 'lapsed'] as const)
      expect(moves({ record: demanded(me, state), own: true, holds: true, helps: true })).to.equal('- - - - - - -');
  });
});
