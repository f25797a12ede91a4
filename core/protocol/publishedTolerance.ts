/** A version's tolerance as the chain stores it: atol as float32 bits, rtol in units of 2^-32. */
import { ProtocolError } from '../errors.ts';
import type { Tolerance } from '../tolerance.ts';

export interface PublishedTolerance {
  /** Bits of a finite float32 >= 0. */
  readonly atol: number;
  /** rtol * 2^32. */
  readonly rtol: number;
}

/** Rounds both up: a result within the stated tolerance is within the stored one. */
export function packToleranceUp({ abs, rel }: Tolerance): PublishedTolerance {
  if (!(abs >= 0) || !Number.isFinite(Math.fround(abs)))
    throw new ProtocolError('tolerance.invalid', { name: 'atol', value: abs });
  const rtol = Math.ceil(rel * 2 ** 32) + 0; // + 0 drops the sign of -0
  if (!(rel >= 0) || rtol >= 2 ** 32) throw new ProtocolError('tolerance.invalid', { name: 'rtol', value: rel });
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, abs);
  // Bits of positive floats are ordered like the floats: the next one is one more. -0 has bits of its own and is stored as 0.
  const nearest = abs === 0 ? 0 : bits.getUint32(0);
  bits.setUint32(0, nearest);
  const atol = bits.getFloat32(0) < abs ? nearest + 1 : nearest;
  if (atol >= 0x7f800000) throw new ProtocolError('tolerance.invalid', { name: 'atol', value: abs });
  return { atol, rtol };
}

export function unpackTolerance({ atol, rtol }: PublishedTolerance): Tolerance {
  const bits = new DataView(new ArrayBuffer(4));
  bits.setUint32(0, atol);
  const abs = bits.getFloat32(0);
  if (!Number.isFinite(abs) || Object.is(Math.sign(abs), -1))
    throw new ProtocolError('tolerance.invalid', { name: 'atol', value: abs });
  return { abs, rel: rtol / 2 ** 32 };
}
