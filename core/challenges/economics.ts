/**
 * What a dispute costs and pays each side under a parameter set (docs/economics.md has the derivations). Amounts are wei of OPG, times
 * seconds. Shares are floored as InferenceRequests.condemn floors them; probabilities are float64.
 */
import type { ParameterSet } from '../protocol/parameters.ts';
import { bondOf, feeOf } from './costs.ts';

/** What the game reads of a parameter set, and the game's own price. */
export interface Rules
  extends Pick<
    ParameterSet,
    | 'tcBase'
    | 'tcRateLog2'
    | 'sliceFloor'
    | 'thetaPct'
    | 'windowSeconds'
    | 'responseSeconds'
    | 'psiBps'
    | 'rhoBps'
    | 'penaltyBps'
    | 'rescueDelay'
  > {
  /** Wei of OPG per gas, by which the game computes fees and bonds. */
  readonly gasPrice: bigint;
}

/** What it depends on in a program, for all items of a request together. */
export interface ProgramSize {
  readonly levels: bigint;
  readonly largestStep: bigint;
  /** Multiply-adds. */
  readonly cost: bigint;
}

/** What no contract knows: stated, not read. */
export interface Market {
  /** Wei of OPG that one gas costs in fact: native price per gas times OPG per native unit. */
  readonly paidPerGas: bigint;
  /** Of the request. */
  readonly fee: bigint;
  /** What one wrong result is worth to a cheat. */
  readonly gain: bigint;
  /** Of one check of one result, for whoever makes it. */
  readonly checkCost: bigint;
  /** Chance that a checker who finds a wrong result gets the pot: below 1 where others, or the cheat itself, may be first. */
  readonly winShare: number;
  /** Of one node. */
  readonly requestsPerSecond: number;
  /** What capital costs a year, as a share of it. */
  readonly capitalRate: number;
}

/** Gas of moves as transactions; of `answer` and `demand` the dearest there are. */
export interface MoveGas {
  readonly challenge: bigint;
  readonly demand: bigint;
  readonly answer: bigint;
  readonly prove: bigint;
  readonly uphold: bigint;
  readonly claimPot: bigint;
}

const BPS = 10_000n;
const YEAR_SECONDS = 365 * 86_400;

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** S: what a node loses for a wrong result, where the version asks for no more. */
export const sliceOf = ({ sliceFloor, thetaPct }: Rules, fee: bigint): bigint =>
  most(sliceFloor, (fee * BigInt(thetaPct)) / 100n);

/** Tc, W, R, and how long a dispute can last. */
export function clocksOf(rules: Rules, { cost, levels }: ProgramSize) {
  const grown = Number(cost >> BigInt(rules.tcRateLog2));
  const challenge = rules.tcBase + grown;
  const window = rules.windowSeconds + grown;
  const dispute = window + 2 * Number(levels) * rules.responseSeconds;
  return { challenge, window, response: rules.responseSeconds, dispute, hardEnd: challenge + dispute };
}

/** Where the slice of a wrong result goes. */
export function slashOf(rules: Rules, fee: bigint) {
  const slice = sliceOf(rules, fee);
  const toRequester = least((slice * BigInt(rules.psiBps)) / BPS, fee);
  const toPot = (slice * BigInt(rules.rhoBps)) / BPS;
  return { slice, toRequester, toPot, burned: slice - toRequester - toPot };
}

/**
 * A cheat that is caught may have challenged itself first and so win its own pot: it loses what is burned and what the requester gets; if
 * the requester is its own, only what is burned. Cheating does not pay if (1 - q) gain < q loss.
 */
export function cheating(rules: Rules, { fee, gain }: Market) {
  const { slice, burned, toRequester } = slashOf(rules, fee);
  const loss = burned + toRequester;
  return {
    /** Challenged by somebody else, it loses the whole slice. */
    lossToOthers: slice,
    loss,
    lossColluding: burned,
    detection: detectionFor(gain, loss),
    detectionColluding: detectionFor(gain, burned),
  };
}

/** The probability of being caught above which a gain is not worth the loss. */
export const detectionFor = (gain: bigint, loss: bigint): number =>
  gain + loss === 0n ? 0 : Number(gain) / Number(gain + loss);

/** A challenge that is true. Answers pay for themselves, so the moves that are not paid by fees are what it costs. */
export function challenging(rules: Rules, program: ProgramSize, { fee, paidPerGas }: Market, gas: MoveGas) {
  const { toPot } = slashOf(rules, fee);
  const moves = gas.challenge + gas.uphold + gas.claimPot;
  const answers = program.levels * gas.answer;
  return {
    bond: bondOf(program, rules.gasPrice),
    cost: moves * paidPerGas,
    pot: toPot,
    profit: toPot - moves * paidPerGas,
    /** Of an answer on the costliest level: what its fee leaves. */
    perAnswer: feeOf('whole', rules.gasPrice) - gas.answer * paidPerGas,
    /** Wei of OPG per gas up to which a challenge pays, though it had to answer D demands for nothing. */
    breakEven: toPot / (moves + answers),
  };
}

