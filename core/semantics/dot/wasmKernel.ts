/** The same products in WebAssembly with two float64 lanes: about 0.15 ns per multiply-add. */

import { WASM } from '../../webAssembly.ts';
import { type Kernel, plainKernel } from './kernel.ts';
import { FUSED_KERNEL, SIMD_KERNEL } from './kernelBytes.ts';

const PAGE = 65_536;
/** Columns of a panel, rows of a block. */
const TILE = 4;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  multiply(left: number, panels: number, out: number, depth: number, panelCount: number, outStride: number): void;
}

const even = (depth: number) => depth + (depth & 1);

/** [panel][depth made even][4 columns]; what is not there is 0. */
function pack(right: Float64Array, columns: number, depth: number): Float64Array {
  const padded = even(depth);
  const packed = new Float64Array(Math.ceil(columns / TILE) * padded * TILE);
  for (let n = 0; n < columns; n++) {
    const to = Math.floor(n / TILE) * padded * TILE + (n % TILE);
    for (let k = 0; k < depth; k++) packed[to + k * TILE] = right[n * depth + k] as number;
  }
  return packed;
}

function kernelOf(name: string, base64: string): Kernel | undefined {
  const exports = WASM.instantiate<Exports>(base64);
  if (exports === undefined) return undefined;
  const { memory, multiply } = exports;
  let floats = new Float64Array(memory.buffer);
  /** The packed columns that are in the memory now: a tile after the other multiplies the same ones. */
  let loaded: Float64Array | undefined;

  function reserve(length: number): void {
    if (length <= floats.length) return;
    memory.grow(Math.ceil((length - floats.length) / (PAGE / 8)));
    floats = new Float64Array(memory.buffer);
  }

  let open = { leftAt: 0, outAt: 0, padded: 0, panels: 0 };
  return {
    name,
    pack,
    open(packed, rows, columns, depth) {
      const padded = even(depth);
      const blocks = Math.ceil(rows / TILE);
      const panels = Math.ceil(columns / TILE);
      const leftAt = packed.length;
      const outAt = leftAt + blocks * TILE * padded;
      reserve(outAt + blocks * TILE * panels * TILE);
      if (loaded !== packed) floats.set(packed, 0);
      loaded = packed;
      if (padded !== depth) for (let m = 0; m < rows; m++) floats[leftAt + m * padded + depth] = 0;
      open = { leftAt, outAt, padded, panels };
      const [left, products] = [floats, floats];
      return { left, leftAt, leftStride: padded, products, productsAt: outAt, productsStride: panels * TILE };
    },
    multiply(rows) {
      const { leftAt, outAt, padded, panels } = open;
      const width = panels * TILE;
      // Rows behind the last one hold what an earlier call left there; their products are not read.
      for (let m = 0; m < rows; m += TILE)
        multiply(8 * (leftAt + m * padded), 0, 8 * (outAt + m * width), padded, panels, 8 * width);
    },
  };
}

const known = new Map<string, Kernel | undefined>();

function once(name: string, base64: string): Kernel | undefined {
  if (!known.has(name)) known.set(name, kernelOf(name, base64));
  return known.get(name);
}

export const simdKernel = (): Kernel | undefined => once('WASM f64x2', SIMD_KERNEL);
export const fusedKernel = (): Kernel | undefined => once('WASM f64x2 fused', FUSED_KERNEL);

/** The fastest kernel that this engine runs. All give the same Dots. */
export function fastestKernel(): Kernel {
  return fusedKernel() ?? simdKernel() ?? plainKernel;
}
