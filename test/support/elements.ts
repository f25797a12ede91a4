// Elements as bits: how the chain has them, how the reference semantics has them, and patterns that are worth trying.
import { DTYPES, type Dtype } from '#core/commitment/dtype.ts';
import type { ElementwiseKind } from '#core/semantics/kinds.ts';
import { KINDS } from '#core/semantics/kinds.ts';
import type { Scalar } from '#core/semantics/primitives/arithmetic.ts';
import { elementFunction } from '#core/semantics/primitives/elementwise.ts';
import type { Seeded } from './seeded.ts';

const view = new DataView(new ArrayBuffer(8));

/** The value that bits are read as: of NaN whatever its payload, true for any byte but 0. */
export function scalarOf(bits: bigint, dtype: Dtype): Scalar {
  view.setBigUint64(0, bits);
  switch (dtype) {
    case 'float32':
      return view.getFloat32(4);
    case 'int64':
      return view.getBigInt64(0);
    case 'int32':
      return view.getInt32(4);
    case 'int8':
      return view.getInt8(7);
    case 'bool':
      return view.getUint8(7) === 0 ? 0 : 1;
    default:
      return view.getUint8(7);
  }
}

/** The canonical bits of a value stored in a tensor of the dtype. */
export function bitsOf(value: Scalar, dtype: Dtype): bigint {
  const stored = new DTYPES[dtype].Data(1);
  (stored as Float32Array)[0] = value as number;
  const kept = stored[0] as Scalar;
  if (dtype === 'float32') {
    if (Number.isNaN(kept)) return 0x7fc00000n;
    view.setFloat32(4, kept as number);
    return BigInt(view.getUint32(4));
  }
  return BigInt.asUintN(8 * DTYPES[dtype].bytes, BigInt(kept));
}

const FLOATS = [
  0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x3f800000, 0xbf800000, 0x3effffff, 0x3f000000, 0x3f000001,
  0x3fc00000, 0x40200000, 0x4afffffe, 0x4affffff, 0x4b000000, 0x4b800001, 0x4f000000, 0xcf000000, 0x5f000000,
  0xdf000000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000,
].map(BigInt);

/** Bits to try: corner cases, and among them anything. */
export function patterns(dtype: Dtype, random: Seeded): () => bigint {
  const width = 8 * DTYPES[dtype].bytes;
  if (dtype === 'bool') return () => BigInt(random.int(4) === 0 ? random.int(256) : random.int(2));
  const any = () => BigInt.asUintN(width, (BigInt(random.bits()) << 32n) | BigInt(random.bits()));
  if (dtype !== 'float32') {
    const top = 1n << BigInt(width - 1);
    const corners = [0n, 1n, 2n, top - 1n, top, top + 1n, 2n * top - 1n, 2n * top - 2n];
    // Integers half way between two floats, or next to that.
    const tie = () => BigInt(random.int(1 << 24) * 2 + 1) << BigInt(random.int(40));
    const near = () => BigInt.asUintN(width, (random.int(2) === 0 ? tie() : -tie()) + BigInt(random.int(3) - 1));
    const draws = [() => random.pick(corners), any, () => BigInt(random.int(128)), near];
    return () => random.pick(draws)();
  }
  return () => {
    const kind = random.int(8);
    if (kind === 0) return random.pick(FLOATS);
    const sign = BigInt(random.int(2)) << 31n;
    if (kind === 1) return sign | BigInt(random.int(0x800000)); // subnormal
    if (kind === 2) return sign | (BigInt(118 + random.int(20)) << 23n) | BigInt(random.int(0x800000)); // about 1
    if (kind === 3) return sign | (BigInt(120 + random.int(40)) << 23n) | (BigInt(random.int(8)) << 20n); // few bits: ties
    if (kind === 4 && random.int(8) === 0) return sign | BigInt(0x7f800000 + random.int(0x800000)); // NaNs
    return any();
  };
}

const wrap32 = (bits: number) => BigInt(bits >>> 0);

