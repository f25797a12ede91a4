/**
 * Every bit of every move's calldata means something or nothing: with any other bit a move is refused, or it is the very same move. So no cast
 * cuts an id, a position or an amount, no sentinel stands for something else, and no surplus bytes make a second move out of one.
 */
import { expect } from 'chai';
import type { TransactionRequest } from 'ethers';
import { answerTo } from '#core/challenges/answer.ts';
import { type Challenge, type Demand, openDemands } from '#core/challenges/follow.ts';
import { demandsTo } from '#core/challenges/path.ts';
import { asArgument } from '../../sdk/mutable.ts';
import { type Account, at, ethers, inOneBlock, onAFork, sendAs, time } from '../support/contracts/chain.ts';
import { Dispute, type DisputeSystem, wire, wireDemand } from '../support/contracts/disputes.ts';
import { nobodyLoses } from '../support/contracts/money.ts';
import { demandOutput, outputProof, placed } from '../support/contracts/outputs.ts';
import { demandOf, positionsOf } from '../support/contracts/positions.ts';
import { SELECT, SELECT_INPUT } from '../support/contracts/programs.ts';
import { reverted } from '../support/contracts/refusals.ts';
import { eachTrial, hardEnd, Trial } from '../support/contracts/trials.ts';
import { type Seeded, seeded } from '../support/seeded.ts';

/** Changed bits per word of calldata. */
const BITS = Number(process.env['DISPUTE_CALLDATA'] ?? 1);
/** Digits of a word. */
const WORD = 64;
/** More than any of these moves takes. */
const GAS = 2_000_000;

interface Move {
  readonly by: Account;
  readonly second: number;
  readonly call: Promise<TransactionRequest>;
}

