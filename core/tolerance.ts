/** Comparing a tensor with a reference: |got - want| <= abs + rel * |want| for every element. */
import { ProtocolError } from './errors.ts';
import type { Tensor } from './tensor.ts';
import { sameShape } from './tensor.ts';

export interface Tolerance {
  readonly abs: number;
  readonly rel: number;
}

export interface Comparison {
  readonly within: boolean;
  /** Elements outside the tolerance. */
  readonly outside: number;
  /** Largest |got - want|; Infinity if a non-finite value does not match. */
  readonly worstAbs: number;
  /** Largest |got - want| / |want| over elements with want != 0; Infinity if a non-finite value does not match. */
  readonly worstRel: number;
  /** The element with the largest excess over its tolerance, or -1 if all elements are equal. */
  readonly worstIndex: number;
}

/**
 * Compares element by element. NaN matches NaN of any encoding, an infinity only itself, -0 equals +0. Computed in float64,
 * integers exactly: enough to report and to judge far from the boundary. The rule that a dispute is decided by, exact at the
 * boundary and for a published tolerance, is core/semantics/tolerance/accept.ts.
 */
export function compareTensors(got: Tensor, want: Tensor, { abs, rel }: Tolerance, name = 'tensor'): Comparison {
  checkComparable(got, want, name);
  let outside = 0;
  let worstAbs = 0;
  let worstRel = 0;
  let worstIndex = -1;
  let worstExcess = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < want.data.length; i++) {
    const difference = distance(got.data[i] as number | bigint, want.data[i] as number | bigint);
    if (difference === 0) continue;
    const size = Math.abs(Number(want.data[i]));
    // A mismatch of non-finite values has no tolerance: rel * Infinity must not excuse it.
    const excess = Number.isFinite(difference) ? difference - (abs + rel * size) : Number.POSITIVE_INFINITY;
    if (excess > 0) outside++;
    worstAbs = Math.max(worstAbs, difference);
    if (size !== 0) worstRel = Math.max(worstRel, Number.isFinite(difference) ? difference / size : difference);
    if (worstIndex < 0 || excess > worstExcess) {
      worstExcess = excess;
      worstIndex = i;
    }
  }
  return { within: outside === 0, outside, worstAbs, worstRel, worstIndex };
}

/** Tensors of different types have no distance. */
export function checkComparable(got: Tensor, want: Tensor, name: string): void {
  if (got.dtype !== want.dtype)
    throw new ProtocolError('tensor.dtype', {
      name,
      got: got.dtype,
      expected: want.dtype,
    });
  if (!sameShape(got.shape, want.shape))
    throw new ProtocolError('tensor.shape', {
      name,
      got: got.shape.join(', '),
      expected: `[${want.shape.join(', ')}]`,
    });
}

function distance(got: number | bigint, want: number | bigint): number {
  if (typeof got === 'bigint' || typeof want === 'bigint') {
    const difference = BigInt(got) - BigInt(want);
    return Number(difference < 0n ? -difference : difference);
  }
  if (Object.is(got, want) || got === want) return 0;
  return Number.isFinite(got) && Number.isFinite(want) ? Math.abs(got - want) : Number.POSITIVE_INFINITY;
}
