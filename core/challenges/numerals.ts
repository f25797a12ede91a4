/** Exact numbers as text. */
import { bitLength } from '../semantics/functions/rounding.ts';
import type { Exact } from './exactValue.ts';

/** Of decimals of numbers that do not end before. */
const DIGITS = 30;

/** units * 2^-scale in C's notation, every bit of it: 0x1.8p+3. */
export function hexFloat(units: bigint, scale: number): string {
  if (units === 0n) return '0x0p+0';
  const size = units < 0n ? -units : units;
  const bits = bitLength(size) - 1;
  const fraction = size - (1n << BigInt(bits));
  const digits = Math.ceil(bits / 4);
  const hex = digits === 0 ? '' : (fraction << BigInt(4 * digits - bits)).toString(16).padStart(digits, '0');
  const shown = hex.replace(/0+$/, '');
  const power = bits - scale;
  return `${units < 0n ? '-' : ''}0x1${shown && `.${shown}`}p${power < 0 ? '-' : '+'}${Math.abs(power)}`;
}

/** Scientific notation, cut after `digits` significant ones; "..." says that more follow. */
export function decimals(exact: Exact, digits = DIGITS): string {
  if (exact.kind === 'ratio') return quotient(exact.numerator, exact.denominator, digits);
  if (exact.kind === 'dyadic') return quotient(exact.units, 1n << BigInt(exact.scale), digits);
  const { low, high, scale } = exact;
  const one = scale >= 0 ? 1n << BigInt(scale) : 1n;
  const factor = scale >= 0 ? 1n : 1n << BigInt(-scale);
  // As many digits as both ends share.
  for (let n = digits; n > 1; n--) {
    const text = quotient(low * factor, one, n);
    if (text === quotient(high * factor, one, n)) return text;
  }
  return quotient(low * factor, one, 1);
}

function quotient(numerator: bigint, denominator: bigint, digits: number): string {
  if (numerator === 0n) return '0';
  const negative = numerator < 0n !== denominator < 0n;
  const [n, d] = [numerator < 0n ? -numerator : numerator, denominator < 0n ? -denominator : denominator];
  // The decimal exponent, estimated from the lengths and then corrected.
  let power = n.toString().length - d.toString().length;
  const scaled = () =>
    (power >= 0 ? [n, d * 10n ** BigInt(power)] : [n * 10n ** BigInt(-power), d]) as [bigint, bigint];
  if (scaled()[0] < scaled()[1]) power--;
  const [top, bottom] = scaled();
  const shift = 10n ** BigInt(digits - 1);
  const found = (top * shift) / bottom;
  const ends = (top * shift) % bottom === 0n;
  const text = found.toString();
  const rest = ends ? text.slice(1).replace(/0+$/, '') : `${text.slice(1)}...`;
  return `${negative ? '-' : ''}${text[0]}${rest && `.${rest}`}${power === 0 ? '' : `e${power < 0 ? '-' : '+'}${Math.abs(power)}`}`;
}
