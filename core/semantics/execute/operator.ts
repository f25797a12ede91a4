/** Evaluates one operator: all elements of its output from the elements of its operands. */
import type { TensorData } from '../../commitment/dtype.ts';
import type { Operator } from '../program.ts';
import { type DotTools, evaluateDot } from './dot.ts';
import { evaluateElementwise } from './elementwise.ts';
import { evaluateGather } from './gather.ts';
import { evaluateIntegerDot } from './integerDot.ts';
import { evaluateMove } from './move.ts';
import { evaluateArg, evaluateTopK } from './select.ts';

/** `data` in the order of the operands: the whole source of each. */
export function evaluateOperator(
  operator: Operator,
  data: readonly (TensorData | undefined)[],
  tools: DotTools,
): TensorData {
  switch (operator.kind) {
    case 'Dot':
      return evaluateDot(operator, data as readonly (Float32Array | undefined)[], tools);
    case 'IntegerDot':
      return evaluateIntegerDot(operator, data, tools.kernel);
    case 'Move':
      return evaluateMove(operator, data);
    case 'Gather':
      return evaluateGather(operator, data);
    case 'ArgMax':
    case 'ArgMin':
      return evaluateArg(operator, data);
    case 'TopK':
      return evaluateTopK(operator, data);
    default:
      return evaluateElementwise(operator, data);
  }
}
