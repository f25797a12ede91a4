/** Dots over random index spaces: windows with guards, strides of any kind, ranges. Sources are named by chance; sizes are per operand. */
import type { Access, Guard, Operator } from '#core/semantics/program.ts';
import { elementCount } from '#core/tensor.ts';
import type { Seeded } from './seeded.ts';

const rowMajor = (dims: readonly number[]) => dims.map((_, i) => elementCount(dims.slice(i + 1)));

function plain(space: readonly number[], inner: readonly number[], axes: readonly number[], taps: boolean): Access {
  const used = axes.map((axis) => space[axis] as number);
  const dims = taps ? [...used, ...inner] : used;
  const strides = rowMajor(dims);
  const outer = space.map((_, axis) => (axes.includes(axis) ? (strides[axes.indexOf(axis)] as number) : 0));
  const source = { from: 'input', index: 1 } as const;
  return {
    source,
    dtype: 'float32',
    elements: Math.max(1, elementCount(dims)),
    base: 0,
    outer,
    inner: taps ? strides.slice(used.length) : [],
    guards: [],
  };
}

const dotOf = (
  space: readonly number[],
  inner: readonly number[],
  operands: Operator['operands'],
  attribute = 0,
): Operator => ({ kind: 'Dot', dtype: 'float32', shape: space, space, inner, attribute, operands });

