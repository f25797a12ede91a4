/**
 * Right results and every lie about them: each element of each operator, taken on by the operators behind it or not, with every silence, in
 * the first second or the last, with and without a friend of the liar's that asks first. The liar always falls, the refuter always gains, and
 * no wei is lost. A seeded choice by default; all of it with DISPUTE_EXHAUSTIVE=1.
 */
import { expect } from 'chai';
import { findFault } from '#core/challenges/evidence.ts';
import { type Challenge, openDemands } from '#core/challenges/follow.ts';
import type { ReferenceTrace } from '#core/challenges/reference.ts';
import type { TensorData } from '#core/commitment/dtype.ts';
import type { OpenTensor } from '#core/semantics/opening.ts';
import type { Tensor } from '#core/tensor.ts';
import { type Account, at, networkHelpers, onAFork } from '../support/contracts/chain.ts';
import { type Dispute, type DisputeSystem, disputeSystem } from '../support/contracts/disputes.ts';
import { availableOf, BURN, checkMoney } from '../support/contracts/money.ts';
import { floatsOf, integers, moves, SELECT, SELECT_INPUT, wide } from '../support/contracts/programs.ts';
import { BITS, R, Trial, W } from '../support/contracts/trials.ts';
import { seeded } from '../support/seeded.ts';

const ALL = process.env['DISPUTE_EXHAUSTIVE'] === '1';
/** Cases of each program in the seeded form. */
const CASES = 60;

/** Other values than the right one, at the edges of what a dtype holds. */
function liesAbout(value: number | bigint): (number | bigint)[] {
  const others =
    typeof value === 'bigint'
      ? [value + 1n, value - 1n, 0n, 1n, 2n, 3n, 1n << 32n, -(1n << 63n), (1n << 63n) - 1n]
      : [value + 1, -value, value * 2, 0, -0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** -149, 3.4028234663852886e38];
  return others.filter((other) => !Object.is(other, value));
}

const changed = (data: TensorData, e: number, value: number | bigint): TensorData => {
  const copy = data.slice();
  (copy as { [at: number]: number | bigint })[e] = value;
  return copy;
};

interface Lie {
  readonly k: number;
  readonly e: number;
  readonly value: number | bigint;
  readonly propagated: boolean;
}

interface Play {
  /** The demand that is not answered; 99: none. */
  readonly silent: number;
  readonly lateLiar: boolean;
  readonly lateRefuter: boolean;
  readonly friend: boolean;
}

const BOOLEANS = [false, true] as const;

const PLAYS: readonly Play[] = [99, 0, 1].flatMap((silent) =>
  BOOLEANS.flatMap((lateLiar) =>
    BOOLEANS.flatMap((lateRefuter) => BOOLEANS.map((friend) => ({ silent, lateLiar, lateRefuter, friend }))),
  ),
);

/** Every lie about one element, and what the trace makes of it. */
function liesOf(trial: Trial): Lie[] {
  const honest = trial.trace();
  return trial.published.program.operators.flatMap((_, k) => {
    const { data } = (honest.open(k)[0] as OpenTensor).tensor;
    const places = data.length <= 16 ? [...data.keys()] : [0, 63, 64, data.length - 1];
    return places.flatMap((e) =>
      liesAbout(data[e] as number | bigint).flatMap((value) =>
        BOOLEANS.map((propagated) => ({ k, e, value, propagated })),
      ),
    );
  });
}

/** The liar's trace. An output must lie too, or there is nothing to challenge: its first element, if the lie itself does not reach one. */
function traceOf(trial: Trial, { k, e, value, propagated }: Lie): ReferenceTrace {
  const honest = trial.trace();
  const { operators, outputs } = trial.published.program;
  const datas = operators.map((_, i) => (honest.open(i)[0] as OpenTensor).tensor.data);
  const after = (i: number, data: TensorData) =>
    i === k ? changed(data, e, value) : i > k && !propagated ? (datas[i] as TensorData) : data;
  const lie = trial.trace(0, after);
  if (findFault(0, trial.reference[0] as readonly Tensor[], lie.outputs, BITS)) return lie;
  const last = outputs.at(-1)?.operator as number;
  return trial.trace(0, (i, data) => {
    const made = after(i, data);
    return i === last ? changed(made, 0, typeof made[0] === 'bigint' ? 77n : 77) : made;
  });
}

