/** Tables for people. */

/** Also nothing at all. */
const NUMBER = /^([-+]?[\d.,]+(e[-+]\d+)?( %)?)?$/;

/** Lines of aligned cells; a column is flush right where every cell below the head is a number. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0)));
  const right = widths.map((_, c) => rows.length > 1 && rows.slice(1).every((row) => NUMBER.test(row[c] ?? '')));
  return rows.map((row) =>
    row
      .map((cell, c) => (right[c] ? cell.padStart(widths[c] as number) : cell.padEnd(widths[c] as number)))
      .join('  ')
      .trimEnd(),
  );
}

export const thousands = (value: number | bigint): string => value.toLocaleString('en-US');

/** An error or another small number. */
export const figure = (value: number): string =>
  value === 0 ? '0' : Number.isFinite(value) ? value.toExponential(1) : String(value);

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
