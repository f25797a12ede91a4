/**
 * Dots whose neighbours in the output are neighbours in the left operand: depthwise convolutions and the sums of pools, channels last. A
 * matrix product would gather a few scattered taps per element; here a whole run of elements takes one tap at a time, side by side.
 */
import { elementCount } from '../../tensor.ts';
import { unravel } from '../access.ts';
import { boundFactor, SUM_UNIT } from '../dot/certify.ts';
import { exactDot } from '../dot/exact.ts';
import type { Access, Operator } from '../program.ts';
import type { DotTools, DotWork } from './dot.ts';
import { guardValues, startAddress, type Taps, tapAddress, tapsOf } from './taps.ts';

/** Runs shorter than this are no gain; taps beyond this are better gathered. */
const LEAST_RUN = 8;
const MOST_TAPS = 1024;
/** Elements of a task, about. */
const TASK = 4096;

type Data = readonly (Float32Array | undefined)[];

/** Undefined: the operator is of another kind. The bits are those of any other way. */
export function planLanes(operator: Operator, data: Data, tools: DotTools): DotWork | undefined {
  const { space, inner, attribute } = operator;
  const [left, right, bias] = operator.operands as readonly [Access, Access | undefined, Access | undefined];
  const lane = space.length - 1;
  const length = space[lane] ?? 1;
  const taps = elementCount(inner);
  const onlyLane = (access: Access | undefined) =>
    access === undefined ||
    (access.guards.length === 0 && access.outer.every((stride, axis) => axis === lane || stride === 0));
  const scattered = taps > 1 && Math.abs(left.inner.at(-1) ?? 0) !== 1;
  const suits =
    attribute === 0 &&
    length >= LEAST_RUN &&
    taps <= MOST_TAPS &&
    scattered &&
    left.outer[lane] === 1 &&
    left.guards.every(({ outer }) => outer !== lane) &&
    onlyLane(right) &&
    onlyLane(bias);
  if (!suits) return undefined;
  const runs = elementCount(space) / length;
  const perTask = Math.max(1, Math.floor(TASK / length));
  const lanes = new Lanes(operator, data, tools, length, taps);
  return {
    tasks: Math.ceil(runs / perTask),
    run(task, out) {
      const end = Math.min(runs, (task + 1) * perTask);
      for (let run = task * perTask; run < end; run++) lanes.compute(run, out);
    },
  };
}

/** One such operator: its right side tap by tap, and the sums of the run that is being computed. */
class Lanes {
  readonly #space: readonly number[];
  readonly #left: Access;
  readonly #from: Float32Array;
  readonly #taps: Taps;
  readonly #length: number;
  readonly #count: number;
  readonly #tools: DotTools;
  /** [tap][lane]; undefined: every factor is 1. */
  readonly #factors: Float64Array | undefined;
  readonly #biases: Float64Array;
  readonly #sums: Float64Array;
  readonly #sizes: Float64Array;
  /** What the additions rounded away, in size: 0 means that the sum is exact. */
  readonly #lost: Float64Array;
  readonly #o: number[] = [];
  readonly #values: number[] = [];

  constructor(operator: Operator, data: Data, tools: DotTools, length: number, taps: number) {
    const [left, right, bias] = operator.operands as readonly [Access, Access | undefined, Access | undefined];
    this.#space = operator.space;
    this.#left = left;
    this.#from = data[0] as Float32Array;
    this.#taps = tapsOf(left, operator.inner);
    this.#length = length;
    this.#count = taps;
    this.#tools = tools;
    this.#factors = right && factorsOf(right, data[1] as Float32Array, operator.inner, length);
    const stride = bias?.outer.at(-1) ?? 0;
    const added = data[2];
    this.#biases = Float64Array.from({ length }, (_, l) =>
      bias && added ? (added[bias.base + l * stride] as number) : 0,
    );
    this.#sums = new Float64Array(length);
    this.#sizes = new Float64Array(length);
    this.#lost = new Float64Array(length);
  }

  compute(run: number, out: Float32Array): void {
    const first = run * this.#length;
    const o = unravel(first, this.#space, this.#o);
    const start = startAddress(this.#left, o);
    guardValues(this.#left.guards, o, this.#values);
    const [sums, sizes] = [this.#sums, this.#sizes];
    sums.set(this.#biases);
    for (let l = 0; l < sums.length; l++) sizes[l] = Math.abs(sums[l] as number);
    this.#lost.fill(0);
    for (let k = 0; k < this.#count; k++) {
      const address = tapAddress(this.#taps, this.#left.guards, start, this.#values, k);
      if (address < 0) continue;
      if (this.#factors) this.#multiply(address, k * this.#length, this.#factors);
      else this.#add(address);
    }
    this.#settle(first, start, out);
  }

  #multiply(address: number, factor: number, factors: Float64Array): void {
    const [from, sums, sizes] = [this.#from, this.#sums, this.#sizes];
    for (let l = 0; l < sums.length; l++) {
      const product = (from[address + l] as number) * (factors[factor + l] as number);
      sums[l] = (sums[l] as number) + product;
      sizes[l] = (sizes[l] as number) + Math.abs(product);
    }
  }

  /** Sums of numbers of one size are often exact, and then often ties: see sums.ts. */
  #add(address: number): void {
    const [from, sums, sizes, lost] = [this.#from, this.#sums, this.#sizes, this.#lost];
    for (let l = 0; l < sums.length; l++) {
      const x = from[address + l] as number;
      const sum = sums[l] as number;
      const next = sum + x;
      const back = next - sum;
      lost[l] = (lost[l] as number) + Math.abs(sum - (next - back) + (x - back));
      sums[l] = next;
      sizes[l] = (sizes[l] as number) + Math.abs(x);
    }
  }

  #settle(first: number, start: number, out: Float32Array): void {
    const { counters } = this.#tools;
    const factor = boundFactor(this.#count);
    const sum0 = this.#factors === undefined;
    for (let l = 0; l < this.#length; l++) {
      const sum = this.#sums[l] as number;
      const bound = factor * (this.#sizes[l] as number) + Math.abs(sum) * SUM_UNIT;
      const low = Math.fround(sum - bound);
      if (low === Math.fround(sum + bound) && low !== 0) out[first + l] = low;
      else if (bound === 0) out[first + l] = 0;
      else if (sum0 && this.#lost[l] === 0 && Number.isFinite(sum)) out[first + l] = sum === 0 ? 0 : sum;
      else {
        counters.exact++;
        out[first + l] = this.#exact(start, l);
      }
    }
    counters.decided += this.#length;
  }

  /** Taps that are not there are no terms. */
  #exact(start: number, l: number): number {
    const x: number[] = [];
    const y: number[] = [];
    for (let k = 0; k < this.#count; k++) {
      const address = tapAddress(this.#taps, this.#left.guards, start, this.#values, k);
      if (address < 0) continue;
      x.push(this.#from[address + l] as number);
      y.push(this.#factors?.[k * this.#length + l] ?? 1);
    }
    return exactDot(Float64Array.from(x), Float64Array.from(y), x.length, this.#biases[l] as number);
  }
}

function factorsOf(right: Access, from: Float32Array, inner: readonly number[], length: number): Float64Array {
  const { count, offsets } = tapsOf(right, inner);
  const stride = right.outer.at(-1) ?? 0;
  const factors = new Float64Array(count * length);
  for (let k = 0; k < count; k++)
    for (let l = 0; l < length; l++)
      factors[k * length + l] = from[right.base + (offsets[k] as number) + l * stride] as number;
  return factors;
}
