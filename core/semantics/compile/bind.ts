/** Model inputs as values: of the program, or constants that the caller binds. */
import { ProtocolError } from '../../errors.ts';
import type { GraphValue } from '../../onnx/graph.ts';
import type { Tensor } from '../../tensor.ts';
import type { Builder } from './builder.ts';
import type { Value } from './value.ts';

export function bindInput(
  builder: Builder,
  { name, dtype, elemType, shape }: GraphValue,
  dims: Readonly<Record<string, number>>,
  bound: Tensor | undefined,
): Value {
  const refuse = (reason: string): never => {
    throw new ProtocolError('compile.input', { name, reason });
  };
  if (dtype === undefined) return refuse(`its element type ${elemType} is not one of the six dtypes`);
  if (bound) {
    if (bound.dtype !== dtype) refuse(`it is ${dtype}, the tensor bound to it is ${bound.dtype}`);
    return builder.constant(bound);
  }
  if (shape === undefined) return refuse('its rank is unknown');
  let rows = false;
  const sizes = shape.map((dim, axis) => {
    if (typeof dim === 'number') return dim;
    const size = dims[dim];
    if (size !== undefined) return size;
    if (axis !== 0) return refuse(`its dimension ${axis} (${dim || 'without a name'}) is free`);
    rows = true;
    return 1;
  });
  if (sizes.length > 7) refuse(`it has ${sizes.length} dimensions, more than 7`);
  return builder.input({ name, dtype, shape: sizes, rows });
}

/** Which program inputs a value depends on; for errors. */
export function dependencies(builder: Builder): (value: Value) => readonly string[] {
  return (value) => {
    const names = new Set<string>();
    const seen = new Set<number>();
    const pending = [value.source];
    for (let source = pending.pop(); source !== undefined; source = pending.pop()) {
      if (source.from === 'input') names.add(builder.inputs[source.index]?.name ?? '?');
      if (source.from !== 'operator' || seen.has(source.index)) continue;
      seen.add(source.index);
      for (const operand of builder.operators[source.index]?.operands ?? []) if (operand) pending.push(operand.source);
    }
    return [...names];
  };
}
