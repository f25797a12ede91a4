/** Cost of one item in multiply-adds, as the chain stores it: mantissa 24 | exponent 8, value = mantissa << exponent. */
import { ProtocolError } from '../errors.ts';

const MANTISSA_BITS = 24n;
const MAX_EXPONENT = 200n;

/** Rounds up, so that no window or slice is shorter than the work needs. At most 2^-23 above the true value. */
export function packCostUp(multiplyAdds: bigint): number {
  if (multiplyAdds < 1n) throw new ProtocolError('cost.range', { value: multiplyAdds });
  let exponent = 0n;
  let mantissa = multiplyAdds;
  while (mantissa >> MANTISSA_BITS !== 0n) {
    exponent++;
    mantissa = (multiplyAdds + (1n << exponent) - 1n) >> exponent;
  }
  if (exponent > MAX_EXPONENT) throw new ProtocolError('cost.range', { value: multiplyAdds });
  return Number((mantissa << 8n) | exponent);
}

export function unpackCost(packed: number): bigint {
  const word = BigInt(packed);
  return (word >> 8n) << (word & 0xffn);
}
