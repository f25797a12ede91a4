/**
 * The one comparison of the protocol that is not an equality of bits: whether an output element is acceptable where the reference
 * output has r (docs/spec/tolerance.md). Decided exactly, as the chain decides it; core/tolerance.ts only reports sizes.
 */
import type { PublishedTolerance } from '../../protocol/publishedTolerance.ts';
import { unpackTolerance } from '../../protocol/publishedTolerance.ts';
import type { Tensor } from '../../tensor.ts';
import { sameShape } from '../../tensor.ts';
import { checkComparable } from '../../tolerance.ts';

/** Decides |y - r| <= atol + rtol * |r| for float32 y and r. */
export type Accepts = (y: number, r: number) => boolean;

/** Half the certainty margin of the float64 estimates below: each side has at most three roundings of 2^-53. */
const CERTAIN = 2 ** -50;

/** Integers are in units of 2^-149 (y, r, atol) and 2^-181 (the comparison): every float32 is a whole multiple. */
const UNIT = 2 ** 149;

/** Throws `tolerance.invalid` for bits that no version can hold. */
export function acceptance(tolerance: PublishedTolerance): Accepts {
  const { abs, rel } = unpackTolerance(tolerance);
  const allowance = units(abs) << 32n;
  const share = BigInt(tolerance.rtol);
  return (y, r) => {
    if (y === r) return true; // -0 and +0, and an infinity and itself
    if (Number.isNaN(r) || Number.isNaN(y)) return Number.isNaN(r) && Number.isNaN(y);
    const distance = Math.abs(y - r);
    if (distance === Number.POSITIVE_INFINITY) return false;
    // No underflow: the least product is 2^-181, far above float64's 2^-1074.
    const bound = abs + rel * Math.abs(r);
    if (distance < bound * (1 - CERTAIN)) return true;
    if (distance > bound * (1 + CERTAIN)) return false;
    return magnitude(units(y) - units(r)) << 32n <= allowance + share * magnitude(units(r));
  };
}

/** A finite float32 in units of 2^-149. Scaling by a power of two within float64's range is exact. */
const units = (x: number): bigint => BigInt(x * UNIT);
const magnitude = (x: bigint): bigint => (x < 0n ? -x : x);

/** The first element of `got` that cannot be accepted, or -1. Integers and bools must be equal; NaN matches NaN of any encoding. */
export function firstUnacceptable(got: Tensor, reference: Tensor, tolerance: PublishedTolerance): number {
  checkComparable(got, reference, 'output');
  const accepts = acceptance(tolerance);
  const float = reference.dtype === 'float32';
  for (let i = 0; i < reference.data.length; i++) {
    const [y, r] = [got.data[i], reference.data[i]];
    if (float ? !accepts(y as number, r as number) : y !== r) return i;
  }
  return -1;
}

/** The item is an acceptable answer: every element of every output. An output of another type is not. */
export function acceptable(
  got: readonly Tensor[],
  reference: readonly Tensor[],
  tolerance: PublishedTolerance,
): boolean {
  return (
    got.length === reference.length &&
    reference.every((tensor, i) => {
      const { dtype, shape } = got[i] as Tensor;
      const same = dtype === tensor.dtype && sameShape(shape, tensor.shape);
      return same && firstUnacceptable(got[i] as Tensor, tensor, tolerance) < 0;
    })
  );
}
