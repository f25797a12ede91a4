/** All elements of a Dot, as matrix products over its batch axes, in tasks that any thread may take. */
import { elementCount } from '../../tensor.ts';
import { type Columns, multiplyTile, prepareColumns } from '../dot/gemm.ts';
import type { Kernel } from '../dot/kernel.ts';
import { exactSum } from '../dot/sums.ts';
import { fastestKernel } from '../dot/wasmKernel.ts';
import type { Access, Operator } from '../program.ts';
import { type Filler, fillerOf } from './fill.ts';
import { planLanes } from './lanes.ts';
import { type Product, productOf } from './product.ts';
import { planSingles } from './singles.ts';
import { startAddress } from './taps.ts';
import { type Counters, type DecideElement, termsOf } from './terms.ts';

export interface DotTools {
  readonly kernel: Kernel;
  /** Elements of Dots decided, and how many of them float64 left to the exact sum. */
  readonly counters: Counters;
  /** Prepared right sides of constants, kept between runs of one program. */
  readonly prepared: WeakMap<Float32Array, Map<string, Columns>>;
  /** Has the tasks of a Dot done by several threads, if it is worth it; undefined: they are to be done here. The bits are the same. */
  readonly spread?: (operator: Operator, data: readonly (Float32Array | undefined)[]) => Float32Array | undefined;
}

export const dotTools = (kernel: Kernel = fastestKernel()): DotTools => ({
  kernel,
  counters: { decided: 0, exact: 0 },
  prepared: new WeakMap(),
});

/** Rows of a task: few enough that its operands stay in the cache. */
const TILE = 128;
/** float64 values of a prepared right side at most (32 MB): wider ones are prepared part by part. */
const PANEL = 2 ** 22;

export function evaluateDot(
  operator: Operator,
  data: readonly (Float32Array | undefined)[],
  tools: DotTools,
): Float32Array {
  const spread = tools.spread?.(operator, data);
  if (spread) return spread;
  const out = new Float32Array(elementCount(operator.space));
  const work = planDot(operator, data, tools);
  for (let task = 0; task < work.tasks; task++) work.run(task, out);
  return out;
}

export interface DotWork {
  readonly tasks: number;
  /** Writes the elements of one task into the output. Tasks share nothing and may run in any order. */
  run(task: number, out: Float32Array): void;
}

export function planDot(operator: Operator, data: readonly (Float32Array | undefined)[], tools: DotTools): DotWork {
  const direct = planLanes(operator, data, tools.counters) ?? planSingles(operator, data, tools.counters);
  if (direct) return direct;
  const shape = shapes.get(operator) ?? shapeOf(operator);
  shapes.set(operator, shape);
  const { product } = shape;
  const tiles = Math.ceil(product.rows.count / TILE);
  const side = new Sides(operator, data, shape, tools);
  return {
    tasks: product.ranges.length * product.batches.count * tiles,
    run(task, out) {
      const tile = task % tiles;
      const batch = Math.floor(task / tiles) % product.batches.count;
      const range = Math.floor(task / tiles / product.batches.count);
      const first = tile * TILE;
      side.compute(range, batch, first, Math.min(first + TILE, product.rows.count), out);
    },
  };
}

/** What does not depend on the data: kept by operator, for networks of hundreds of small ones. */
interface Shape {
  readonly product: Product;
  /** What a column adds to the address of its bias. */
  readonly biasAt: Int32Array | undefined;
  /** Names the right side for all who read the same one in the same way: which axes are batches and columns depends on the left one too. */
  readonly rightKey: string;
}

const shapes = new WeakMap<Operator, Shape>();

function shapeOf(operator: Operator): Shape {
  const { space, inner: taps, operands } = operator;
  const [left, right, bias] = operands;
  const product = productOf(operator, [left], [right]);
  const { base, outer, inner, guards } = right ?? {};
  return {
    product,
    biasAt: bias && product.columns.along(bias.outer),
    rightKey: JSON.stringify([base, outer, inner, guards, space, taps, product.batches.axes, product.columns.axes]),
  };
}

type Range = readonly [from: number, to: number];

/** The operands of one Dot and the scratch memory to work on them. */
class Sides {
  readonly #operator: Operator;
  readonly #data: readonly (Float32Array | undefined)[];
  readonly #product: Product;
  readonly #shape: Shape;
  readonly #tools: DotTools;
  readonly #left: Filler;
  readonly #right: Filler | undefined;
  readonly #decide: DecideElement;
  readonly #o: number[];
  /** The right side prepared last, and what it is of. */
  #columns: Columns | undefined;
  #columnsOf = '';

  constructor(operator: Operator, data: readonly (Float32Array | undefined)[], shape: Shape, tools: DotTools) {
    const [a, b] = operator.operands;
    this.#operator = operator;
    this.#data = data;
    this.#shape = shape;
    this.#product = shape.product;
    this.#tools = tools;
    this.#left = fillerOf(a as Access, data[0] as Float32Array, operator.inner);
    this.#right = b && fillerOf(b, data[1] as Float32Array, operator.inner);
    this.#decide = termsOf(operator, data, tools.counters);
    this.#o = operator.space.map(() => 0);
  }

