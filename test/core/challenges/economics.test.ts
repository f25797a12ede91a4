import { expect } from 'chai';
import { bondOf, feeOf } from '#core/challenges/costs.ts';
import {
  challenging,
  cheating,
  clocksOf,
  detectionFor,
  griefing,
  lapsingElsewhere,
  locking,
  type Market,
  type MoveGas,
  type Rules,
  refuting,
  residualCheating,
  slashOf,
} from '#core/challenges/economics.ts';
import { CHEAPEST, DEAREST, promises } from '#core/challenges/safety.ts';

const OPG = 10n ** 18n;
/** 10 gwei of OPG per gas, as the shipped sets have it. */
const GWEI = 10n ** 9n;
const rules: Rules = {
  tcBase: 600,
  tcRateLog2: 20,
  sliceFloor: 10n * OPG,
  thetaPct: 200,
  windowSeconds: 300,
  responseSeconds: 120,
  psiBps: 1_000,
  rhoBps: 4_000,
  penaltyBps: 500,
  rescueDelay: 2_678_400,
  gasPrice: 10n * GWEI,
};
/** 5 x 2^20 multiply-adds and some: five seconds more. */
const program = { levels: 2n, largestStep: 1_000_000n, cost: 5_242_885n };
const market: Market = {
  paidPerGas: 10n * GWEI,
  fee: 20n * OPG,
  gain: 20n * OPG,
  checkCost: OPG / 1000n,
  winShare: 0.5,
  requestsPerSecond: 2,
  capitalRate: 0.2,
};
const gas: MoveGas = {
  challenge: 400_000n,
  demand: 240_000n,
  answer: 500_000n,
  prove: 300_000n,
  uphold: 180_000n,
  claimPot: 120_000n,
};
const cheap = { ...market, fee: OPG / 2n, gain: OPG / 2n };

describe('the economics of a dispute', () => {
  // 605 = 600 + 5; 305 = 300 + 5; 305 + 2 x 2 x 120 = 785; 605 + 785 = 1390.
  it('adds up its clocks', () => {
    expect(clocksOf(rules, program)).to.deep.equal({
      challenge: 605,
      window: 305,
      response: 120,
      dispute: 785,
      hardEnd: 1_390,
    });
  });

  it('divides a slice of twice the fee', () => {
    // 40: 4 to the requester, 16 to the pot, 20 burned.
    expect(slashOf(rules, 20n * OPG)).to.deep.equal({
      slice: 40n * OPG,
      toRequester: 4n * OPG,
      toPot: 16n * OPG,
      burned: 20n * OPG,
    });
  });

  it('divides the smallest slice, whose requester gets no more than its fee', () => {
    // 10: a tenth would be 1, the fee is 0.5; 4 to the pot; the rest, 5.5, is burned.
    expect(slashOf(rules, OPG / 2n)).to.deep.equal({
      slice: 10n * OPG,
      toRequester: OPG / 2n,
      toPot: 4n * OPG,
      burned: (11n * OPG) / 2n,
    });
  });

  it('rounds shares down and burns what is left', () => {
    const odd = { ...rules, sliceFloor: 10_007n, thetaPct: 0 };
    expect(slashOf(odd, OPG)).to.deep.equal({ slice: 10_007n, toRequester: 1_000n, toPot: 4_002n, burned: 5_005n });
  });

  it('counts only what a cheat cannot win back', () => {
    // It loses 40 to others; 20 + 4 if it challenges itself; 20 if the requester is its own. 20/44 and 20/40.
    expect(cheating(rules, market)).to.deep.equal({
      lossToOthers: 40n * OPG,
      loss: 24n * OPG,
      lossColluding: 20n * OPG,
      detection: 20 / 44,
      detectionColluding: 0.5,
    });
    expect(detectionFor(0n, 0n)).to.equal(0);
  });

  it('prices answers and bonds', () => {
    // 1.5 x gas x 10 gwei: 130,000 -> 0.00195; 200,000 -> 0.003; 500,000 -> 0.0075.
    expect(feeOf('leaf', rules.gasPrice)).to.equal((195n * OPG) / 100_000n);
    expect(feeOf('children', rules.gasPrice)).to.equal((3n * OPG) / 1000n);
    expect(feeOf('whole', rules.gasPrice)).to.equal((75n * OPG) / 10_000n);
    // 2 x (4 x 0.0075 + 1.5 x 1,780,000 x 10 gwei) = 2 x (0.03 + 0.0267) = 0.1134, rounded up to 0.114.
    expect(bondOf(program, rules.gasPrice)).to.equal((114n * OPG) / 1000n);
  });

  it('pays a true challenge', () => {
    // 700,000 gas x 10 gwei = 0.007; the pot is 16; 16 / 1,700,000 per gas.
    const { bond, cost, pot, profit, perAnswer, breakEven } = challenging(rules, program, market, gas);
    expect(bond).to.equal((114n * OPG) / 1000n);
    expect(cost).to.equal((7n * OPG) / 1000n);
    expect(pot).to.equal(16n * OPG);
    expect(profit).to.equal((15_993n * OPG) / 1000n);
    expect(perAnswer).to.equal((25n * OPG) / 10_000n);
    expect(breakEven).to.equal((16n * OPG) / 1_700_000n);
  });

  it('pays the refuter of a false challenge', () => {
    // Pool 0.057, fees 2 x 0.0075, gas (480,000 + 300,000 + 1,000,000) x 10 gwei = 0.0178.
    const refuter = refuting(rules, program, market, gas);
    expect(refuter.fees).to.equal((15n * OPG) / 1000n);
    expect(refuter.cost).to.equal((178n * OPG) / 10_000n);
    expect(refuter.profit).to.equal((242n * OPG) / 10_000n);
    expect(refuter.breakEven).to.equal((42n * OPG) / 1000n / 1_780_000n);
  });

  it('weighs a delay against what it costs', () => {
    const grief = griefing(rules, program, market, gas);
    expect(grief.seconds).to.equal(785);
    expect(grief.lossToOthers).to.equal((118n * OPG) / 1000n);
    expect(grief.loss).to.equal((61n * OPG) / 1000n);
    expect(grief.compensation).to.equal((285n * OPG) / 10_000n);
    // 60 OPG for 785 s at 20 % a year: 60 x 0.2 x 785 / 31,536,000 = 0.00029871 OPG.
    expect(grief.harm / 10n ** 10n).to.equal(29_870n);
    // 0.0285 = 3 fee x 0.2 x 785 / 31,536,000: fee = 1908.24.
    expect((grief.uncompensatedFrom as bigint) / OPG).to.equal(1_908n);
    expect(griefing(rules, program, { ...market, capitalRate: 0 }, gas).uncompensatedFrom).to.equal(undefined);
  });

  it('weighs a lapse beside the way', () => {
    // Bond 0.114: half is lost, 0.057, less two fees of 0.0075. Demands take 240,000 gas each.
    const { harm, loss, compensation } = lapsingElsewhere(rules, program, market, gas);
    expect(harm).to.equal((15n * OPG) / 1000n + (48n * OPG) / 10_000n);
    expect(compensation).to.equal((285n * OPG) / 10_000n);
    const moves = gas.challenge + gas.demand + 2n * gas.answer;
    expect(loss).to.equal((42n * OPG) / 1000n + moves * 10n ** 10n);
  });

  it('counts the stake of a rate', () => {
    // 2 a second: 1,210 slices of 40 until final, 2,780 if all are disputed to the end.
    expect(locking(rules, program, market)).to.deep.equal({ usual: 48_400n * OPG, disputed: 111_200n * OPG });
  });

  it('says how often a node may cheat before checking pays', () => {
    // A check costs 0.001; half of a pot of 4 less 0.007 of gas: 0.001 / 1.993.
    expect(residualCheating(rules, cheap, gas)).to.equal(0.001 / 1.993);
    expect(residualCheating(rules, { ...cheap, winShare: 0 }, gas)).to.equal(1);
  });
});

