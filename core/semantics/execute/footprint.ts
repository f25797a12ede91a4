/** What executing a program takes in memory, known before a byte of it is allocated. */
import { DTYPES } from '../../commitment/dtype.ts';
import { elementCount, type TensorType } from '../../tensor.ts';
import type { Operator, Program } from '../program.ts';
import { lastUses } from './execute.ts';

/** A prepared weight beside its own float32: float64, padded to panels. */
const PREPARED = 2;

const bytesOf = ({ dtype, shape }: TensorType): number => elementCount(shape) * DTYPES[dtype].bytes;

/** Of the program itself: its constants, and what an executor may keep prepared of them. */
export function programBytes({ constants }: Program): number {
  return constants.reduce((sum, { data }) => sum + (1 + PREPARED) * data.byteLength, 0);
}

/** Of a place per tap, and per guard of it, for each operand of a sum or a selection; a selection lists the present ones besides. */
function tableBytes({ kind, inner, operands }: Operator): number {
  const selects = kind === 'ArgMax' || kind === 'ArgMin' || kind === 'TopK';
  if (!selects && kind !== 'Dot' && kind !== 'IntegerDot') return 0;
  const tables = operands.reduce((sum, access) => sum + (access ? 1 + access.guards.length : 0), selects ? 2 : 0);
  return tables * Int32Array.BYTES_PER_ELEMENT * elementCount(inner);
}

/** Of one execution: its inputs, and the most that outputs of operators, and the tables of one of them, take at a time. */
export function executionBytes(program: Program): number {
  const last = lastUses(program);
  const inputs = program.inputs.reduce((sum, input) => sum + bytesOf(input), 0);
  let live = 0;
  let most = 0;
  program.operators.forEach((operator, index) => {
    live += bytesOf(operator);
    most = Math.max(most, live + tableBytes(operator));
    const over = new Set([index]);
    for (const access of operator.operands) if (access?.source.from === 'operator') over.add(access.source.index);
    for (const k of over) if ((last[k] as number) <= index) live -= bytesOf(program.operators[k] as Operator);
  });
  return inputs + most;
}
