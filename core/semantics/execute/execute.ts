/** Runs a program: the reference outputs of one item, and whatever is asked of the trace on the way. */
import type { TensorData } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';
import { ProtocolError } from '../../errors.ts';
import type { Tensor } from '../../tensor.ts';
import { sameShape } from '../../tensor.ts';
import type { Operator, Program } from '../program.ts';
import { type DotTools, dotTools } from './dot.ts';
import { evaluateOperator } from './operator.ts';

export interface ExecuteOptions {
  /** Sees every operator's output once, in order, before it may be dropped. */
  readonly observe?: (index: number, output: Tensor) => void;
  /** Operators to stop after: those behind it are not run, and there are no outputs. */
  readonly until?: number;
  readonly tools?: DotTools;
  /** Changes what an operator reads: to simulate coarser hardware. The outputs are then not the reference outputs. */
  readonly alter?: (
    operator: Operator,
    data: readonly (TensorData | undefined)[],
  ) => readonly (TensorData | undefined)[];
  /** Replaces what an operator gave: to simulate a trace that lies. The outputs are then not the reference outputs. */
  readonly after?: (index: number, output: TensorData) => TensorData;
}

export interface Execution {
  /** In the order of the program's outputs; empty if the run ended before. */
  readonly outputs: readonly Tensor[];
  /** Elements of Dots decided, and how many of them needed the exact path. */
  readonly dots: { readonly decided: number; readonly exact: number };
}

/** The tensors must be the program's inputs in order, of their dtypes and shapes; bools and NaNs are read as canonical. */
export function execute(program: Program, inputs: readonly Tensor[], options: ExecuteOptions = {}): Execution {
  checkInputs(program, inputs);
  const { observe, alter, after, tools = dotTools() } = options;
  const { operators, constants } = program;
  const end = Math.min(operators.length, (options.until ?? operators.length - 1) + 1);
  const lastUse = lastUses(program);
  const given = inputs.map(canonicalBools);
  const made: (TensorData | undefined)[] = [];
  for (let index = 0; index < end; index++) {
    const operator = operators[index] as Operator;
    const { dtype, shape } = operator;
    const data = operator.operands.map((access) => {
      if (access === undefined) return undefined;
      const { from, index: at } = access.source;
      return from === 'operator' ? made[at] : from === 'input' ? given[at] : constants[at]?.data;
    });
    const output = evaluateOperator(operator, alter ? alter(operator, data) : data, tools);
    made[index] = after ? after(index, output) : output;
    observe?.(index, { dtype, shape, data: made[index] as TensorData });
    for (const access of operator.operands) {
      const source = access?.source;
      if (source?.from === 'operator' && (lastUse[source.index] as number) <= index) made[source.index] = undefined;
    }
    if ((lastUse[index] as number) < index) made[index] = undefined;
  }
  const complete = end === operators.length;
  const outputs = program.outputs.map(({ dtype, shape, operator }): Tensor => {
    const data = operator === undefined ? new DTYPES[dtype].Data(0) : (made[operator] as TensorData);
    return { dtype, shape, data };
  });
  return { outputs: complete ? outputs : [], dots: tools.counters };
}

/** The last operator that reads each operator's output; outputs of the program are kept, unread ones are not. */
export function lastUses({ operators, outputs }: Program): number[] {
  const last = new Array<number>(operators.length).fill(-1);
  operators.forEach(({ operands }, index) => {
    for (const access of operands) if (access?.source.from === 'operator') last[access.source.index] = index;
  });
  for (const { operator } of outputs) if (operator !== undefined) last[operator] = Number.POSITIVE_INFINITY;
  return last;
}

function checkInputs({ inputs: wanted }: Program, given: readonly Tensor[]): void {
  wanted.forEach(({ name, dtype, shape }, i) => {
    const tensor = given[i];
    const refuse = (reason: string) => new ProtocolError('execute.input', { name, reason });
    if (tensor === undefined) throw refuse('it is missing');
    if (tensor.dtype !== dtype) throw refuse(`it is ${tensor.dtype}, the program takes ${dtype}`);
    if (!sameShape(tensor.shape, shape)) throw refuse(`it has shape [${tensor.shape}], the program takes [${shape}]`);
  });
}

function canonicalBools({ dtype, data }: Tensor): TensorData {
  if (dtype !== 'bool' || !(data as Uint8Array).some((byte) => byte > 1)) return data;
  return (data as Uint8Array).map((byte) => (byte === 0 ? 0 : 1));
}
