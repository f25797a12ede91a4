/** All figures of one parameter set and one program, and the table of them. */
import {
  challenging,
  cheating,
  clocksOf,
  griefing,
  lapsingElsewhere,
  locking,
  type Market,
  type ProgramSize,
  type Rules,
  refuting,
  residualCheating,
  slashOf,
} from '#core/challenges/economics.ts';
import { MOVE_GAS, opg } from '#core/challenges/safety.ts';

export type Report = ReturnType<typeof reportOf>;

export const reportOf = (rules: Rules, program: ProgramSize, market: Market) => ({
  market,
  clocks: clocksOf(rules, program),
  slash: slashOf(rules, market.fee),
  cheating: cheating(rules, market),
  challenging: challenging(rules, program, market, MOVE_GAS),
  refuting: refuting(rules, program, market, MOVE_GAS),
  griefing: griefing(rules, program, market, MOVE_GAS),
  elsewhere: lapsingElsewhere(rules, program, market, MOVE_GAS),
  locking: locking(rules, program, market),
  residual: residualCheating(rules, market, MOVE_GAS),
});

const percent = (share: number) => `${(100 * share).toPrecision(3)} %`;
const gwei = (wei: bigint) =>
  `${(Number(wei) / 1e9).toLocaleString('en-US', { maximumSignificantDigits: 3 })} gwei of OPG`;
const seconds = (value: number) => `${value.toLocaleString('en-US')} s`;

/** One row per figure. */
export function figuresOf(report: Report): [string, string][] {
  const { clocks, slash, cheating: cheat, challenging: challenger, refuting: refuter, griefing: grief } = report;
  return [
    ['stated: one gas', gwei(report.market.paidPerGas)],
    ['stated: fee, gain of a wrong result', `${opg(report.market.fee)}, ${opg(report.market.gain)}`],
    ['stated: one check', gwei(report.market.checkCost)],
    ['challenge window Tc', seconds(clocks.challenge)],
    ['a dispute lasts at most, W + 2DR', seconds(clocks.dispute)],
    ['hard end after submission', seconds(clocks.hardEnd)],
    ['slice', opg(slash.slice)],
    ['  to pot, to requester, burned', `${opg(slash.toPot)}, ${opg(slash.toRequester)}, ${opg(slash.burned)}`],
    ['a cheat loses: caught by others', opg(cheat.lossToOthers)],
    ['  first to challenge itself', opg(cheat.loss)],
    ['  and is its own requester', opg(cheat.lossColluding)],
    [
      'detection that deters: alone, with its requester',
      `${percent(cheat.detection)}, ${percent(cheat.detectionColluding)}`,
    ],
    ['true challenge: bond, gas', `${opg(challenger.bond)}, ${opg(challenger.cost)}`],
    ['  profit with the pot', opg(challenger.profit)],
    ['  an answer of all elements earns', opg(challenger.perAnswer)],
    ['  pays up to, for one gas', gwei(challenger.breakEven)],
    ['false challenge, refuter: fees locked, gas', `${opg(refuter.fees)}, ${opg(refuter.cost)}`],
    ['  profit', opg(refuter.profit)],
    ['  pays up to, for one gas', gwei(refuter.breakEven)],
    ['griefing: refuted by others, by itself', `-${opg(grief.lossToOthers)}, -${opg(grief.loss)}`],
    ['  the delay costs the node, it gets', `${opg(grief.harm)}, ${opg(grief.compensation)}`],
    ['  not compensated from a fee of', grief.uncompensatedFrom === undefined ? 'never' : opg(grief.uncompensatedFrom)],
    ['a lapse beside the way: its makers, a refuter', `-${opg(report.elsewhere.loss)}, -${opg(report.elsewhere.harm)}`],
    ['stake locked: usual, all disputed', `${opg(report.locking.usual)}, ${opg(report.locking.disputed)}`],
    ['residual cheating, checkers for profit only', percent(report.residual)],
  ];
}

/** What an honest party loses by at the stated price of gas, though the parameters are safe at their own. */
export function warningsOf({ market, challenging: challenger, refuting: refuter }: Report): string[] {
  const loses = [
    ['a true challenge', challenger.profit],
    ['an answer of all elements', challenger.perAnswer],
    ['refuting a false challenge', refuter.profit],
  ] as const;
  return loses
    .filter(([, profit]) => profit < 0n)
    .map(([what, profit]) => `at ${gwei(market.paidPerGas)} for one gas ${what} loses ${opg(-profit)}`);
}
