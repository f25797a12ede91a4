/**
 * Dots computed side by side: a run of elements along the last axis takes a few taps at a time. A matrix product would gather a few scattered
 * taps for one element, or for very few products: depthwise convolutions, sums of pools, interpolation, running sums.
 */
import { elementCount } from '../../tensor.ts';
import { unravel } from '../access.ts';
import { boundFactor, SUM_UNIT } from '../dot/certify.ts';
import { watchedDot } from '../dot/sums.ts';
import type { Access, Operator } from '../program.ts';
import type { DotWork } from './dot.ts';
import { fewProducts } from './product.ts';
import { guardValues, startAddress, type Taps, tapAddress, tapsOf } from './taps.ts';
import type { Counters } from './terms.ts';

/** Runs shorter than this are no gain. */
const LEAST_RUN = 8;
/** Elements with this many taps or fewer lie close together, whatever the strides. */
const FEW_TAPS = 8;
/** With fewer taps than this a matrix product costs more than it multiplies. */
const LEAST_PRODUCT = 4;
/** Taps times the length of a run at most, so that factors stay in the cache. */
const MOST_FACTORS = 2 ** 16;
/** Multiply-adds of a task, about. */
const TASK = 2 ** 15;

type Data = readonly (Float32Array | undefined)[];

/** Undefined: another way is faster. The bits are the same. */
export function planLanes(operator: Operator, data: Data, counters: Counters): DotWork | undefined {
  const { space, inner, attribute } = operator;
  const length = space.at(-1) ?? 1;
  const taps = elementCount(inner);
  if (attribute !== 0 || length < LEAST_RUN || !suits(operator, length, taps)) return undefined;
  const runs = elementCount(space) / length;
  const perTask = Math.max(1, Math.floor(TASK / (length * taps)));
  const lanes = new Lanes(operator, data, counters, length, taps);
  return {
    tasks: Math.ceil(runs / perTask),
    run(task, out) {
      const end = Math.min(runs, (task + 1) * perTask);
      for (let run = task * perTask; run < end; run++) lanes.compute(run, out);
    },
  };
}

function suits(operator: Operator, length: number, taps: number): boolean {
  const { space, operands } = operator;
  const [left, right, bias] = operands as readonly [Access, Access | undefined, Access | undefined];
  const lane = space.length - 1;
  const free = operands.every((access) => access === undefined || access.guards.every(({ outer }) => outer !== lane));
  if (!free || (bias && bias.guards.length > 0)) return false;
  const close = (access: Access) =>
    access.outer[lane] === 0 || access.outer[lane] === 1 || taps <= FEW_TAPS || alongLane(access, length * taps);
  if (right === undefined) return left.outer[lane] !== 0 && close(left) && scattered(left);
  return (
    (taps < LEAST_PRODUCT || fewProducts(operator)) &&
    close(left) &&
    close(right) &&
    (taps <= FEW_TAPS || scattered(left) || scattered(right))
  );
}

/** Whether the taps of one element are apart, so that taking them one after the other for one element gains nothing. */
const scattered = ({ inner }: Access) => Math.abs(inner.at(-1) ?? 0) !== 1;

/** Whether the operand is the same in each run, so that it can be laid out tap by tap once. */
const alongLane = ({ outer, guards }: Access, size: number) =>
  size <= MOST_FACTORS && guards.length === 0 && outer.slice(0, -1).every((stride) => stride === 0);

/** One side of the operator: where tap k of a run begins, and the step from lane to lane. */
interface Side {
  readonly access: Access;
  readonly from: Float32Array;
  readonly taps: Taps;
  readonly step: number;
  /** Guards' values of the run that is being computed. */
  readonly values: number[];
}

