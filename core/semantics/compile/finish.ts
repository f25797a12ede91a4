/** The last step of compiling: what outputs depend on, renumbered in order; everything else is dropped. */
import type { Access, Operator, Program, ProgramOutput, Source } from '../program.ts';
import type { Builder } from './builder.ts';
import type { Value } from './value.ts';

export interface NamedOutput {
  readonly name: string;
  readonly value: Value;
  readonly rows: boolean;
}

export function finish(builder: Builder, named: readonly NamedOutput[]): Program {
  const outputs = named.map(({ name, value, rows }): ProgramOutput => {
    const operator = value.source === undefined ? undefined : builder.output(value).index;
    return { name, dtype: value.dtype, shape: value.shape, operator, rows };
  });
  const operators = builder.operators;
  const used = new Set<number>();
  const constants = new Map<number, number>();
  for (const { operator } of outputs) if (operator !== undefined) used.add(operator);
  // Operands have smaller numbers, so one pass from the end finds everything.
  for (let k = operators.length - 1; k >= 0; k--)
    if (used.has(k))
      for (const { source } of operandsOf(operators[k] as Operator))
        if (source.from === 'operator') used.add(source.index);

  const number = new Map([...used].sort((a, b) => a - b).map((old, now) => [old, now]));
  const renumber = ({ from, index }: Source): Source => {
    if (from === 'input') return { from, index };
    if (from === 'operator') return { from, index: number.get(index) as number };
    const known = constants.get(index) ?? constants.size;
    constants.set(index, known);
    return { from, index: known };
  };
  const kept = [...number.keys()].map((old): Operator => {
    const operator = operators[old] as Operator;
    const operands = operator.operands.map((access) => access && { ...access, source: renumber(access.source) });
    return { ...operator, operands };
  });
  return {
    inputs: builder.inputs,
    constants: [...constants.keys()].map((index) => builder.constants[index] as Program['constants'][number]),
    operators: kept,
    outputs: outputs.map((output) => ({
      ...output,
      operator: output.operator === undefined ? undefined : number.get(output.operator),
    })),
  };
}

export const operandsOf = ({ operands }: Operator): Access[] => operands.filter((access) => access !== undefined);
