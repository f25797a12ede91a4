/** The inequalities under which a parameter set keeps the promises of docs/spec/challenge-game.md, section 8. Pure. */
import { bondOf, feeOf, PRICED_GAS } from './costs.ts';
import {
  challenging,
  detectionFor,
  lapsingElsewhere,
  type Market,
  type MoveGas,
  type Rules,
  refuting,
  slashOf,
} from './economics.ts';

/** Seconds that the chain needs (deploy/chains.ts). */
export interface LeastTimes {
  readonly challengeBaseSeconds: number;
  readonly challengeWindowSeconds: number;
  readonly responseSeconds: number;
}

/** One promise: what it is for, and its two sides as text. */
export interface Promised {
  readonly name: string;
  /** With the numbers. */
  readonly inequality: string;
  readonly holds: boolean;
}

/** D and the gas of a step that the compiler lets through at most (core/semantics/cost.ts): the dearest dispute there can be. */
export const DEAREST = { levels: 8n, largestStep: 12_000_000n, cost: 0n } as const;
/** The cheapest: one demand, and a step below any there is. */
export const CHEAPEST = { levels: 1n, largestStep: 100_000n, cost: 0n } as const;

/** Whole transactions, from above: for digits-cnn a challenge takes 221,000, uphold 163,000, claimPot 105,000 (docs/economics.md). */
export const MOVE_GAS: MoveGas = {
  // 64 children of calldata, several outputs, the widest tolerance comparison.
  challenge: 400_000n,
  uphold: 180_000n,
  claimPot: 120_000n,
  demand: PRICED_GAS.demand,
  answer: PRICED_GAS.whole,
  prove: PRICED_GAS.prove,
};

const DAY = 86_400;
const BPS = 10_000n;
/** The game's margin over gas: 1.5. */
const MARGIN = { up: 3n, down: 2n } as const;

/** Every promise, held or not. `least`: absent where the chain is not known. */
export function promises(rules: Rules, least: LeastTimes | undefined): Promised[] {
  return [...ofMoney(rules), ...ofShares(rules), ...ofTimes(rules, least)];
}

function ofMoney(rules: Rules): Promised[] {
  const { gasPrice } = rules;
  const atPrice: Market = {
    paidPerGas: gasPrice,
    fee: 0n,
    gain: 0n,
    checkCost: 0n,
    winShare: 1,
    requestsPerSecond: 0,
    capitalRate: 0,
  };
  const margin = (gas: bigint) => (gas * gasPrice * MARGIN.up) / MARGIN.down;
  const { toPot } = slashOf(rules, 0n);
  const unpaid = MOVE_GAS.challenge + MOVE_GAS.uphold + MOVE_GAS.claimPot + DEAREST.levels * MOVE_GAS.answer;
  const found = [
    atLeast(
      'the slice pays its challenger',
      ['challenger’s share of the smallest slice', toPot],
      ['1.5 x gas of challenge, 8 answers, uphold and claimPot', margin(unpaid)],
    ),
  ];
  for (const [name, program] of [
    ['cheapest', CHEAPEST],
    ['dearest', DEAREST],
  ] as const) {
    const { levels, largestStep } = program;
    const work = levels * PRICED_GAS.demand + PRICED_GAS.prove + largestStep;
    const pool = 2n * levels * feeOf('whole', gasPrice) + margin(work);
    const refuter = refuting(rules, program, atPrice, MOVE_GAS);
    const elsewhere = lapsingElsewhere(rules, program, atPrice, MOVE_GAS);
    found.push(
      atLeast(
        `the bond holds twice its pool, ${name} dispute`,
        ['bond', bondOf(program, gasPrice)],
        ['2 x (2 x fees of D demands + 1.5 x gas of D demands and the proof)', 2n * pool],
      ),
      atLeast(
        `refuting pays, ${name} dispute`,
        ['pool less fees and gas', refuter.profit],
        ['half the gas of the moves', refuter.cost / 2n],
      ),
      atLeast(
        `a lapse beside the way costs its makers more than the refuter, ${name} dispute`,
        ['what the bond loses, less the fees', elsewhere.loss],
        ['fees and gas of the demands', elsewhere.harm],
      ),
      atLeast(
        `a lapse beside the way leaves a node whole, ${name} dispute`,
        ['the node’s quarter of the bond', elsewhere.compensation],
        ['fees and gas of the demands', elsewhere.harm],
      ),
    );
  }
  const answer = challenging(rules, DEAREST, atPrice, MOVE_GAS);
  found.push(
    atLeast(
      'answering pays',
      ['fee of the dearest answer less its gas', answer.perAnswer],
      ['half of its gas', (MOVE_GAS.answer * gasPrice) / 2n],
    ),
    promise(
      'the dearest bond fits its field',
      bondOf(DEAREST, gasPrice) < (10n ** 15n) << 32n,
      `${opg(bondOf(DEAREST, gasPrice))} < ${opg((10n ** 15n) << 32n)} (32 bits of thousandths)`,
    ),
  );
  return found;
}

