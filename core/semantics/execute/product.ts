/** How the index space of a Dot is a batch of matrix products: which axes belong to both sides, to the left or to the right one. */
import { elementCount } from '../../tensor.ts';
import { unravel } from '../access.ts';
import type { Access, Operator } from '../program.ts';
import { MAX_TERMS } from '../program.ts';
import { rowMajor } from '../shape.ts';

/** Some axes of a space: their coordinates by flat number, and where such an element is in the output. */
export interface AxisSet {
  readonly axes: readonly number[];
  readonly count: number;
  /** Sets the coordinates of element i of this set in o; other coordinates stay. */
  place(i: number, o: number[]): void;
  /** What element i adds to the flat index of the output. */
  readonly offsets: Int32Array;
  /** What element i adds to an address that has these strides along the axes of the space. */
  along(strides: readonly number[]): Int32Array;
}

export interface Product {
  readonly batches: AxisSet;
  readonly rows: AxisSet;
  readonly columns: AxisSet;
  /** Consecutive ranges of the taps that have a Dot each: [from, to). One range unless the operator says otherwise. */
  readonly ranges: readonly (readonly [from: number, to: number])[];
}

const depends = (access: Access | undefined, axis: number) =>
  access !== undefined && (access.outer[axis] !== 0 || access.guards.some(({ outer }) => outer === axis));

/** `lefts` and `rights` are the operands that a left row, or a right column, is filled from; ranges are the last axis. */
export function productOf(
  { space, inner, attribute, kind }: Operator,
  lefts: readonly (Access | undefined)[],
  rights: readonly (Access | undefined)[],
): Product {
  const ranged = kind === 'Dot' && attribute === 1;
  const axes = space.map((_, axis) => axis).slice(0, ranged ? -1 : undefined);
  const onLeft = (axis: number) => lefts.some((access) => depends(access, axis));
  const onRight = (axis: number) => rights.some((access) => depends(access, axis));
  const terms = elementCount(inner);
  const ranges = Array.from({ length: ranged ? (space.at(-1) as number) : 1 }, (_, r): [number, number] =>
    ranged ? [r * MAX_TERMS, Math.min(terms, (r + 1) * MAX_TERMS)] : [0, terms],
  );
  return {
    batches: axisSet(
      space,
      axes.filter((axis) => onLeft(axis) && onRight(axis)),
    ),
    rows: axisSet(
      space,
      axes.filter((axis) => !onRight(axis)),
    ),
    columns: axisSet(
      space,
      axes.filter((axis) => !onLeft(axis) && onRight(axis)),
    ),
    ranges,
  };
}

/**
 * Whether a Dot has so few products for each row or column that a matrix product does not repay getting them ready. Columns of constants
 * are ready once and for all.
 */
export function fewProducts({ space, attribute, operands }: Operator): boolean {
  const [left, right] = operands;
  let [rows, columns] = [1, 1];
  for (let axis = 0; axis < space.length - (attribute === 1 ? 1 : 0); axis++)
    if (!depends(right, axis)) rows *= space[axis] as number;
    else if (!depends(left, axis)) columns *= space[axis] as number;
  return columns <= FEW || (rows <= FEW && right?.source.from !== 'constant');
}

const FEW = 2;

function axisSet(space: readonly number[], axes: readonly number[]): AxisSet {
  const dims = axes.map((axis) => space[axis] as number);
  const count = elementCount(dims);
  const coordinates: number[] = [];
  const along = (strides: readonly number[]) => {
    // Axis by axis from the last: each repeats what is there, once per coordinate.
    const offsets = new Int32Array(count);
    let filled = 1;
    for (let j = axes.length - 1; j >= 0; j--) {
      const stride = strides[axes[j] as number] as number;
      const period = filled;
      for (let c = 1; c < (dims[j] as number); c++)
        for (let i = 0; i < period; i++) offsets[filled++] = (offsets[i] as number) + c * stride;
    }
    return offsets;
  };
  return {
    axes,
    count,
    place(i, o) {
      unravel(i, dims, coordinates);
      for (let j = 0; j < axes.length; j++) o[axes[j] as number] = coordinates[j] as number;
    },
    offsets: along(rowMajor(space)),
    along,
  };
}
