// Tensors as a request carries them in calldata.
import { encodeTensor } from '#core/commitment/elements.ts';
import { type Hex, toHex } from '#core/hex.ts';
import type { Tensor } from '#core/tensor.ts';

/** Canonical bytes, one tensor after the other. */
export const bytesOf = (tensors: readonly Tensor[]): Hex =>
  toHex(Uint8Array.from(tensors.flatMap((tensor) => [...encodeTensor(tensor)])));
