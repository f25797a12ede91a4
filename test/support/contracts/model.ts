// A synthetic model: shapes, encodings and outputs that are valid, without running anything.
import { commitItems } from '#core/commitment/list.ts';
import { headersHash, headersOf } from '#core/commitment/schema.ts';
import type { Bytes32, Hex } from '#core/hex.ts';
import { fromHex } from '#core/hex.ts';

/** What one version takes and gives. */
export interface Shape {
  readonly inputHeaders: Bytes32[];
  readonly outputHeaders: Bytes32[];
  readonly outputBytes: number;
}

/** float32[8] -> float32[4], judged within a tolerance. */
export const TOLERANT: Shape = {
  inputHeaders: headersOf([{ dtype: 'float32', shape: [8] }]),
  outputHeaders: headersOf([{ dtype: 'float32', shape: [4] }]),
  outputBytes: 16,
};

/** float32[8] -> int32[4], judged bit by bit: its submissions may be a hash. */
export const EXACT: Shape = { ...TOLERANT, outputHeaders: headersOf([{ dtype: 'int32', shape: [4] }]) };

/** Canonical float32 bytes. */
export function floats(...values: number[]): Hex {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => {
    view.setFloat32(4 * i, value);
  });
  return `0x${Buffer.from(view.buffer).toString('hex')}`;
}

export const INPUT = floats(1, 2, 3, 4, 5, 6, 7, 8);
export const OUTPUT = floats(0.5, 0.25, 0.125, 0.0625);
export const OTHER_OUTPUT = floats(9, 9, 9, 9);

/** `items` items one after the other. */
export const repeated = (item: Hex, items: number): Hex => `0x${item.slice(2).repeat(items)}`;

export const commit = (headers: readonly Bytes32[], items: number, bytes: Hex): Bytes32 =>
  commitItems(headers, items, fromHex(bytes));

export function contentOf(shape: Shape) {
  return {
    sha256Hash: `0x${'a1'.repeat(32)}`,
    size: 13_863n,
    inputSchema: headersHash(shape.inputHeaders),
    outputSchema: headersHash(shape.outputHeaders),
    programRoot: `0x${'d4'.repeat(32)}`,
    atol: shape === EXACT ? 0n : 0x38d1b717n, // 1e-4
    rtol: 0n,
    outputBytes: BigInt(shape.outputBytes),
    cost: (20n << 8n) | 27n, // 20 seconds per item at the rate of the parameter set
    sliceFloorGwei: 0n,
    exact: shape === EXACT,
    rows: true,
    licenceHash: `0x${'00'.repeat(32)}`,
  };
}
