/** Pools: MaxPool as the winning tap and what is there, AveragePool as a sum and a division. */
import { elementCount } from '../../../tensor.ts';
import type { Operand } from '../builder.ts';
import type { Context, Lowering } from '../context.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { type Window, windowOf } from '../window.ts';
import { channelsFirst, channelsLast, windowGuards } from './convolution.ts';

interface Pool {
  readonly space: readonly number[];
  readonly inner: readonly number[];
  readonly operand: Operand;
  readonly window: Window;
}

/** Windows over [N, spatial..., C]. */
function poolOf(c: Context, x: Value): Pool {
  const kernel = c.ints('kernel_shape') ?? c.refuse('its attribute kernel_shape is missing');
  const [batch = 1, channels = 1, ...sizes] = x.shape;
  const window = windowOf(c, sizes, kernel, c.int('ceil_mode', 0) !== 0);
  const counts = window.axes.map(({ count }) => count);
  const data = channelsLast(c, x);
  const space = [batch, ...counts, channels];
  const zeros = sizes.map(() => 0);
  const strides = [data.strides[0] as number, ...zeros, 1, ...zeros];
  const operand = {
    view: { ...data, shape: [...space, ...kernel], strides },
    guards: windowGuards(window, data.strides.slice(1, -1), 1, 0),
  };
  return { space, inner: kernel, operand, window };
}

const maxPool: Lowering = (c) => {
  const x = c.input(0, 'X');
  c.dtypes(['float32', 'uint8', 'int8'], x);
  const { space, inner, operand } = poolOf(c, x);
  const index = c.builder.emit({ kind: 'ArgMax', dtype: 'int32', space, inner, operands: [operand] });
  const value = c.builder.emit({ kind: 'Gather', dtype: x.dtype, space, inner, operands: [operand, index] });
  return [channelsFirst(value)];
};

export const pooling: Family = { MaxPool: { since: 1, lower: maxPool } };
export const poolSize = ({ inner }: Pool): number => elementCount(inner);
