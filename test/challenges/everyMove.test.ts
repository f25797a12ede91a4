/**
 * All of a tiny program: each single element that either side can lie about, at each move, and silence at each move. The loser is whoever lied,
 * or owed a move and did not make it; after every move everybody has what the books (disputeBooks.ts) say, to the wei.
 */
import { expect } from 'chai';
import { answerTo } from '#core/challenges/answer.ts';
import { findFault } from '#core/challenges/evidence.ts';
import type { ReferenceTrace } from '#core/challenges/reference.ts';
import type { RefuterMove } from '#core/challenges/refute.ts';
import type { TensorData } from '#core/commitment/dtype.ts';
import { fromHex, type Hex, toHex } from '#core/hex.ts';
import type { OpenTensor } from '#core/semantics/opening.ts';
import type { Tensor } from '#core/tensor.ts';
import { networkHelpers, onAFork, time } from '../support/contracts/chain.ts';
import type { DemandBook } from '../support/contracts/disputeBooks.ts';
import { type Dispute, type DisputeSystem, disputeSystem } from '../support/contracts/disputes.ts';
import { type ChallengePlay, DisputeTable, type Party } from '../support/contracts/disputeTable.ts';
import { checkMoney } from '../support/contracts/money.ts';
import { SELECT, SELECT_INPUT } from '../support/contracts/programs.ts';
import { openingOf } from '../support/contracts/proofs.ts';
import { refused } from '../support/contracts/refusals.ts';
import { alteredData, BITS, Trial } from '../support/contracts/trials.ts';

/** Where the play stops being honest: who owes that move and does not make it. */
type Silence = 'demand' | 'answer' | 'proof' | 'never';

const clock = async () => (await time.latest()) + 1;

