/** What disputes were meant to cost at most, beside what they cost. */
import { PRICED_GAS } from '#core/challenges/costs.ts';
import { MAX_STEP_GAS } from '#core/semantics/cost.ts';
import { judged, number, table } from '../text.ts';
import type { DisputeGas, DotBill } from './gasRows.ts';
import type { Bill } from './ledger.ts';

const AIMS = {
  /** Terms of the largest Dot that the aims for whole disputes speak of. */
  terms: 1_024,
  published: { transactions: 2, gas: 750_000 },
  led: { transactions: 6, gas: 1_300_000 },
  perTerm: { terms: 4_096, times: 1.1 },
} as const;
/** 8 bytes of calldata without zeros, at the price of EIP-7623. */
export const LEAST_PER_TERM = 320;
/** By what an answer is paid. */
const PRICED_ANSWERS = {
  'at most 64 hashes': 'children',
  'a tensor of at most 16 leaves': 'whole',
  'a leaf': 'leaf',
} as const;

type Row = readonly [aim: string, measured: string, met: string];

export function aimsTable(gas: DisputeGas): string {
  const { dots, models, moves, boundUsed, besideStep } = gas;
  const dot = (wanted: number, wide: boolean) =>
    dots.find((row) => row.terms === wanted && row.wide === wide) as DotBill;
  const dispute = (bill: Bill, aim: { readonly transactions: number; readonly gas: number }): [string, string] => {
    const over = bill.total - aim.gas;
    const met = bill.transactions <= aim.transactions && over <= 0;
    return [`${bill.transactions} transactions, ${number(bill.total)}`, met ? 'met' : `missed by ${number(over)}`];
  };
  const whole = (kind: 'published' | 'led', wide: boolean): Row => {
    const aim = AIMS[kind];
    const how = kind === 'published' ? 'the trace is published' : 'led by demands';
    const which = wide ? 'exact sum' : 'dense';
    const text = `whole dispute over a Dot of ${number(AIMS.terms)} taps, ${how}: at most ${aim.transactions} transactions, ${number(aim.gas)} gas`;
    return [`${text} (${which})`, ...dispute(dot(AIMS.terms, wide)[kind], aim)];
  };
  const largest = [...dots.flatMap(({ led, published }) => [led, published]), ...models.map(({ led }) => led)]
    .map(({ largest: { gas: most } }) => most)
    .reduce((most, one) => Math.max(most, one));
  const perTerm = dot(AIMS.perTerm.terms, false).published.largest.gas / AIMS.perTerm.terms / LEAST_PER_TERM;
  const rows: Row[] = [
    whole('published', false),
    whole('published', true),
    whole('led', false),
    whole('led', true),
    modelsRow('published', models),
    modelsRow('led', models),
    [
      `no step above ${number(MAX_STEP_GAS)} gas: the largest transaction of all disputes here`,
      number(largest),
      judged(largest <= MAX_STEP_GAS),
    ],
    [
      `proof of ${number(AIMS.perTerm.terms)} taps: at most ${AIMS.perTerm.times} times the calldata of its terms (${LEAST_PER_TERM} gas each)`,
      `${perTerm.toFixed(3)} times`,
      judged(perTerm <= AIMS.perTerm.times),
    ],
    [
      "no step above what the program's root says of it: the nearest to that",
      `${(100 * boundUsed.share).toFixed(0)} % (${boundUsed.where})`,
      judged(boundUsed.share <= 1),
    ],
    [
      `a proof costs at most ${number(Number(PRICED_GAS.prove))} beyond that: what bonds are computed from`,
      besideStep <= 0 ? 'less than the step alone' : number(besideStep),
      judged(besideStep <= Number(PRICED_GAS.prove)),
    ],
    ...pricedRows(moves),
  ];
  return table(['aim', 'measured', ''], rows);
}

/** Of the models whose dearest lie is over so few taps. */
function modelsRow(kind: 'published' | 'led', models: DisputeGas['models']): Row {
  const aim = AIMS[kind];
  const small = models.filter(({ lie }) => lie.terms <= AIMS.terms);
  const holds = ({ transactions, total }: Bill) => transactions <= aim.transactions && total <= aim.gas;
  const not = small.filter((row) => !holds(row[kind]));
  const told = not.map(({ name, levels, [kind]: bill }) => {
    return `${name} (${levels} levels): ${bill.transactions} transactions, ${number(bill.total)}`;
  });
  const how = kind === 'published' ? 'the trace published' : 'led by demands';
  return [
    `the same for the ${small.length} models here whose dearest lie is over at most ${number(AIMS.terms)} taps, ${how}`,
    [`${small.length - not.length} of ${small.length}`, ...told].join('; '),
    judged(not.length === 0),
  ];
}

/** Fees are paid by these figures (contracts/challenges/DisputeCosts.sol), so no move may cost more. */
function pricedRows(moves: DisputeGas['moves']): Row[] {
  const mostOf = (test: (name: string) => boolean) =>
    Math.max(...moves.filter(({ name }) => test(name)).map(({ most }) => most));
  const row = (what: string, priced: bigint, most: number): Row => [
    `${what}: at most ${number(Number(priced))}, by which it is paid`,
    number(most),
    judged(most <= Number(priced)),
  ];
  const answers = Object.entries(PRICED_ANSWERS).map(([contents, priced]) =>
    row(
      `answer of ${contents}`,
      PRICED_GAS[priced],
      mostOf((name) => name === `answer: ${contents}`),
    ),
  );
  return [
    row(
      'any demand',
      PRICED_GAS.demand,
      mostOf((name) => name.startsWith('demand')),
    ),
    ...answers,
  ];
}
