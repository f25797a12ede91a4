/** What the search found, function by function. */
import type { Hard, Outcome } from './outcome.ts';

/** Inputs to keep for a function: this many of the nearest to a boundary, and as many that lie on one. */
const KEPT = { function: 400, power: 24 };

export interface Row {
  inputs: number;
  exact: number;
  wrong: string[];
  hard: Hard[];
  seconds: number;
}

export type Summary = Map<string, Row>;

const rowOf = (summary: Summary, name: string): Row => {
  const row = summary.get(name) ?? { inputs: 0, exact: 0, wrong: [], hard: [], seconds: 0 };
  summary.set(name, row);
  return row;
};

const kept = (name: string) => (name.startsWith('pow') ? KEPT.power : KEPT.function);

export function add(summary: Summary, name: string, outcome: Outcome, seconds: number): void {
  const row = rowOf(summary, name);
  row.inputs += outcome.inputs;
  row.exact += outcome.exact;
  row.wrong.push(...outcome.wrong);
  row.seconds += seconds;
  row.hard = nearestOf([...row.hard, ...outcome.hard], kept(name));
}

function nearestOf(hard: Hard[], count: number): Hard[] {
  const sorted = hard.toSorted((a, b) => a.margin - b.margin || a.input - b.input);
  const of = (name: string) => sorted.filter((one) => one.of === name);
  return [...new Set(hard.map((one) => one.of))].flatMap((name) => [
    ...of(name)
      .filter((one) => one.margin === 0)
      .slice(0, count / 2),
    ...of(name)
      .filter((one) => one.margin > 0)
      .slice(0, count),
  ]);
}

const hex = (bits: number) => bits.toString(16).padStart(8, '0');
/** How far below one unit in the last place the nearest boundary is, in bits. */
export const bitsBelow = (margin: number) => (-Math.log2(margin)).toFixed(2);

export function lines(summary: Summary): string[] {
  return [...summary].map(([name, row]) => {
    const hardest = row.hard.filter((one) => one.margin > 0)[0];
    const ties = row.hard.some((one) => one.margin === 0) ? ', ties occur' : '';
    const nearest =
      hardest === undefined ? '' : `, hardest ${hex(hardest.input)} (${hardest.of}) ${bitsBelow(hardest.margin)} bits`;
    const counts = `${row.inputs} inputs, ${row.exact} decided exactly, ${row.wrong.length} wrong`;
    return `${name.padEnd(26)} ${counts}${nearest}${ties}, ${row.seconds.toFixed(1)} s of one core`;
  });
}

/** The hardest inputs and their results, as JSON: name -> "input result" bit patterns, nearest to a boundary first. */
export function vectors(summary: Summary): string {
  const found: Record<string, string[]> = {};
  for (const row of summary.values()) {
    for (const { of, input, result } of row.hard) {
      const list = found[of] ?? [];
      list.push(`${hex(input)} ${hex(result)}`);
      found[of] = list;
    }
  }
  return `${JSON.stringify(found, null, 1)}\n`;
}