describe('every lie about a right result', function () {
  this.timeout(ALL ? 4 * 3_600_000 : 300_000);
  let s: DisputeSystem;

  for (const [name, onnx, inputs] of [
    ['a Move, a Gather and an ArgMax', SELECT, SELECT_INPUT],
    ['three Moves', moves(3, 3), [floatsOf(3)]],
    ['a tensor of 17 leaves, and a Gather', wide(18), [floatsOf(60), integers(63, 700, -1)]],
  ] as const)
    it(`dispute 3: ${name}`, async () => {
      s = await networkHelpers.loadFixture(disputeSystem);
      const trial = await Trial.of(s, onnx, [inputs]);
      const d = await trial.rightly();
      const cases = liesOf(trial).flatMap((lie) => PLAYS.map((play) => ({ lie, play })));
      const random = seeded(cases.length);
      const chosen = ALL ? cases : Array.from({ length: CASES }, () => random.pick(cases));
      for (const { lie, play } of chosen)
        await onAFork(async () => {
          await playOut(trial, d, lie, play);
          d.challenges = new Map();
        });
      await checkMoney(s);
    });

  async function playOut(trial: Trial, d: Dispute, lie: Lie, play: Play): Promise<void> {
    const what = `operator ${lie.k}, element ${lie.e}: ${lie.value}, ${lie.propagated ? '' : 'not '}propagated, ${JSON.stringify(play)}`;
    const theirs = traceOf(trial, lie);
    const parties = { liar: s.attacker, refuter: s.other, friend: s.rival, node: s.node };
    const before = await holdings(parties);
    const c = await d.challenge(parties.liar, theirs);
    const end = await fall(d, c, theirs, play, parties);
    expect(end.state, what).to.equal('fallen');
    if (end.refuted) expect(end.refuted, what).to.deep.equal(firstDifference(trial, theirs));
    const after = await holdings(parties);
    const gain = (who: keyof typeof after) => after[who] - before[who];
    expect(gain('liar') + gain('refuter') + gain('friend') + gain('node') + gain('burn'), what).to.equal(0n);
    expect(gain('game'), what).to.equal(0n);
    expect(gain('node'), what).to.equal(c.bond / 4n);
    if (!play.friend) expect(gain('refuter') > 0n, what).to.equal(true);
    expect(gain('refuter') >= 0n, what).to.equal(true);
    // Whoever was paid out of the bond, half of it is with the node or burned.
    expect(gain('liar') + gain('friend') <= -c.bond / 2n, what).to.equal(true);
    await d.story.is('Submitted');
  }

  /** Each move in its first or its last second. */
  async function fall(
    d: Dispute,
    c: Challenge,
    theirs: ReferenceTrace,
    { silent, lateLiar, lateRefuter, friend }: Play,
    { liar, refuter, friend: other }: Record<'liar' | 'refuter' | 'friend', Account>,
  ): Promise<Challenge> {
    for (let demands = 0; ; demands++) {
      const move = d.next(c, d.trace());
      const { end } = d.now(c);
      if (move.kind === 'prove') {
        if (lateRefuter) await at(end);
        await d.prove(refuter, c, move);
        return d.now(c);
      }
      if (move.kind !== 'demand') throw new Error(`a ${move.kind}`);
      if (lateRefuter) await at(Math.min(end, c.postedAt + W + demands * 2 * R));
      await d.demand(friend ? other : refuter, c, move);
      const [open] = openDemands(d.now(c));
      if (open === undefined) throw new Error('a demand is open');
      if (demands === silent) {
        await at(open.demand.due + 1);
        await d.lapse(refuter, c);
        return d.now(c);
      }
      if (lateLiar) await at(open.demand.due);
      await d.answer(liar, c, theirs, open.demand);
    }
  }

  async function holdings(parties: Record<'liar' | 'refuter' | 'friend' | 'node', Account>) {
    const of = (who: Account | string) => availableOf(s, who);
    return {
      liar: await of(parties.liar),
      refuter: await of(parties.refuter),
      friend: await of(parties.friend),
      node: await of(parties.node),
      burn: await of(BURN),
      game: await of(await s.game.getAddress()),
    };
  }
});

/** Where a refuter who goes from the front finds the first element that is not its own. */
function firstDifference(trial: Trial, theirs: ReferenceTrace) {
  const honest = trial.trace();
  for (const operator of trial.published.program.operators.keys()) {
    const [mine, other] = [honest, theirs].map((trace) => (trace.open(operator)[0] as OpenTensor).tensor.data);
    const element = [...(mine as TensorData)].findIndex((value, e) => !Object.is(value, other?.[e]));
    if (element >= 0) return { operator, element };
  }
  return undefined;
}