/** A challenge that is false: what its refuter spends and gets, what its maker loses. */
export function refuting(rules: Rules, program: ProgramSize, { paidPerGas }: Market, gas: MoveGas) {
  const bond = bondOf(program, rules.gasPrice);
  const fees = program.levels * feeOf('whole', rules.gasPrice);
  const moves = program.levels * gas.demand + gas.prove + program.largestStep;
  return {
    bond,
    /** Locked by the refuter until the answers are given. */
    fees,
    cost: moves * paidPerGas,
    pool: bond / 2n,
    profit: bond / 2n - fees - moves * paidPerGas,
    breakEven: (bond / 2n - fees) / moves,
  };
}

/** Delaying an honest node by a false challenge, and what it costs whoever does it. */
export function griefing(rules: Rules, program: ProgramSize, { fee, paidPerGas, capitalRate }: Market, gas: MoveGas) {
  const bond = bondOf(program, rules.gasPrice);
  const { dispute } = clocksOf(rules, program);
  const slice = sliceOf(rules, fee);
  const perWei = (capitalRate * dispute) / YEAR_SECONDS;
  const harm = BigInt(Math.ceil(Number(slice + fee) * perWei));
  const loss = bond - bond / 2n + gas.challenge * paidPerGas;
  return {
    seconds: dispute,
    /** Refuted by somebody else. */
    lossToOthers: bond + gas.challenge * paidPerGas,
    /** It refutes itself to get half of its bond back. */
    loss,
    /** The node's part of the bond. */
    compensation: bond / 4n,
    /** Slice and fee come free later. */
    harm,
    /** The fee from which on the delay costs the node more than it gets; undefined if capital costs nothing. */
    uncompensatedFrom: perWei === 0 ? undefined : feeOfLocked(rules, Number(bond / 4n) / perWei),
  };
}

/**
 * A liar and its friend, who demands beside the way that the refuter takes and lets that demand lapse: it pays twice the fee of demands above itself,
 * so the refuter's answered demands are paid back by nobody. The most each side loses; the node, if it is the refuter, has its part of the bond.
 */
export function lapsingElsewhere(rules: Rules, program: ProgramSize, { paidPerGas }: Market, gas: MoveGas) {
  const bond = bondOf(program, rules.gasPrice);
  const fees = program.levels * feeOf('whole', rules.gasPrice);
  const harm = fees + program.levels * gas.demand * paidPerGas;
  const moves = gas.challenge + gas.demand + program.levels * gas.answer;
  return {
    /** What a refuter loses that is nobody's friend: fees of all levels, answered, and the gas of their demands. */
    harm,
    /** What is burned and the node's, less the fees. */
    loss: bond - bond / 2n - fees + moves * paidPerGas,
    /** The node's part of the bond. */
    compensation: bond / 4n,
  };
}

/** The fee at which slice and fee together are so much. */
function feeOfLocked({ sliceFloor, thetaPct }: Rules, locked: number): bigint {
  const aboveFloor = locked / (1 + thetaPct / 100);
  const fee = aboveFloor * thetaPct >= Number(sliceFloor) * 100 ? aboveFloor : locked - Number(sliceFloor);
  return BigInt(Math.max(0, Math.floor(fee)));
}

/** Stake that a node with that rate of requests has locked: until results are final, and if each were disputed to the end. */
export function locking(rules: Rules, program: ProgramSize, { fee, requestsPerSecond }: Market) {
  const { challenge, hardEnd } = clocksOf(rules, program);
  const slice = sliceOf(rules, fee);
  const during = (seconds: number) => BigInt(Math.ceil(requestsPerSecond * seconds)) * slice;
  return { usual: during(challenge), disputed: during(hardEnd) };
}

/**
 * The share of wrong results at which checking for the pot alone just pays: below it nobody checks for profit, so it is what is left if
 * nobody has another reason (docs/economics.md, the verifier's dilemma). Who finds one pays the gas, and gets the pot only if first. At
 * most 1.
 */
export function residualCheating(rules: Rules, { fee, checkCost, winShare, paidPerGas }: Market, gas: MoveGas): number {
  const moves = gas.challenge + gas.uphold + gas.claimPot;
  const reward = Number(slashOf(rules, fee).toPot) * winShare - Number(moves * paidPerGas);
  return reward <= 0 ? 1 : Math.min(1, Number(checkCost) / reward);
}