class Lanes {
  readonly #space: readonly number[];
  readonly #length: number;
  readonly #count: number;
  readonly #counters: Counters;
  readonly #left: Side;
  readonly #right: Side | undefined;
  readonly #bias: Access | undefined;
  readonly #biases: Float32Array | undefined;
  readonly #biasStep: number;
  #biasAt = 0;
  readonly #sums: Float64Array;
  readonly #sizes: Float64Array;
  /** Addresses of the taps that are there. */
  readonly #lefts: Int32Array;
  readonly #rights: Int32Array;
  readonly #o: number[] = [];
  /** The terms of a lane that is looked at again. */
  readonly #a: Float64Array;
  readonly #b: Float64Array;
  readonly #onExact = () => {
    this.#counters.exact++;
  };

  constructor(operator: Operator, data: Data, counters: Counters, length: number, taps: number) {
    const [left, right, bias] = operator.operands as readonly [Access, Access | undefined, Access | undefined];
    this.#space = operator.space;
    this.#length = length;
    this.#count = taps;
    this.#counters = counters;
    this.#left = sideOf(left, data[0] as Float32Array, operator.inner, length);
    this.#right = right && sideOf(right, data[1] as Float32Array, operator.inner, length);
    this.#bias = bias;
    this.#biases = data[2];
    this.#biasStep = bias?.outer.at(-1) ?? 0;
    this.#a = new Float64Array(taps);
    this.#b = new Float64Array(taps);
    this.#sums = new Float64Array(length);
    this.#sizes = new Float64Array(length);
    this.#lefts = new Int32Array(taps);
    this.#rights = new Int32Array(taps);
  }

  compute(run: number, out: Float32Array): void {
    const first = run * this.#length;
    const o = unravel(first, this.#space, this.#o);
    const count = this.#place(o);
    this.#begin(o);
    const [left, right] = [this.#left, this.#right];
    if (right === undefined) addTaps(this.#sums, this.#sizes, left, this.#lefts, count);
    else multiplyTaps(this.#sums, this.#sizes, left, this.#lefts, right, this.#rights, count);
    this.#settle(first, count, out);
  }

  /** How many taps are there in this run. */
  #place(o: readonly number[]): number {
    const [left, right] = [this.#left, this.#right];
    const start = startAddress(left.access, o);
    guardValues(left.access.guards, o, left.values);
    const rightStart = right ? startAddress(right.access, o) : 0;
    if (right) guardValues(right.access.guards, o, right.values);
    let count = 0;
    for (let k = 0; k < this.#count; k++) {
      const p = tapAddress(left.taps, left.access.guards, start, left.values, k);
      const q = right ? tapAddress(right.taps, right.access.guards, rightStart, right.values, k) : 0;
      if (p < 0 || q < 0) continue;
      this.#lefts[count] = p;
      this.#rights[count++] = q;
    }
    return count;
  }

  #begin(o: readonly number[]): void {
    const [sums, sizes, bias, biases] = [this.#sums, this.#sizes, this.#bias, this.#biases];
    if (bias === undefined || biases === undefined) {
      sums.fill(0);
      sizes.fill(0);
      return;
    }
    const start = startAddress(bias, o);
    const step = this.#biasStep;
    this.#biasAt = start;
    for (let l = 0; l < sums.length; l++) {
      const value = biases[start + l * step] as number;
      sums[l] = value;
      sizes[l] = Math.abs(value);
    }
  }

  #settle(first: number, count: number, out: Float32Array): void {
    const [sums, sizes] = [this.#sums, this.#sizes];
    const factor = boundFactor(count);
    for (let l = 0; l < sums.length; l++) {
      const sum = sums[l] as number;
      const bound = factor * (sizes[l] as number) + Math.abs(sum) * SUM_UNIT;
      const low = Math.fround(sum - bound);
      if (low === Math.fround(sum + bound) && low !== 0) out[first + l] = low;
      else out[first + l] = bound === 0 ? 0 : this.#decide(l, count);
    }
    this.#counters.decided += sums.length;
  }

  /** One lane again, with its errors watched. Taps that are not there are no terms. */
  #decide(l: number, count: number): number {
    const [x, y] = [this.#left, this.#right];
    for (let k = 0; k < count; k++) {
      this.#a[k] = x.from[(this.#lefts[k] as number) + l * x.step] as number;
      this.#b[k] = y ? (y.from[(this.#rights[k] as number) + l * y.step] as number) : 1;
    }
    const bias = this.#bias && this.#biases ? (this.#biases[this.#biasAt + l * this.#biasStep] as number) : 0;
    return watchedDot(this.#a, this.#b, count, bias, this.#onExact);
  }
}

/** What is the same in each run is laid out [tap][lane], unless it is so already. */
function sideOf(access: Access, from: Float32Array, inner: readonly number[], length: number): Side {
  const taps = tapsOf(access, inner);
  const step = access.outer.at(-1) as number;
  if (step === 0 || step === 1 || !alongLane(access, length * taps.count))
    return { access, from, taps, step, values: [] };
  const factors = new Float32Array(taps.count * length);
  for (let k = 0; k < taps.count; k++)
    for (let l = 0; l < length; l++)
      factors[k * length + l] = from[access.base + (taps.offsets[k] as number) + l * step] as number;
  const offsets = Int32Array.from({ length: taps.count }, (_, k) => k * length);
  return {
    access: { ...access, base: 0, outer: access.outer.map(() => 0) },
    from: factors,
    taps: { ...taps, offsets },
    step: 1,
    values: [],
  };
}

// Three taps at a time, because reading and writing the sums costs more than adding to them.

function addTaps(sums: Float64Array, sizes: Float64Array, { from: x, step }: Side, lefts: Int32Array, count: number) {
  const lanes = sums.length;
  let k = 0;
  for (; k + 3 <= count; k += 3) {
    const p = lefts[k] as number;
    const q = lefts[k + 1] as number;
    const r = lefts[k + 2] as number;
    for (let l = 0, i = 0; l < lanes; l++, i += step) {
      const a = x[p + i] as number;
      const b = x[q + i] as number;
      const c = x[r + i] as number;
      sums[l] = (sums[l] as number) + (a + b + c);
      sizes[l] = (sizes[l] as number) + (Math.abs(a) + Math.abs(b) + Math.abs(c));
    }
  }
  for (; k < count; k++) {
    const p = lefts[k] as number;
    for (let l = 0, i = 0; l < lanes; l++, i += step) {
      const a = x[p + i] as number;
      sums[l] = (sums[l] as number) + a;
      sizes[l] = (sizes[l] as number) + Math.abs(a);
    }
  }
}

function multiplyTaps(
  sums: Float64Array,
  sizes: Float64Array,
  { from: x, step: s }: Side,
  lefts: Int32Array,
  { from: y, step: t }: Side,
  rights: Int32Array,
  count: number,
): void {
  const lanes = sums.length;
  let k = 0;
  for (; s === 1 && t === 1 && k + 3 <= count; k += 3) {
    const p0 = lefts[k] as number;
    const p1 = lefts[k + 1] as number;
    const p2 = lefts[k + 2] as number;
    const q0 = rights[k] as number;
    const q1 = rights[k + 1] as number;
    const q2 = rights[k + 2] as number;
    for (let l = 0; l < lanes; l++) {
      const a = (x[p0 + l] as number) * (y[q0 + l] as number);
      const b = (x[p1 + l] as number) * (y[q1 + l] as number);
      const c = (x[p2 + l] as number) * (y[q2 + l] as number);
      sums[l] = (sums[l] as number) + (a + b + c);
      sizes[l] = (sizes[l] as number) + (Math.abs(a) + Math.abs(b) + Math.abs(c));
    }
  }
  for (; k < count; k++) {
    const p = lefts[k] as number;
    const q = rights[k] as number;
    for (let l = 0, i = 0, j = 0; l < lanes; l++, i += s, j += t) {
      const a = (x[p + i] as number) * (y[q + j] as number);
      sums[l] = (sums[l] as number) + a;
      sizes[l] = (sizes[l] as number) + Math.abs(a);
    }
  }
}
