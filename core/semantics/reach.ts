/**
 * What one element of an operator reads of a tensor, from above and whatever the element: how many leaves, in how many runs. Per axis of the
 * inner space the present taps are a stretch of an arithmetic progression (docs/spec/program.md, "An operand: access"), so addresses
 * are sums of one entry of each of a few of those.
 */
import { LEAF_ELEMENTS } from '../commitment/leaf.ts';
import type { Access, Operator } from './program.ts';
import { MAX_TERMS } from './program.ts';

/** Leaves of one tensor, and the runs of consecutive ones that they are. */
export interface Reach {
  readonly runs: number;
  readonly leaves: number;
  /** Taps one after the other may be in different runs. */
  readonly scattered: boolean;
}

/** The taps of an element of a sum. */
export interface Taps {
  /** At most. */
  readonly count: number;
  /** Runs of taps that lie side by side in every factor. */
  readonly entries: number;
  /** By axis: coordinates that an element can touch. */
  readonly sizes: readonly number[];
  /** Pieces that a range of taps is cut into: 1 if it is all of them. */
  readonly pieces: number;
  /** A range goes over the end of an axis, so that it is two stretches of all below. */
  readonly twice: boolean;
  /** The axis of which a range touches a part; -1 if it is all taps. */
  readonly cut: number;
}

/** Present coordinates of one axis: at most `count`, `stride` addresses apart. */
interface Line {
  readonly count: number;
  readonly stride: number;
  /** All of them are there for every element; else a stretch that may lie anywhere, of any length. */
  readonly whole: boolean;
}

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));
const lcm = (a: number, b: number): number => (a / gcd(a, b)) * b;
const modulo = (a: number, b: number) => ((a % b) + b) % b;

/** `count` elements side by side, wherever they begin. */
export const sideBySide = (count: number): Reach => ({
  runs: 1,
  leaves: Math.ceil((count - 1) / LEAF_ELEMENTS) + 1,
  scattered: false,
});

export function tapsOf({ inner, attribute, kind, operands }: Operator): Taps {
  const factors = operands.slice(0, 2).filter((access) => access !== undefined);
  const range = kind === 'Dot' && attribute === 1 ? rangeOf(inner) : { sizes: inner, cut: -1, twice: false };
  const counts = range.sizes.map((size, axis) =>
    Math.min(size, ...factors.map((access) => lineOf(access, axis, size).count)),
  );
  const all = counts.reduce((product, count) => product * count, range.twice ? 2 : 1);
  const count = range.cut < 0 ? all : Math.min(all, MAX_TERMS);
  // Up to the cut axis and from there down, at either end one on each axis.
  const below = inner.length - range.cut;
  const pieces = range.cut < 0 ? 1 : 2 * below - (range.twice ? 0 : 1);
  const last = inner.length - 1;
  const joined =
    last >= 0 && factors.every((access) => brokenAt(access, last) === 0 && strideOf(access, last, 1) === 1);
  const entries = joined ? Math.min(count, Math.ceil(all / (counts[last] as number)) + pieces - 1) : count;
  return { count, entries, pieces, ...range };
}

/** What a range of taps can touch: the last axes whole, a stretch of one, one or two coordinates of those above. */
function rangeOf(inner: readonly number[]): Pick<Taps, 'sizes' | 'cut' | 'twice'> {
  const sizes = [...inner];
  let below = 1;
  let cut = -1;
  for (let axis = inner.length - 1; axis >= 0; axis--) {
    const size = inner[axis] as number;
    if (cut >= 0) sizes[axis] = 1;
    else if (below * size > MAX_TERMS) {
      cut = axis;
      sizes[axis] = Math.min(size, Math.floor((MAX_TERMS - 2) / below) + 2);
    }
    below *= size;
  }
  return { sizes, cut, twice: cut > 0 };
}

/** Guards with a divisor: for each the axis has to be asked coordinate by coordinate. */
export const brokenAt = ({ guards }: Access, axis: number): number =>
  guards.filter(({ inner, divisor }) => inner === axis && divisor > 1).length;

