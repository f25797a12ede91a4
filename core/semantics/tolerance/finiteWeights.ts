/** Weights that are no finite numbers: a model with one is broken, whatever its tolerance. */
import type { Kind } from '../kinds.ts';
import type { Operator, Program } from '../program.ts';

/** The first Dot that reads a constant with an infinity or a NaN in it. */
export function nonFiniteWeight({
  operators,
  constants,
}: Program): { readonly kind: Kind; readonly operator: number } | undefined {
  const broken = constants.map(
    ({ dtype, data }) => dtype === 'float32' && !(data as Float32Array).every(Number.isFinite),
  );
  const reads = ({ operands }: Operator) =>
    operands.some((access) => access?.source.from === 'constant' && broken[access.source.index]);
  const operator = operators.findIndex((made) => made.kind === 'Dot' && reads(made));
  return operator < 0 ? undefined : { kind: 'Dot', operator };
}
