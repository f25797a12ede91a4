/** Pictures as tensors and back: PNG files, channels first (…, C, H, W) as image models of ONNX have them. */
import { PNG } from 'pngjs';
import { itemType } from '#core/commitment/canonical.ts';
import type { NamedSpec } from '#core/protocol/schema.ts';
import { elementCount, type Tensor, tensorFrom } from '#core/tensor.ts';
import { UsageError } from './command.ts';

export interface PictureRange {
  /** What black and white become; for whole-number dtypes the bytes stay as they are. */
  readonly low: number;
  readonly high: number;
}

/** ITU-R BT.601 luma. */
const LUMA = [0.299, 0.587, 0.114];

/** The input of a model from a PNG: made grey for one channel, brought to its size by averaging areas. */
export function tensorOfPicture(spec: NamedSpec, file: Uint8Array, { low, high }: PictureRange, name: string): Tensor {
  const { dtype, shape } = itemType(spec);
  const [channels, height, width] = planesOf(shape, spec.name);
  const { width: w, height: h, data } = decoded(file, name);
  const value = (x: number, y: number, channel: number): number => {
    const at = 4 * (y * w + x);
    if (channels === 1) return LUMA.reduce((sum, part, c) => sum + part * (data[at + c] ?? 0), 0);
    return data[at + channel] ?? 0;
  };
  const elements: number[] = [];
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const byte = average(
          value,
          c,
          [(x * w) / width, ((x + 1) * w) / width],
          [(y * h) / height, ((y + 1) * h) / height],
        );
        elements.push(dtype === 'float32' ? low + (byte / 255) * (high - low) : Math.round(byte));
      }
  return tensorFrom(dtype, shape, elements, spec.name);
}

function decoded(file: Uint8Array, name: string): PNG {
  try {
    return PNG.sync.read(Buffer.from(file));
  } catch (error) {
    throw new UsageError(`${name} is no PNG picture: ${(error as Error).message}`, { cause: error });
  }
}

/** Mean over a rectangle whose edges may cut pixels. */
function average(
  value: (x: number, y: number, channel: number) => number,
  channel: number,
  [left, right]: readonly [number, number],
  [top, bottom]: readonly [number, number],
): number {
  let [sum, area] = [0, 0];
  for (let y = Math.floor(top); y < bottom; y++)
    for (let x = Math.floor(left); x < right; x++) {
      const share = (Math.min(right, x + 1) - Math.max(left, x)) * (Math.min(bottom, y + 1) - Math.max(top, y));
      sum += share * value(x, y, channel);
      area += share;
    }
  return area === 0 ? 0 : sum / area;
}

function planesOf(shape: readonly number[], name: string): readonly [channels: number, height: number, width: number] {
  const [channels = 1, height = 0, width = 0] = shape.length < 3 ? [1, ...shape] : shape.slice(-3);
  const pictures = elementCount(shape) === channels * height * width && (channels === 1 || channels === 3);
  if (shape.length >= 2 && pictures) return [channels, height, width];
  throw new UsageError(`${name} of shape [${shape.join(', ')}] is no picture: 1 or 3 channels, height, width`);
}

/** A tensor as PNG: floats from `low` to `high` become black to white, bytes stay as they are; each element a square of `size` pixels. */
export function pictureOf(tensor: Tensor, { low, high }: PictureRange, size: number, name: string): Uint8Array {
  const [channels, height, width] = planesOf(tensor.shape, name);
  const png = new PNG({ width: width * size, height: height * size });
  const byteAt = (c: number, y: number, x: number): number => {
    const value = Number(tensor.data[((channels === 1 ? 0 : c) * height + y) * width + x]);
    const scaled = tensor.dtype === 'float32' ? (255 * (value - low)) / (high - low) : value;
    return Math.max(0, Math.min(255, Math.round(scaled)));
  };
  for (let y = 0; y < height * size; y++)
    for (let x = 0; x < width * size; x++) {
      const at = 4 * (y * width * size + x);
      for (let c = 0; c < 3; c++) png.data[at + c] = byteAt(c, Math.floor(y / size), Math.floor(x / size));
      png.data[at + 3] = 255;
    }
  return PNG.sync.write(png);
}