describe('the calldata of the challenge game', function () {
  this.timeout(120_000 + BITS * 60_000);
  let s: DisputeSystem;
  let trial: Trial;
  eachTrial(SELECT, [SELECT_INPUT], (made) => {
    ({ s } = trial = made);
  });

  const lie = () => trial.lie();

  /** One of each, from states that it is played in. */
  const MOVES: Record<string, () => Promise<Move>> = {
    challenge: async () => {
      const d = await trial.wrongly();
      const { claim, meaning, children, evidence } = d.posting(s.rival, d.trace());
      return move(s.rival, s.game.challenge.populateTransaction(claim, meaning, children, evidence, 3));
    },
    demand: async () => {
      const { d, c } = await posted();
      const { position, proof } = demandOf(lie(), d.salt(s.attacker), at0(d));
      return move(
        s.other,
        s.game.demand.populateTransaction(d.claimOf(c), d.published.meaning, wire(position), asArgument(proof), 3),
      );
    },
    answer: async () => {
      const { d, c } = await asked();
      const [open] = openDemands(d.now(c));
      const data = answerTo(lie(), d.salt(s.attacker), at0(d));
      return move(s.attacker, s.game.answer.populateTransaction(d.key(c), wireDemand(open?.demand as never), data));
    },
    prove: async () => {
      const { d, c } = await asked();
      await d.answer(s.attacker, c, lie(), openDemands(d.now(c))[0]?.demand as never);
      const found = d.next(c, d.trace());
      if (found.kind !== 'prove') throw new Error(`a ${found.kind}`);
      const onPath = demandsTo(d.now(c), found.proof.operator, found.leaf).map(wireDemand);
      const proof = asArgument(found.proof);
      return move(s.other, s.game.prove.populateTransaction(d.claimOf(c), d.published.meaning, proof, onPath));
    },
    lapse: async () => {
      const { d, c } = await asked();
      const demand = openDemands(d.now(c))[0]?.demand as Demand;
      const call = s.game.lapse.populateTransaction(d.claimOf(c), wireDemand(demand), []);
      return move(s.keeper, call, demand.due + 1);
    },
    uphold: async () => {
      const d = await trial.wrongly();
      const c = await d.challenge(s.rival, d.trace());
      return move(s.keeper, s.game.uphold.populateTransaction(d.claimOf(c)), c.end + 1);
    },
    claimPot: async () => {
      const d = await trial.wrongly();
      const c = await d.challenge(s.rival, d.trace());
      await d.uphold(s.keeper, c);
      return move(s.keeper, s.game.claimPot.populateTransaction(d.claimOf(c)), hardEnd(c));
    },
    reclaim: async () => {
      const { d, c } = await asked();
      const [open] = openDemands(d.now(c));
      await d.prove(s.rival, c, d.foresee(c, d.trace(), lie()));
      return move(s.keeper, s.game.reclaim.populateTransaction(d.key(c), wireDemand(open?.demand as never)));
    },
    demandOutput: async () => {
      const { packed, described, shape } = (await hidden()).story;
      const headers = [...shape.outputHeaders];
      return move(s.other, s.game.demandOutput.populateTransaction(packed, described, placed(1), headers, 3));
    },
    answerOutput: async () => {
      const d = await hidden();
      const demand = await demandOutput(d, s.other, placed(1));
      const proof = asArgument(outputProof(d, demand.position));
      const { packed, described } = d.story;
      return move(s.node, s.game.answerOutput.populateTransaction(packed, described, demand, proof));
    },
    lapseOutput: async () => {
      const d = await hidden();
      const demand = await demandOutput(d, s.other, placed(1));
      const { packed, described } = d.story;
      return move(s.keeper, s.game.lapseOutput.populateTransaction(packed, described, demand), demand.due + 1);
    },
  };

  const at0 = (d: Dispute) => positionsOf(d.published.program)[1] as Parameters<typeof demandOf>[2];
  async function move(by: Account, call: Promise<TransactionRequest>, second?: number): Promise<Move> {
    return { by, call, second: second ?? (await time.latest()) + 7 };
  }
  async function posted(): Promise<{ d: Dispute; c: Challenge }> {
    const d = await trial.rightly();
    return { d, c: await d.challenge(s.attacker, lie()) };
  }
  async function asked() {
    const { d, c } = await posted();
    await d.demand(s.other, c, demandOf(lie(), d.salt(s.attacker), at0(d)));
    return { d, c };
  }
  async function hidden(): Promise<Dispute> {
    const exact = await Trial.of(s, SELECT, [SELECT_INPUT], 'exact');
    return Dispute.of(s, exact.published, exact.inputs, exact.reference, 0, 'theirs');
  }

  /** What the call logs, or undefined if it is refused. */
  async function logsOf({ by, second }: Move, to: string, data: string): Promise<string | undefined> {
    await at(second);
    const block = { from: by.address, to, data };
    const refused = await ethers.provider.send('eth_call', [block, 'pending']).then(
      () => false,
      () => true,
    );
    if (refused) return undefined;
    return onAFork(async () => {
      await at(second);
      // An estimate would run it many times.
      const sent = await by.sendTransaction({ to, data, gasLimit: GAS });
      const { logs } = (await sent.wait()) ?? { logs: [] };
      return logs.map(({ address, topics, data: told }) => [address, ...topics, told].join(' ')).join('\n');
    });
  }

  /** The words after the selector, one after another, each with one thing changed. */
  function* variants(data: string, random: Seeded): Generator<readonly [string, string]> {
    const words = (data.length - 10) / WORD;
    for (let i = 0; i < words; i++) {
      const from = 10 + i * WORD;
      const word = BigInt(`0x${data.slice(from, from + WORD)}`);
      const put = (value: bigint) =>
        `${data.slice(0, from)}${value.toString(16).padStart(WORD, '0')}${data.slice(from + WORD)}`;
      const extremes = [
        ['a bit beyond any type', word | (1n << BigInt(161 + random.int(95)))],
        ['the largest', 2n ** 256n - 1n],
        ['nothing', 0n],
      ] as const;
      const bits = Array.from({ length: BITS }, () => random.int(256));
      for (const [name, value] of [
        ...bits.map((bit) => [`bit ${bit}`, word ^ (1n << BigInt(bit))] as const),
        extremes[i % 3] as (typeof extremes)[0],
      ])
        if (value !== word) yield [`word ${i}, ${name}`, put(value)];
    }
  }

  /** What a party may choose: one of its lanes, and the output that it asks for. */
  const choiceOf = (data: string): string | undefined => {
    try {
      const call = s.game.interface.parseTransaction({ data });
      if (call === null) return undefined;
      const lane = call.name.startsWith('demand') || call.name === 'challenge' ? call.args['lane'] : '';
      const output = call.name === 'demandOutput' ? call.args['position'].output : '';
      return `${lane} ${output}`;
    } catch {
      return undefined;
    }
  };

  for (const name of Object.keys(MOVES))
    it(`case 8, case 9, case 18: ${name} with another bit is refused, or the same move`, async () => {
      const made = await (MOVES[name] as () => Promise<Move>)();
      const { to, data } = (await made.call) as { to: string; data: string };
      const told = await logsOf(made, to, data);
      expect(told).to.be.a('string');
      let tried = 0;
      for (const [what, changed] of variants(data, seeded(9))) {
        const choice = choiceOf(changed);
        if (choice !== undefined && choice !== choiceOf(data)) continue;
        const found = await logsOf(made, to, changed);
        if (found !== undefined) expect(found, what).to.equal(told);
        tried++;
      }
      expect(tried).to.be.greaterThan(20);
      for (const cut of [2, 8, WORD]) expect(await logsOf(made, to, data.slice(0, -cut))).to.equal(undefined);
      for (const surplus of ['00', 'ff'.repeat(4), 'ab'.repeat(32)])
        expect(await logsOf(made, to, `${data}${surplus}`)).to.equal(told);
      // After all of that it is still possible.
      await at(made.second);
      await made.by.sendTransaction({ to, data });
    });

  // A process that was killed does not know whether its move was sent.
  for (const name of Object.keys(MOVES))
    it(`dispute 37: ${name} sent again, in the same block or later, is refused and changes nothing`, async () => {
      const { by, second, call } = await (MOVES[name] as () => Promise<Move>)();
      const send = () => sendAs(by, call);
      expect(await onAFork(() => inOneBlock(second, send, send))).to.deep.equal([true, false]);
      await at(second);
      await send();
      await nobodyLoses(s, () => reverted(send));
      await time.increase(1_000);
      await nobodyLoses(s, () => reverted(send));
    });
});
