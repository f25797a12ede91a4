/** The search in pieces of a second or less, each for one worker. */
import { FIRST, LAST, searchLog } from './logarithm.ts';
import { CLOSEST, type Outcome } from './outcome.ts';
import { searchPower } from './power.ts';
import { searchSineCosine } from './sineCosine.ts';
import { type Smooth, searchSmooth } from './smooth.ts';

export type Task =
  | { kind: Smooth; from: number; to: number; sign: 1 | -1 }
  | { kind: 'log'; from: number; to: number }
  | { kind: 'sine'; exponent: number; stride: number }
  | { kind: 'pow'; exponent: number; stride: number; sample: number };

/** Bit patterns of the least and the greatest x that are searched; what lies outside is argued in docs/spec/functions.md. */
const RANGES: readonly { kind: Smooth; from: number; to: number; sign: 1 | -1 }[] = [
  // 2^-26 .. 105
  { kind: 'exp', from: 0x32800000, to: 0x42d20000, sign: 1 },
  { kind: 'exp', from: 0x32800000, to: 0x42d20000, sign: -1 },
  // 2^-12 .. 9.0625
  { kind: 'tanh', from: 0x39800000, to: 0x41110000, sign: 1 },
  // Subnormal inputs and results, then 2^-31 .. 4
  { kind: 'erf', from: 0, to: 0x01000000, sign: 1 },
  { kind: 'erf', from: 0x30000000, to: 0x40800000, sign: 1 },
];

const REAL = [1 / 3, 2 / 3, 2.2, 1 / 2.2, 2.4, 1 / 2.4].map(Math.fround);
const QUARTERS = Array.from({ length: 16 }, (_, i) => (i + 1) / 4);
const INTEGERS = Array.from({ length: 12 }, (_, i) => i + 5);
/** The exponents of the table (1 and -1 are included: they cost little). */
export const EXPONENTS = [...QUARTERS, ...INTEGERS, ...REAL].flatMap((y) => [y, -y]);

function cut(from: number, to: number, size: number): { from: number; to: number }[] {
  const pieces = [];
  for (let at = from; at < to; at += size) pieces.push({ from: at, to: Math.min(at + size, to) });
  return pieces;
}

/** Every input of Exp, Tanh, Erf and Log. */
export function complete(): Task[] {
  const smooth = RANGES.flatMap(({ kind, from, to, sign }) =>
    cut(from, to, 1 << 24).map((piece): Task => ({ kind, sign, ...piece })),
  );
  return [...smooth, ...cut(FIRST, LAST, 1 << 18).map((piece): Task => ({ kind: 'log', ...piece }))];
}

/** Every input of Sin and Cos, and of Pow those that stand for all others; or a part of these. */
export function periodic(all: boolean): Task[] {
  const sines = Array.from({ length: 140 }, (_, i): Task => ({ kind: 'sine', exponent: i - 12, stride: all ? 1 : 64 }));
  const powers = EXPONENTS.map((exponent): Task => ({ kind: 'pow', exponent, stride: all ? 1 : 256, sample: 1 }));
  return [...sines.filter((_, i) => all || i % 14 === 0), ...powers];
}

/** closeness: the relative distance to a boundary up to which inputs are decided exactly, and reported. */
export function run(task: Task, closeness: number): Outcome {
  switch (task.kind) {
    case 'log':
      return searchLog(task.from, task.to, closeness);
    case 'sine':
      // Absolute errors: two products and their sum.
      return searchSineCosine(task.exponent, task.stride, Math.max(closeness, CLOSEST));
    case 'pow':
      return searchPower(task.exponent, task.stride, task.sample, closeness);
    default:
      return searchSmooth(task.kind, task.from, task.to, task.sign, closeness);
  }
}