/** Second operands that make the first one's sum, product or quotient hard: cancelling, half way between two floats, on the edge of a range. */
export function related(x: bigint, dtype: Dtype, random: Seeded): bigint {
  const width = 8 * DTYPES[dtype].bytes;
  if (dtype !== 'float32') return BigInt.asUintN(width, x ^ BigInt(random.int(4)));
  const bits = Number(x);
  const [sign, exponent] = [random.bits() & 0x80000000, (bits >>> 23) & 0xff];
  const field = (e: number) => Math.max(0, Math.min(254, e)) << 23;
  switch (random.int(7)) {
    case 0: // the same but for the last bits, either sign
      return wrap32(sign | ((bits ^ random.int(4)) & 0x7fffffff));
    case 1: // an exponent near by
      return wrap32(sign | field(exponent + random.int(53) - 26) | random.int(0x800000));
    case 2: // half a unit in the last place, or next to it
      return wrap32((sign | field(exponent - 24)) + random.int(3) - 1);
    case 3: // a power of two that brings a product or quotient to the subnormals or the infinities
      return wrap32(
        sign |
          field(random.pick([1, 253, 127 - exponent, exponent, exponent + 127, 254 - exponent]) + random.int(30) - 15),
      );
    case 4: // 12 bits
      return wrap32(sign | field(exponent + random.int(9) - 4) | (random.int(1 << 12) << 11));
    case 5:
      return random.pick(FLOATS);
    default: // so that it is about a scale of a quantisation to 8 bits
      return wrap32(field(exponent - random.int(10)) | (random.int(2) * random.int(0x800000)));
  }
}

export interface Family {
  readonly kind: ElementwiseKind;
  readonly from: readonly Dtype[];
  readonly to: Dtype;
}

const ALL: readonly Dtype[] = ['float32', 'int32', 'int64', 'uint8', 'int8', 'bool'];

/** Every combination of dtypes that a kind is defined for. */
export function familiesOf(kind: ElementwiseKind): Family[] {
  const found: Family[] = [];
  for (const dtype of ALL) {
    for (const to of ALL) {
      const from = operandsOf(kind, dtype, to);
      if (from && elementFunction(kind, from, to, 0) !== undefined) found.push({ kind, from, to });
    }
  }
  return found;
}

function operandsOf(kind: ElementwiseKind, dtype: Dtype, to: Dtype): readonly Dtype[] | undefined {
  switch (kind) {
    case 'Cast':
      return [dtype];
    case 'Quantize':
      return dtype === 'float32' && (to === 'uint8' || to === 'int8') ? ['float32', 'float32', to] : undefined;
    case 'Dequantize':
      return to === 'float32' && ['uint8', 'int8', 'int32'].includes(dtype) ? [dtype, 'float32', dtype] : undefined;
    case 'Equal':
    case 'Less':
    case 'LessOrEqual':
      return to === 'bool' ? [dtype, dtype] : undefined;
    case 'And':
    case 'Or':
    case 'Xor':
      return dtype === 'bool' && to === 'bool' ? ['bool', 'bool'] : undefined;
    case 'Not':
      return dtype === 'bool' && to === 'bool' ? ['bool'] : undefined;
    case 'Where':
      return to === dtype ? ['bool', to, to] : undefined;
    case 'Clip':
      return to === dtype && to !== 'bool' ? [to, to, to] : undefined;
    default:
      return to === dtype && to !== 'bool' ? Array.from({ length: KINDS[kind].operands }, () => to) : undefined;
  }
}

/** What the reference semantics gives. */
export function expectedBits({ kind, from, to }: Family, operands: readonly bigint[], attribute = 0): bigint {
  const apply = elementFunction(kind, from, to, attribute);
  if (apply === undefined) throw new Error(`${kind} is not defined for ${from}`);
  const values = from.map((dtype, i) => scalarOf(operands[i] as bigint, dtype));
  return bitsOf(apply(...(values as [Scalar])), to);
}
