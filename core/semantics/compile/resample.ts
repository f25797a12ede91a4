/**
 * Where a resized axis reads: for each output position the input positions and their weights (ONNX Resize, opset 10 to 19, and Upsample).
 * Coordinates are float32 with every step rounded, as runtimes have them; weights are float64 until they are rounded once to float32.
 */

export interface AxisResize {
  readonly input: number;
  readonly output: number;
  /** float32: output positions per input position. */
  readonly scale: number;
  /** Of the region of interest, as fractions of the axis; tf_crop_and_resize only. */
  readonly roi: readonly [start: number, end: number];
}

export interface ResizeMode {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  readonly transformation: string;
  readonly nearest: string;
  readonly cubicA: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
}

export interface AxisTaps {
  /** `taps` per output position. */
  readonly taps: number;
  readonly indices: Int32Array;
  /** float32 values; undefined: there is one tap and it counts fully. */
  readonly weights: Float32Array | undefined;
  /** Output positions whose coordinate is outside the axis; tf_crop_and_resize gives them the extrapolation value. */
  readonly outside: Uint8Array;
}

const f = Math.fround;

/** The input coordinate of an output position; undefined: the transformation is unknown. */
function coordinate(i: number, { input, output, scale, roi }: AxisResize, transformation: string): number | undefined {
  const half = () => f(f(f(i + 0.5) / scale) - 0.5);
  switch (transformation) {
    case 'half_pixel':
      return half();
    case 'half_pixel_symmetric': {
      // The output covers less (or more) than scale * input: keep the centres together. Only the offset is float32 in each step.
      const adjustment = f(output / f(scale * input));
      const offset = f(f(input / 2) * f(1 - adjustment));
      return f(offset + (i + 0.5) / scale - 0.5);
    }
    case 'pytorch_half_pixel':
      return output > 1 ? half() : 0;
    case 'align_corners':
      return output === 1 ? 0 : f(f(i * (input - 1)) / (output - 1));
    case 'asymmetric':
      return f(i / scale);
    case 'tf_half_pixel_for_nn':
      return f(f(i + 0.5) / scale);
    case 'tf_crop_and_resize': {
      const [start, end] = roi;
      if (output === 1) return f(f(0.5 * f(start + end)) * (input - 1));
      return f(f(start * (input - 1)) + f(f(f(i * f(end - start)) * (input - 1)) / (output - 1)));
    }
    default:
      return undefined;
  }
}

/** A float32 coordinate so near to a half is one: 7/2 by a scale of 8/7 is 3.4999998. ONNX Runtime 1.30 has the same bound. */
const HALF_WITHIN = 1e-6;

/** Undefined: the mode is unknown. `simple` is what opset 10 had: up when shrinking, else down. */
function nearestOf(x: number, mode: string, shrinks: boolean): number | undefined {
  const floor = Math.floor(x);
  const beyondHalf = x - floor - 0.5;
  switch (mode) {
    case 'round_prefer_floor':
      return beyondHalf > HALF_WITHIN ? floor + 1 : floor;
    case 'round_prefer_ceil':
      return beyondHalf >= -HALF_WITHIN ? floor + 1 : floor;
    case 'floor':
      return floor;
    case 'ceil':
      return Math.ceil(x);
    case 'simple':
      return shrinks ? Math.ceil(x) : Math.trunc(x);
    default:
      return undefined;
  }
}

/** Keys' kernel with parameter a. */
function cubic(x: number, a: number): number {
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

const triangle = (x: number) => Math.max(0, 1 - Math.abs(x));

/** A string says what is unknown. Positions are within the axis: what lies outside repeats its border. */
export function axisTaps(axis: AxisResize, mode: ResizeMode): AxisTaps | string {
  const { input, output, scale } = axis;
  const clamp = (i: number) => Math.min(input - 1, Math.max(0, i));
  // A shrinking antialiased kernel is stretched over all it averages.
  const stretch = mode.antialias && scale < 1 ? scale : 1;
  const reach = mode.mode === 'cubic' ? 2 : 1;
  const before = Math.floor(-reach / stretch) + 1;
  const taps = mode.mode === 'nearest' ? 1 : 2 - 2 * before;
  const indices = new Int32Array(output * taps);
  const weights = mode.mode === 'nearest' ? undefined : new Float32Array(output * taps);
  const outside = new Uint8Array(output);
  for (let i = 0; i < output; i++) {
    const x = coordinate(i, axis, mode.transformation);
    if (x === undefined) return `coordinate_transformation_mode ${mode.transformation}`;
    if (mode.transformation === 'tf_crop_and_resize' && (x < 0 || x > input - 1)) outside[i] = 1;
    if (weights === undefined) {
      const nearest = nearestOf(x, mode.nearest, scale < 1);
      if (nearest === undefined) return `nearest_mode ${mode.nearest}`;
      indices[i] = clamp(nearest);
      continue;
    }
    const floor = Math.floor(x);
    const kernel = (j: number) => {
      const distance = (before + j - (x - floor)) * stretch;
      const position = floor + before + j;
      if (mode.excludeOutside && (position < 0 || position >= input)) return 0;
      return mode.mode === 'cubic' ? cubic(distance, mode.cubicA) : triangle(distance);
    };
    const raw = Array.from({ length: taps }, (_, j) => kernel(j));
    const total = mode.antialias || mode.excludeOutside ? raw.reduce((sum, weight) => sum + weight, 0) : 1;
    raw.forEach((weight, j) => {
      indices[i * taps + j] = clamp(floor + before + j);
      weights[i * taps + j] = weight / total;
    });
  }
  return { taps, indices, weights, outside };
}