function ofShares(rules: Rules): Promised[] {
  const { psiBps, rhoBps, thetaPct, penaltyBps } = rules;
  const burned = Number(BPS) - psiBps - rhoBps;
  // Above the floor the slice is theta x fee, and the cheat gains no more than the fee.
  const detection = detectionFor(BigInt(100 * Number(BPS)), BigInt(burned * thetaPct));
  return [
    promise(
      'washing one’s own slice loses a quarter',
      burned >= 2_500,
      `burned 10000 - requesterShareBps ${psiBps} - challengerShareBps ${rhoBps} = ${burned} >= 2500`,
    ),
    promise(
      'a fault does not pay whoever asked for it',
      psiBps * thetaPct <= 100 * Number(BPS),
      `requesterShareBps ${psiBps} x sliceOfFeePercent ${thetaPct} = ${psiBps * thetaPct} <= 1000000: psi is at most the fee (below the floor the contract cuts it)`,
    ),
    promise(
      'checking pays more than asking',
      psiBps <= rhoBps,
      `requesterShareBps ${psiBps} <= challengerShareBps ${rhoBps}`,
    ),
    promise(
      'cheating for the fee does not pay if every second result is checked',
      detection <= 0.5,
      `needed probability of detection ${detection.toFixed(3)} <= 0.5: burned ${burned} x sliceOfFeePercent ${thetaPct} >= 1000000`,
    ),
    promise(
      'not delivering costs less than lying',
      penaltyBps < burned,
      `penaltyBps ${penaltyBps} < burned ${burned}: a node that cannot compute falls silent instead`,
    ),
  ];
}

function ofTimes(rules: Rules, least: LeastTimes | undefined): Promised[] {
  const { tcBase, windowSeconds: w, responseSeconds: r, rescueDelay } = rules;
  const minimum = (name: keyof LeastTimes, got: number) =>
    least === undefined
      ? []
      : [promise(`${name} outlasts what the chain can delay`, got >= least[name], `${got} s >= ${least[name]} s`)];
  // W grows with a program's cost by at most 14 days (Requests_TooCostly); twice that is within the 30.
  const rescue = 2 * (w + 2 * Number(DEAREST.levels) * r) + 30 * DAY;
  return [
    ...minimum('challengeBaseSeconds', tcBase),
    ...minimum('challengeWindowSeconds', w),
    ...minimum('responseSeconds', r),
    promise(
      'a refuter has a whole R for its first move',
      w >= r,
      `challengeWindowSeconds ${w} s >= responseSeconds ${r} s`,
    ),
    promise(
      'a rescue overtakes no verdict',
      rescueDelay > rescue,
      `rescueDelaySeconds ${rescueDelay} s > 2 (W + 16 R) + 30 days = ${rescue} s`,
    ),
  ];
}

const promise = (name: string, holds: boolean, inequality: string): Promised => ({ name, inequality, holds });

function atLeast(name: string, [left, a]: readonly [string, bigint], [right, b]: readonly [string, bigint]): Promised {
  return promise(name, a >= b, `${left} ${opg(a)} >= ${right} ${opg(b)}`);
}

/** Six places; rounded towards zero. */
export function opg(wei: bigint): string {
  const sign = wei < 0n ? '-' : '';
  const millionths = (wei < 0n ? -wei : wei) / 10n ** 12n;
  return `${sign}${millionths / 1_000_000n}.${String(millionths % 1_000_000n).padStart(6, '0')} OPG`;
}
