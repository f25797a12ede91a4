/** Runs a program on tensors by name: whole model inputs, whose rows are items where the program is that of one row. */
import { DTYPES } from '../../commitment/dtype.ts';
import { ProtocolError } from '../../errors.ts';
import type { NamedTensors } from '../../protocol/rows.ts';
import type { Tensor } from '../../tensor.ts';
import { elementCount } from '../../tensor.ts';
import type { Program, ProgramInput, ProgramOutput } from '../program.ts';
import { type ExecuteOptions, execute } from './execute.ts';

/**
 * The outputs by name. Inputs with a free leading dimension must have equally many rows; each row is run alone and the outputs' rows
 * are joined, inputs without one are the same for all. Throws `execute.input` for tensors that do not fit the program.
 */
export function executeNamed(
  program: Program,
  inputs: NamedTensors,
  options: ExecuteOptions = {},
): Record<string, Tensor> {
  const given = program.inputs.map((input) => tensorOf(input, inputs));
  checkNames(program, inputs);
  const count = rowCount(program, given);
  if (count === undefined) return byName(program, execute(program, given, options).outputs);
  const single = program.outputs.find(({ rows }) => !rows);
  if (single && count !== 1)
    throw refusal(
      program.inputs.find(({ rows }) => rows)?.name ?? '?',
      `it has ${count} rows, but output ${single.name} is not one of rows: pass one row at a time`,
    );
  const items = Array.from({ length: count }, (_, row) => {
    const item = program.inputs.map((input, i) => (input.rows ? rowOf(given[i] as Tensor, row) : (given[i] as Tensor)));
    return execute(program, item, options).outputs;
  });
  return byName(
    program,
    program.outputs.map((output, o) =>
      joined(
        output,
        items.map((item) => item[o] as Tensor),
      ),
    ),
  );
}

const refusal = (name: string, reason: string) => new ProtocolError('execute.input', { name, reason });

function tensorOf({ name }: ProgramInput, inputs: NamedTensors): Tensor {
  const found = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
  if (found === undefined) throw refusal(name, `it is missing; given: ${Object.keys(inputs).join(', ') || 'nothing'}`);
  return found;
}

/** A program has no input without elements, so these may be given and say nothing. */
function checkNames(program: Program, inputs: NamedTensors): void {
  for (const [name, { data }] of Object.entries(inputs)) {
    if (data.length === 0 || program.inputs.some((input) => input.name === name)) continue;
    const names = program.inputs.map((input) => input.name).join(', ') || 'none';
    throw refusal(name, `the program has no such input; it takes: ${names}`);
  }
}

/** Undefined: the program does not run by rows. */
function rowCount(program: Program, given: readonly Tensor[]): number | undefined {
  let count: number | undefined;
  program.inputs.forEach(({ name, rows }, i) => {
    if (!rows) return;
    const found = given[i]?.shape[0];
    if (found === undefined || found === 0) throw refusal(name, 'it has no rows');
    if (count !== undefined && found !== count) throw refusal(name, `it has ${found} rows, another input has ${count}`);
    count = found;
  });
  return count;
}

function rowOf({ dtype, shape, data }: Tensor, row: number): Tensor {
  const size = data.length / (shape[0] as number);
  return { dtype, shape: [1, ...shape.slice(1)], data: data.slice(row * size, (row + 1) * size) };
}

/** One row stays as the program makes it. */
function joined({ dtype, shape }: ProgramOutput, rows: readonly Tensor[]): Tensor {
  const first = rows[0] as Tensor;
  if (rows.length === 1) return first;
  const size = elementCount(shape);
  const data = new DTYPES[dtype].Data(size * rows.length);
  rows.forEach((row, i) => {
    (data.set as (from: Tensor['data'], at: number) => void)(row.data, i * size);
  });
  return { dtype, shape: [rows.length * (shape[0] as number), ...shape.slice(1)], data };
}

function byName(program: Program, outputs: readonly Tensor[]): Record<string, Tensor> {
  return Object.fromEntries(program.outputs.map(({ name }, i) => [name, outputs[i] as Tensor]));
}
