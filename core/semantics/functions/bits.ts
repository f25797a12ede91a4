/** The bit pattern of a float32 value, and back. */
const value = new Float32Array(1);
const word = new Uint32Array(value.buffer);

/** x: a float32 value; the result is unsigned. */
export function bitsOf(x: number): number {
  value[0] = x;
  return word[0] as number;
}

export function floatOf(bits: number): number {
  word[0] = bits;
  return value[0] as number;
}

/** 2^k for -1022 <= k <= 1023, exact on every engine (`2 ** k` is not promised to be). */
export function powerOfTwo(k: number): number {
  const power = new Float64Array(1);
  new BigUint64Array(power.buffer)[0] = BigInt(k + 1023) << 52n;
  return power[0] as number;
}

/** x = mantissa * 2^exponent exactly; x: a finite float32 value. */
export function partsOf(x: number): { mantissa: bigint; exponent: number } {
  const bits = bitsOf(x);
  const field = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  const mantissa = BigInt(field === 0 ? fraction : fraction | 0x800000);
  return { mantissa: x < 0 ? -mantissa : mantissa, exponent: Math.max(field, 1) - 150 };
}
