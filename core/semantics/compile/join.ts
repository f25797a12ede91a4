/** Puts many values beside each other: Moves that take each element from the part it lies in. */
import { elementCount } from '../../tensor.ts';
import type { Builder } from './builder.ts';
import type { Value } from './value.ts';
import { empty, unsqueeze } from './value.ts';

/** Parts of one Move at most: its record, which a dispute puts on chain, stays below 8 kB. */
const MAX_PARTS = 64;

/** Along the first axis; the other axes are alike, and there is at least one part. More parts than fit a record are joined in levels. */
export function joinFirst(builder: Builder, parts: readonly Value[]): Value {
  const [first] = parts as [Value];
  const filled = parts.filter(({ source }) => source !== undefined);
  const count = parts.reduce((sum, { shape }) => sum + (shape[0] as number), 0);
  const shape = [count, ...first.shape.slice(1)];
  if (filled.length === 0) return empty(first.dtype, shape);
  if (filled.length === 1) return filled[0] as Value;
  if (filled.length > MAX_PARTS) {
    // As few levels as can be, and parts of like size.
    const groups = Math.ceil(filled.length / MAX_PARTS);
    const size = Math.ceil(filled.length / Math.min(groups, MAX_PARTS));
    const joined: Value[] = [];
    for (let i = 0; i < filled.length; i += size) joined.push(joinFirst(builder, filled.slice(i, i + size)));
    return joinFirst(builder, joined);
  }
  let start = 0;
  const operands = filled.map((part) => {
    const [size = 0, ...rest] = part.shape;
    const [stride = 0, ...strides] = part.strides;
    const guard = {
      outer: 0,
      outerStep: 1,
      inner: -1,
      innerStep: 0,
      offset: -start,
      divisor: 1,
      extent: size,
      stride,
    };
    start += size;
    return { view: { ...part, shape: [count, ...rest], strides: [0, ...strides] }, guards: [guard] };
  });
  return builder.emit({ kind: 'Move', dtype: first.dtype, space: shape, operands });
}

/** Along a new first axis; the parts have one shape. */
export function stack(builder: Builder, parts: readonly Value[]): Value {
  const [first] = parts as [Value];
  if (elementCount(first.shape) === 0) return empty(first.dtype, [parts.length, ...first.shape]);
  return joinFirst(
    builder,
    parts.map((part) => unsqueeze(part, 0)),
  );
}
