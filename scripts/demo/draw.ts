/** Pictures in text. */

/** From white paper to black ink. */
const SHADES = [' ', '░', '▒', '▓', '█'];
const BAR = 24;

/** A picture of `width` pixels a row, each from 0 to 1. Two characters make a pixel about square. */
export function picture(pixels: ArrayLike<number>, width: number): string[] {
  const shade = (value: number) =>
    (SHADES[Math.min(SHADES.length - 1, Math.floor(value * SHADES.length))] ?? ' ').repeat(2);
  return Array.from({ length: pixels.length / width }, (_, row) =>
    Array.from({ length: width }, (_, column) => shade(pixels[row * width + column] ?? 0)).join(''),
  );
}

/** A share of 1 as a bar, to an eighth of a character. */
export function bar(share: number): string {
  const eighths = Math.round(share * BAR * 8);
  const rest = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '';
  return `${'█'.repeat(Math.floor(eighths / 8))}${rest}`.padEnd(BAR);
}

/** Blocks of lines side by side, the shorter one in the middle. */
export function beside(left: readonly string[], right: readonly string[], gap = 4): string[] {
  const width = Math.max(...left.map(({ length }) => length));
  const above = Math.max(0, Math.floor((right.length - left.length) / 2));
  return Array.from({ length: Math.max(left.length, right.length) }, (_, row) =>
    `${(left[row - above] ?? '').padEnd(width + gap)}${right[row] ?? ''}`.trimEnd(),
  );
}