function lineOf(access: Access, axis: number, size: number): Line {
  const guards = access.guards.filter(({ inner, innerStep }) => inner === axis && innerStep !== 0);
  // Coordinates at which all divisors divide are so far apart.
  const unit = guards.reduce((all, { divisor, innerStep }) => lcm(all, divisor / gcd(divisor, innerStep)), 1);
  // A value that rises by innerStep * unit is at so many coordinates from 0 to below extent * divisor.
  const count = guards.reduce(
    (least, { extent, divisor, innerStep }) =>
      Math.min(least, Math.ceil((extent * divisor) / Math.abs(innerStep * unit))),
    Math.ceil(size / unit),
  );
  return { count, stride: strideOf(access, axis, unit), whole: guards.length === 0 };
}

function strideOf({ inner, guards }: Access, axis: number, unit: number): number {
  const guarded = guards.filter((guard) => guard.inner === axis);
  return guarded.reduce(
    (sum, guard) => sum + ((guard.innerStep * unit) / guard.divisor) * guard.stride,
    (inner[axis] ?? 0) * unit,
  );
}

/** Of a factor of a sum, all of whose taps are read. */
export function reachOf(access: Access, { sizes, cut, twice, pieces }: Taps, space: readonly number[]): Reach {
  const axes = sizes.map((size, axis) => ({ axis, size, part: axis <= cut, ...lineOf(access, axis, size) }));
  const lines = axes
    .filter(({ count, stride }) => count > 1 && stride !== 0)
    .sort((a, b) => Math.abs(a.stride) - Math.abs(b.stride));
  // Lines so close that no leaf between two of their taps is left out make one stretch of addresses; the others repeat it.
  let [span, runs, hull] = [1, 1, 1];
  const repeated: number[] = [];
  const sure: { readonly axis: number; readonly length: number }[] = [];
  for (const { axis, count, stride, whole, part } of lines) {
    const apart = Math.abs(stride);
    const length = (count - 1) * apart;
    hull += length;
    // A piece of a range may have one coordinate of any axis, and a stretch of the next; those behind that are whole.
    const between = sure.filter((other) => cut < 0 || other.axis > axis);
    if (runs === 1 && apart - between.reduce((sum, other) => sum + other.length, 1) < LEAF_ELEMENTS) {
      span += length;
      if (whole && !part) sure.push({ axis, length });
    } else {
      runs *= count;
      repeated.push(stride);
    }
  }
  const moved = axes.filter(({ size, count, part }) => part || count < size).map(({ stride }) => stride);
  const grid = [...gridSteps(access, space), ...moved].reduce(gcd, LEAF_ELEMENTS);
  const start = startOf(access, sizes);
  const total = Math.ceil(access.elements / LEAF_ELEMENTS);
  runs = runs * (twice ? 2 : 1) + pieces - 1;
  const leaves = Math.min(
    runs * leavesIn(span, start, repeated.reduce(gcd, grid)),
    twice ? total : leavesIn(hull, start, grid),
    total,
  );
  return { runs: Math.min(runs, leaves, Math.ceil(total / 2)), leaves, scattered: repeated.length > 0 };
}

/** Leaves of `span` elements side by side that begin at `start` or a multiple of `grid` away from it, at most. */
function leavesIn(span: number, start: number, grid: number): number {
  const place = modulo(Math.floor(start), grid) + LEAF_ELEMENTS - grid;
  return Math.floor((place + span - 1) / LEAF_ELEMENTS) + 1;
}

/** The least address of the first element's taps, were all guards to hold. */
function startOf(access: Access, sizes: readonly number[]): number {
  const start = access.guards.reduce((sum, { offset, stride }) => sum + offset * stride, access.base);
  return sizes.reduce((least, size, axis) => least + Math.min(0, (size - 1) * strideOf(access, axis, 1)), start);
}

/** What moves a stretch from one element to another. With a divisor, by any number of addresses. */
function gridSteps({ outer, guards }: Access, space: readonly number[]): number[] {
  if (guards.some(({ divisor }) => divisor > 1)) return [1];
  return space.flatMap((size, axis) => {
    const guarded = guards.filter((guard) => guard.outer === axis);
    const step = guarded.reduce((sum, guard) => sum + guard.outerStep * guard.stride, outer[axis] ?? 0);
    return size === 1 ? [] : [step];
  });
}