describe('every move of a tiny program', function () {
  this.timeout(300_000);
  let s: DisputeSystem;
  let trial: Trial;
  before(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
    trial = await Trial.of(s, SELECT, [SELECT_INPUT]);
  });

  const operators = () => [...trial.published.program.operators.keys()];
  const dataOf = (trace: ReferenceTrace, k: number): TensorData => (trace.open(k)[0] as OpenTensor).tensor.data;
  /** Every element there is. */
  const places = () => operators().flatMap((k) => [...dataOf(trial.trace(), k).keys()].map((e) => ({ k, e })));

  /** A trace with a lie at one place, taken on by the operators behind it or not; if that reaches no output, an output lies as well. */
  function lyingAt({ k, e }: { k: number; e: number }, by: number, propagated: boolean, submitted: readonly Tensor[]) {
    const honest = trial.trace();
    const told = (i: number, data: TensorData) =>
      i === k ? alteredData(data, e, by) : i > k && !propagated ? dataOf(honest, i) : data;
    const lie = trial.trace(0, told);
    if (findFault(0, submitted, lie.outputs, BITS)) return lie;
    const last = operators().at(-1) as number;
    return trial.trace(0, (i, data) => (i === last ? alteredData(told(i, data), 0, 40) : told(i, data)));
  }

  /** One play on a fork: books of its own, and the sums of the whole system at its end. */
  const play = (d: Dispute, act: (table: DisputeTable) => Promise<void>) =>
    onAFork(async () => {
      d.challenges = new Map();
      await act(await DisputeTable.of(s, [d]));
      await checkMoney(s);
    });

  /** No proof of an element that follows from what it reads is one, whoever sends it. */
  async function provesNothing(
    table: DisputeTable,
    by: Party,
    c: ChallengePlay,
    wrongPlaces: readonly { k: number; e: number }[],
  ) {
    const { d } = c.on;
    const salt = { request: d.story.id, item: 0, challenger: c.posted.challenger };
    for (const { k, e } of places()) {
      if (wrongPlaces.some((one) => one.k === k && one.e === e)) continue;
      await table.prove(await clock(), by, c, openingOf(c.theirs, salt, k, e, d.link(0)), 0, false);
    }
  }

  /** No answer with one element changed, or something behind the last, is one. */
  async function answersNothing(table: DisputeTable, by: Party, c: ChallengePlay, demand: DemandBook) {
    const salt = { request: c.on.d.story.id, item: 0, challenger: c.posted.challenger };
    const right = fromHex(answerTo(c.theirs, salt, demand.position));
    const { length } = dataOf(c.theirs, demand.position.operator);
    const width = right.length / 64;
    for (let e = 0; e <= length; e++) {
      const wrong = right.map((byte, i) => (i === (e + 1) * width - 1 ? byte ^ 1 : byte));
      await table.answer(await clock(), by, c, demand, toHex(wrong) as Hex, false);
    }
    await table.answer(await clock(), by, c, demand, '0x', false);
  }

  /** Elements of the trace that do not follow from what they read in it: computed again from its own tensors. */
  function inconsistent(theirs: ReferenceTrace): { k: number; e: number }[] {
    const given = operators().map((k) => dataOf(theirs, k));
    return operators().flatMap((k) => {
      const again = trial.trace(0, (i, data) => (i < k ? (given[i] as TensorData) : data));
      const right = dataOf(again, k);
      return [...right.keys()].filter((e) => !Object.is(right[e], given[k]?.[e])).map((e) => ({ k, e }));
    });
  }

  /** The rest of a dispute in which nobody moves any more. */
  async function runsOut(table: DisputeTable, c: ChallengePlay): Promise<void> {
    const open = c.book.demands.find(({ state }) => state === 'open');
    if (open) {
      await table.lapse(await clock(), s.keeper, c, open);
      if (c.book.state === 'open') await table.lapse(open.due + 1, s.keeper, c, open);
    } else {
      await table.uphold(await clock(), s.keeper, c);
      await table.uphold(c.book.end + 1, s.keeper, c);
    }
  }

  async function refutes(table: DisputeTable, theirs: ReferenceTrace, silence: Silence): Promise<ChallengePlay> {
    const [on] = table.requests as [(typeof table.requests)[0]];
    const c = (await table.challenge(await clock(), 'attacker', on, theirs)) as ChallengePlay;
    if (silence === 'demand') return c;
    // What is refused is the same in each play of this trace: once is enough.
    const lies = silence === 'never';
    if (lies) await provesNothing(table, 'node', c, inconsistent(theirs));
    const move = on.d.next(c.posted, on.reference) as RefuterMove & { kind: 'demand' };
    // A demand that names another node than the trace's is none.
    const forged = { ...move.proof, node: `0x${'77'.repeat(32)}` as Hex };
    await refused(s.traces, 'Traces_NoSuchPosition', () =>
      on.d.demand(s.other, c.posted, { ...move, proof: forged as typeof move.proof }),
    );
    const demand = (await table.demand(await clock(), 'other', c, move.position, move)) as DemandBook;
    if (lies) await answersNothing(table, 'attacker', c, demand);
    if (silence === 'answer') return c;
    await table.answer(await clock(), 'attacker', c, demand);
    if (silence === 'proof') return c;
    const proof = on.d.next(c.posted, on.reference) as RefuterMove & { kind: 'prove' };
    // The same proof does not hold without the demand that led there.
    const { d } = on;
    await refused(s.game, 'Game_NotOnPath', () =>
      s.game.connect(s.other).prove(d.claimOf(c.posted), d.published.meaning, proof.proof as never, []),
    );
    await table.prove(await clock(), 'other', c, proof.proof, proof.leaf, true);
    return c;
  }

  it('dispute 3: a challenger lies about one element of a right result: it loses, or whoever owed a move and was silent', async () => {
    const d = await trial.rightly();
    const [reference] = trial.reference as [Tensor[]];
    let plays = 0;
    for (const place of places())
      for (const propagated of [false, true])
        for (const silence of ['never', 'demand', 'answer', 'proof'] as const)
          await play(d, async (table) => {
            const what = `element ${place.e} of operator ${place.k}, silent: ${silence}`;
            const [on] = table.requests as [(typeof table.requests)[0]];
            const c = await refutes(table, lyingAt(place, 1, propagated, reference), silence);
            if (c.book.state === 'open') await runsOut(table, c);
            const liarLoses = silence === 'never' || silence === 'answer';
            expect(c.book.state, what).to.equal(liarLoses ? 'fallen' : 'upheld');
            if (liarLoses) await table.finalise(on.book.end + 1, s.keeper, on);
            else await table.claimPot(c.book.postedAt + 300 + 17 * 120 + 1, s.keeper, on);
            expect(on.book.state, what).to.equal(liarLoses ? 'final' : 'faulty');
            plays++;
          });
    expect(plays).to.equal(9 * 2 * 4);
  });

  it('dispute 2: a node lies about one element: it loses whatever it demands, unless its challenger is silent; then the next one wins', async () => {
    const [reference] = trial.reference as [Tensor[]];
    const outputs = reference.flatMap(({ data }, output) => [...data.keys()].map((element) => ({ output, element })));
    for (const [lane, { output, element }] of outputs.entries()) {
      const d = await trial.wrongly(output, element, 0, 1 + lane);
      for (let silentAt = 0; silentAt <= operators().length; silentAt++)
        await play(d, async (table) => {
          const [on] = table.requests as [(typeof table.requests)[0]];
          const c = (await table.challenge(await clock(), 'rival', on, on.reference)) as ChallengePlay;
          await provesNothing(table, 'node', c, []);
          for (const [i, position] of on.positions.entries()) {
            const demand = (await table.demand(await clock(), 'node', c, position)) as DemandBook;
            await table.lapse(await clock(), s.node, c, demand); // refused: there is time
            if (i === silentAt) break;
            await answersNothing(table, 'rival', c, demand);
            await table.answer(await clock(), 'rival', c, demand);
          }
          await runsOut(table, c);
          const silent = silentAt < operators().length;
          expect(c.book.state).to.equal(silent ? 'fallen' : 'upheld');
          if (!silent) return;
          expect(on.book.state).to.equal('going on');
          const next = (await table.challenge(await clock(), 'other', on, on.reference)) as ChallengePlay;
          await runsOut(table, next);
          expect(on.book.state).to.equal('faulty');
        });
    }
    expect(outputs.length).to.equal(4);
  });

  it('dispute 14: a challenger lies about one element of a wrong result: both lose, each to the other side', async () => {
    const d = await trial.wrongly(0, 1, 0, 9);
    for (const place of places())
      await play(d, async (table) => {
        const [on] = table.requests as [(typeof table.requests)[0]];
        const theirs = lyingAt(place, -3, true, d.submitted[0] as Tensor[]);
        const c = await refutes(table, theirs, 'never');
        expect([c.book.state, on.book.state]).to.deep.equal(['fallen', 'going on']);
        const next = (await table.challenge(await clock(), 'rival', on, on.reference)) as ChallengePlay;
        await runsOut(table, next);
        expect([next.book.state, on.book.state]).to.deep.equal(['upheld', 'faulty']);
      });
  });
});
