/** The header word of a tensor: dtype 8 | rank 8 | dim0 32 | ... | dim6 32 | 0 16 (contracts/types/TensorHeader.sol). */
import { ProtocolError } from '../errors.ts';
import type { Bytes32 } from '../hex.ts';
import { wordOf } from '../hex.ts';
import type { TensorType } from '../tensor.ts';
import { checkShape, elementCount, MAX_ELEMENTS } from '../tensor.ts';
import { DTYPES, dtypeOfCode, isDtype } from './dtype.ts';

const MAX_RANK = 7;

export function encodeHeader(type: TensorType, name = 'tensor'): Bytes32 {
  if (!isDtype(type.dtype))
    throw new ProtocolError('tensor.dtype', {
      name,
      got: String(type.dtype),
      expected: Object.keys(DTYPES).join(', '),
    });
  checkShape(type.shape, name);
  let word = (BigInt(DTYPES[type.dtype].code) << 8n) | BigInt(type.shape.length);
  for (let i = 0; i < MAX_RANK; i++) word = (word << 32n) | BigInt(type.shape[i] ?? 0);
  return wordOf(word << 16n);
}

/** The only inverse of encodeHeader: any other word is refused. */
export function decodeHeader(header: Bytes32): TensorType {
  const word = BigInt(header);
  const dtype = dtypeOfCode(Number(word >> 248n));
  const rank = Number((word >> 240n) & 0xffn);
  const dims = Array.from({ length: MAX_RANK }, (_, i) => Number((word >> BigInt(208 - 32 * i)) & 0xffffffffn));
  const refuse = (reason: string) => new ProtocolError('tensor.header', { header, reason });
  if (dtype === undefined) throw refuse('its dtype code is unknown');
  if (rank > MAX_RANK) throw refuse(`its rank is ${rank}, above 7`);
  if (dims.slice(0, rank).includes(0)) throw refuse('a dimension is 0');
  if (dims.slice(rank).some((dim) => dim !== 0) || (word & 0xffffn) !== 0n) throw refuse('unused bits are set');
  const shape = dims.slice(0, rank);
  if (elementCount(shape) > MAX_ELEMENTS) throw refuse('it has more than 2^40 elements');
  return { dtype, shape };
}

/** Bytes of one tensor of this type on the wire. */
export function byteLength(type: TensorType): number {
  return elementCount(type.shape) * DTYPES[type.dtype].bytes;
}