describe('the promises of a parameter set', () => {
  const least = { challengeBaseSeconds: 600, challengeWindowSeconds: 300, responseSeconds: 120 };
  const broken = (change: Partial<Rules>) =>
    promises({ ...rules, ...change }, least)
      .filter(({ holds }) => !holds)
      .map(({ name }) => name);

  it('hold for the rules above', () => {
    expect(broken({})).to.deep.equal([]);
    expect(promises(rules, undefined).length).to.equal(promises(rules, least).length - 3);
  });

  for (const [what, change, name] of [
    ['a slice below the gas of a challenge', { sliceFloor: OPG / 6n }, 'the slice pays its challenger'],
    ['a base below the chain’s', { tcBase: 599 }, 'challengeBaseSeconds outlasts what the chain can delay'],
    ['a response below the chain’s', { responseSeconds: 119 }, 'responseSeconds outlasts what the chain can delay'],
    ['a window below a response', { responseSeconds: 301 }, 'a refuter has a whole R for its first move'],
    ['a rescue that may overtake', { rescueDelay: 2_596_440 }, 'a rescue overtakes no verdict'],
    ['too little to lose', { thetaPct: 199 }, 'cheating for the fee does not pay if every second result is checked'],
    ['silence as dear as a lie', { penaltyBps: 5_000 }, 'not delivering costs less than lying'],
    ['fees for faults', { thetaPct: 1_001 }, 'a fault does not pay whoever asked for it'],
    ['a price beyond the bond’s field', { gasPrice: 10n ** 17n }, 'the dearest bond fits its field'],
  ] as const)
    it(`are broken by ${what}`, () => {
      expect(broken(change)).to.include(name);
    });

  it('are broken by shares that leave less than a quarter to burn', () => {
    expect(broken({ rhoBps: 6_501 })).to.include('washing one’s own slice loses a quarter');
    expect(broken({ rhoBps: 6_500, thetaPct: 400 })).to.not.include('washing one’s own slice loses a quarter');
    expect(broken({ rhoBps: 999 })).to.include('checking pays more than asking');
  });

  it('tell both sides with their numbers', () => {
    const [first] = promises(rules, least);
    // 4 OPG against 1.5 x (700,000 + 8 x 500,000) x 10 gwei.
    expect(first?.inequality).to.include('4.000000 OPG').and.to.include('0.070500 OPG');
    expect([CHEAPEST.levels, DEAREST.levels]).to.deep.equal([1n, 8n]);
  });
});