/** Makers of operators; they share the randomness. */
export function randomDots({ int, pick }: Seeded) {
  /** An operand over a padded window of [height, width, channels], channels last or first, and what it needs of the source. */
  function windowed(space: readonly number[], inner: readonly number[], channelsLast: boolean): Access {
    const [rows, columns, channels] = space as [number, number, number];
    const [kernelRows, kernelColumns] = inner as [number, number];
    const dims = channelsLast ? [rows, columns, channels] : [channels, rows, columns];
    const strides = rowMajor(dims);
    const [rowStride, columnStride, channelStride] = (
      channelsLast ? strides : [strides[1], strides[2], strides[0]]
    ) as [number, number, number];
    const guard = (axis: number, extent: number, kernel: number, stride: number): Guard => ({
      outer: axis,
      outerStep: 1,
      inner: axis,
      innerStep: 1 + int(2),
      offset: -int(kernel + 1),
      divisor: 1 + int(2),
      extent,
      stride,
    });
    return {
      source: { from: 'input', index: 0 },
      dtype: 'float32',
      elements: elementCount(dims),
      base: 0,
      outer: [0, 0, channelStride],
      inner: [0, 0],
      guards: [guard(0, rows, kernelRows, rowStride), guard(1, columns, kernelColumns, columnStride)],
    };
  }

  /** A pool or a convolution, with and without weights per channel. */
  function windowOperator(): Operator {
    const space = [1 + int(4), 1 + int(4), pick([1, 3, 8, 9, 20])];
    const inner = [1 + int(3), 1 + int(3)];
    const left = windowed(space, inner, int(3) > 0);
    const right = pick([
      undefined,
      plain(space, inner, [2], true),
      plain(space, inner, [], true),
      plain(space, inner, [0, 2], true),
    ]);
    const bias = pick([undefined, plain(space, inner, [2], false), plain(space, inner, [0], false)]);
    return dotOf(space, inner, [left, right, bias]);
  }

  /** An operand whose strides are in no order, over some of the axes, maybe with a guard on two of them. */
  function strided(space: readonly number[], inner: readonly number[], always: number, taps = true): Access {
    const all = [...space, ...(taps ? inner : [])];
    const used = all.map((_, axis) => axis === always || int(4) > 0);
    const order = used.flatMap((use, axis) => (use ? [axis] : [])).sort(() => int(3) - 1);
    const strides = all.map(() => 0);
    let reach = 1;
    for (const axis of order) {
      strides[axis] = reach;
      reach *= all[axis] as number;
    }
    const guards: Guard[] = [];
    if (taps && int(4) === 0) {
      const [outer, along] = [int(space.length + 1) - 1, int(inner.length + 1) - 1];
      const extent = 1 + int(4);
      const [outerStep, innerStep] = [int(3) - 1, int(3) - 1];
      guards.push({
        outer,
        outerStep,
        inner: along,
        innerStep,
        offset: int(4) - 1,
        divisor: 1 + int(2),
        extent,
        stride: reach,
      });
      reach *= extent;
    }
    const base = int(3);
    return {
      source: { from: pick(['input', 'constant'] as const), index: 0 },
      dtype: 'float32',
      elements: base + reach,
      base,
      outer: strides.slice(0, space.length),
      inner: strides.slice(space.length),
      guards,
    };
  }

  function stridedOperator(): Operator {
    const space = Array.from({ length: int(4) }, () => pick([1, 2, 3, 5, 8, 13]));
    const inner = Array.from({ length: int(3) }, () => pick([1, 2, 4, 7, 12]));
    const axis = space.length - 1;
    const right = int(3) === 0 ? undefined : strided(space, inner, axis);
    const bias = int(2) === 0 ? undefined : strided(space, inner, -1, false);
    return dotOf(space, inner, [strided(space, inner, axis), right, bias]);
  }

  /** Consecutive ranges of more taps than one Dot may have. */
  function rangedOperator(): Operator {
    const inner = pick([[8192 + 37], [2, 8192 - 5], [3, 4, 1411]]);
    const space = [2, Math.ceil(elementCount(inner) / 8192)];
    const right = pick([undefined, plain(space, inner, [0], true), plain(space, inner, [], true)]);
    return dotOf(space, inner, [plain(space, inner, [0], true), right, undefined], 1);
  }

  /** Channels last, several kernels: padded, strided, dilated or transposed; sometimes in groups. */
  function convolutionOperator(): Operator {
    const [rows, columns, channels, kernels] = [1 + int(6), 1 + int(6), pick([1, 2, 5, 8, 16, 70]), 1 + int(4)];
    const space = [1 + int(6), 1 + int(6), kernels];
    const inner = [1 + int(3), 1 + int(3), channels];
    const groups = int(4) === 0 ? kernels : 1;
    const image = [rows, columns, channels * groups];
    const strides = rowMajor(image);
    const guard = (axis: number): Guard => ({
      outer: axis,
      outerStep: pick([1, 1, 2]),
      inner: axis,
      innerStep: pick([1, 1, 2, -1]),
      offset: int(4) - 2,
      divisor: pick([1, 1, 2, 3]),
      extent: image[axis] as number,
      stride: strides[axis] as number,
    });
    const left: Access = {
      source: { from: 'input', index: 0 },
      dtype: 'float32',
      elements: elementCount(image),
      base: 0,
      outer: [0, 0, groups === 1 ? 0 : channels],
      inner: [0, 0, 1],
      guards: [guard(0), guard(1)],
    };
    return dotOf(space, inner, [
      left,
      plain(space, inner, [2], true),
      pick([undefined, plain(space, inner, [2], false)]),
    ]);
  }

  /** Strides and guards of any kind on any axis, several on one, with and without divisors: more than a compiler would write. */
  function anyAccess(space: readonly number[], inner: readonly number[], index: number): Access {
    const stride = () => pick([0, 0, 1, 1, 2, -1]);
    const outer = space.map(stride);
    const strides = inner.map(stride);
    const guards: Guard[] = [];
    let [least, most] = [0, 0];
    const reach = (x: number) => {
      least += Math.min(0, x);
      most += Math.max(0, x);
    };
    outer.forEach((x, i) => {
      reach(x * ((space[i] as number) - 1));
    });
    strides.forEach((x, i) => {
      reach(x * ((inner[i] as number) - 1));
    });
    for (let g = int(4); g > 0; g--) {
      const along = int(inner.length + 1) - 1;
      const size = inner[along] ?? 4;
      const guard = {
        outer: int(space.length + 1) - 1,
        outerStep: int(5) - 2,
        inner: along,
        innerStep: int(5) - 2,
        offset: int(2 * size) - int(3),
        divisor: pick([1, 1, 2, 3]),
        extent: 1 + int(3 * size),
        stride: pick([1, 1, 2, -1]),
      };
      reach(guard.stride * (guard.extent - 1));
      guards.push(guard);
    }
    const source = { from: 'input', index } as const;
    return { source, dtype: 'float32', elements: most - least + 1, base: -least, outer, inner: strides, guards };
  }

  function anyOperator(): Operator {
    const space = Array.from({ length: int(3) }, () => 1 + int(4));
    const inner = Array.from({ length: int(4) }, () => 1 + int(9));
    const right = int(4) === 0 ? undefined : anyAccess(space, inner, 1);
    return dotOf(space, inner, [anyAccess(space, inner, 0), right, undefined]);
  }

  /** The same over ranges of 8,192 terms, whose ends fall inside lines. */
  function anyRangedOperator(): Operator {
    const inner = pick([[9001], [5, 1700], [1700, 5], [2, 3, 1500], [41, 7, 30]]);
    const space = [2, Math.ceil(elementCount(inner) / 8192)];
    const [left, right] = [0, 1].map((i) => anyAccess(space, inner, i)) as [Access, Access];
    const unranged = (access: Access): Access => ({
      ...access,
      outer: access.outer.with(-1, 0),
      guards: access.guards.map((guard) => (guard.outer === 1 ? { ...guard, outer: -1 } : guard)),
    });
    return dotOf(space, inner, [unranged(left), int(4) === 0 ? undefined : unranged(right), undefined], 1);
  }

  return {
    windowOperator,
    stridedOperator,
    rangedOperator,
    convolutionOperator,
    anyOperator,
    anyRangedOperator,
  };
}