  compute(range: number, batch: number, first: number, end: number, out: Float32Array): void {
    const { ranges, batches, rows, columns } = this.#product;
    const [from, to] = ranges[range] as Range;
    const offset = (batches.offsets[batch] as number) + range;
    const rowAt = rows.offsets.slice(first, end);
    for (let m = 0; m < rowAt.length; m++) rowAt[m] = (rowAt[m] as number) + offset;
    if (this.#right === undefined) this.#sums(batch, first, from, to, rowAt, out);
    else {
      const width = Math.max(1, Math.min(columns.count, Math.floor(PANEL / (to - from))));
      for (let column = 0; column < columns.count; column += width)
        this.#panel(range, batch, first, column, Math.min(column + width, columns.count), rowAt, out);
    }
  }

  /** Left rows of a batch into `to`, one per row of the tile. */
  #fillRows(
    batch: number,
    first: number,
    count: number,
    [from, end]: Range,
    to: Float64Array,
    at: number,
    stride: number,
  ) {
    const { batches, rows } = this.#product;
    batches.place(batch, this.#o);
    for (let m = 0; m < count; m++) {
      rows.place(first + m, this.#o);
      this.#left.fill(this.#o, from, end, to, at + m * stride);
    }
  }

  /** Without a right side an operator has one column. */
  #sums(batch: number, first: number, from: number, to: number, rowAt: Int32Array, out: Float32Array): void {
    const { counters } = this.#tools;
    const { columns } = this.#product;
    const depth = to - from;
    const left = scratch('sums', rowAt.length * depth);
    this.#fillRows(batch, first, rowAt.length, [from, to], left, 0, depth);
    const { biases, stride } = this.#biases(batch, first, rowAt.length, 0, columns.count);
    for (let m = 0; m < rowAt.length; m++)
      for (let n = 0; n < columns.count; n++) {
        const at = (rowAt[m] as number) + (columns.offsets[n] as number);
        out[at] = exactSum(left, m * depth, depth, biases[m * stride + n] as number, () => counters.exact++);
      }
    counters.decided += rowAt.length * columns.count;
  }

  #panel(
    range: number,
    batch: number,
    firstRow: number,
    from: number,
    to: number,
    rowAt: Int32Array,
    out: Float32Array,
  ): void {
    const { kernel, counters } = this.#tools;
    const terms = this.#product.ranges[range] as Range;
    const columns = this.#prepare(range, batch, from, to);
    const { count, depth, packed } = columns;
    const space = kernel.open(packed, rowAt.length, count, depth);
    this.#fillRows(batch, firstRow, rowAt.length, terms, space.left, space.leftAt, space.leftStride);
    const { biases, stride } = this.#biases(batch, firstRow, rowAt.length, from, to);
    const columnAt = this.#product.columns.offsets.subarray(from, to);
    const { batches, rows, columns: right } = this.#product;
    batches.place(batch, this.#o);
    multiplyTile(kernel, space, columns, biases, stride, { out, rowAt, columnAt }, (m, n) => {
      rows.place(firstRow + m, this.#o);
      right.place(from + n, this.#o);
      return this.#decide(this.#o, ...terms);
    });
    counters.decided += rowAt.length * count;
  }

  /** Good until the next call. */
  #biases(batch: number, first: number, count: number, from: number, to: number) {
    const access = this.#operator.operands[2];
    const width = to - from;
    if (access === undefined) return { biases: scratch('no biases', width), stride: 0 };
    const { batches, rows, columns } = this.#product;
    const alike = rows.axes.every((axis) => access.outer[axis] === 0);
    const biases = scratch('biases', (alike ? 1 : count) * width);
    batches.place(batch, this.#o);
    columns.place(0, this.#o);
    const values = this.#data[2] as Float32Array;
    const biasAt = this.#shape.biasAt as Int32Array;
    for (let m = 0; m < (alike ? 1 : count); m++) {
      rows.place(first + m, this.#o);
      const start = startAddress(access, this.#o);
      for (let n = 0; n < width; n++) biases[m * width + n] = values[start + (biasAt[from + n] as number)] as number;
    }
    return { biases, stride: alike ? 0 : width };
  }

  /** Columns [from, to) of a batch and range as float64; those of constants are kept. */
  #prepare(range: number, batch: number, from: number, to: number): Columns {
    const { ranges, batches, columns } = this.#product;
    const key = `${range} ${batch} ${from}`;
    if (this.#columnsOf === key) return this.#columns as Columns;
    const access = this.#operator.operands[1] as Access;
    const kept = access.source.from === 'constant' ? this.#kept(`${key} ${to}`) : undefined;
    let made = kept?.found;
    if (made === undefined) {
      const [first, end] = ranges[range] as Range;
      const depth = end - first;
      const values = scratch('columns', (to - from) * depth);
      batches.place(batch, this.#o);
      for (let n = from; n < to; n++) {
        columns.place(n, this.#o);
        this.#right?.fill(this.#o, first, end, values, (n - from) * depth);
      }
      made = prepareColumns(this.#tools.kernel, values, to - from, depth);
      kept?.keep(made);
    }
    this.#columns = made;
    this.#columnsOf = key;
    return made;
  }

  /** Equal accesses over equal spaces share their columns: a recurrent network reads its weights once per step. */
  #kept(part: string) {
    const data = this.#data[1] as Float32Array;
    const { prepared, kernel } = this.#tools;
    const key = `${kernel.name} ${part} ${this.#shape.rightKey}`;
    const all = prepared.get(data) ?? new Map<string, Columns>();
    prepared.set(data, all);
    return { found: all.get(key), keep: (columns: Columns) => all.set(key, columns) };
  }
}

const memory = new Map<string, Float64Array>();

/** Scratch of at least this length, by use; grown as needed and never given back. */
function scratch(use: string, length: number): Float64Array {
  const known = memory.get(use);
  if (known && known.length >= length) return known;
  const made = new Float64Array(length);
  memory.set(use, made);
  return made;
}
