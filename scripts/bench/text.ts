/** Numbers and tables as docs/benchmarks.md writes them. */

export const number = (value: number) => Math.round(value).toLocaleString('en-US');

export const mib = (bytes: number | undefined) => (bytes === undefined ? 'unknown' : `${number(bytes / 2 ** 20)} MiB`);

/** A few digits, whatever the size. */
export const figure = (value: number | undefined) =>
  value === undefined ? '-' : value < 0.01 ? value.toFixed(4) : value < 1 ? value.toFixed(3) : value.toFixed(1);

export const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Beside an aim. */
export const judged = (holds: boolean) => (holds ? 'met' : 'missed');
