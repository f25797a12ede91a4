/**
 * Which outputs can jump: where a hair's difference in float arithmetic, which every runtime has, can change an output by more
 * than hairs. No tolerance serves such an output. Conservative: what is not recognised as continuous counts as a jump.
 */
import type { Kind } from '../kinds.ts';
import type { Access, Operator, Program } from '../program.ts';
import { isWholeOutput, sameElements } from './sameElements.ts';
import { switchesContinuously } from './switching.ts';

/**
 * `exact`: every runtime has the same bits, because inputs and constants only passed through integers, selections and movement.
 * `continuous`: float arithmetic, so approximate; small differences stay small ones. `discontinuous`: it can jump.
 */
export type Continuity = 'exact' | 'continuous' | 'discontinuous';

export interface State {
  readonly continuity: Continuity;
  /** Of a discontinuous value: the operator that jumps first. */
  readonly cause?: number;
}

export interface OutputContinuity {
  readonly name: string;
  readonly continuity: Continuity;
  /** Of a discontinuous output: the primitive that jumps, and its number in the program. */
  readonly cause: { readonly operator: number; readonly kind: Kind } | undefined;
}

export function continuityOf(program: Program): OutputContinuity[] {
  const states: State[] = [];
  program.operators.forEach((_, index) => {
    states.push(stateOf(program, index, states));
  });
  return program.outputs.map(({ name, operator }) => {
    const { continuity, cause } = operator === undefined ? EXACT : (states[operator] as State);
    const jump =
      cause === undefined ? undefined : { operator: cause, kind: (program.operators[cause] as Operator).kind };
    return { name, continuity, cause: jump };
  });
}

const EXACT: State = { continuity: 'exact' };
const CONTINUOUS: State = { continuity: 'continuous' };
const ORDER: readonly Continuity[] = ['exact', 'continuous', 'discontinuous'];

/** The least continuous of them. */
function join(states: readonly State[]): State {
  return states.reduce(
    (worst, state) => (ORDER.indexOf(state.continuity) > ORDER.indexOf(worst.continuity) ? state : worst),
    EXACT,
  );
}

function stateOf(program: Program, index: number, states: readonly State[]): State {
  const operator = program.operators[index] as Operator;
  const of = (access: Access | undefined): State =>
    access?.source.from === 'operator' ? (states[access.source.index] as State) : EXACT;
  const all = join(operator.operands.map(of));
  const jumps = all.continuity === 'continuous' ? ({ continuity: 'discontinuous', cause: index } as const) : all;
  switch (operator.kind) {
    case 'Move':
    case 'IntegerDot':
    case 'Neg':
    case 'Abs':
    case 'Relu':
    case 'Min':
    case 'Max':
    case 'Clip':
    case 'And':
    case 'Or':
    case 'Xor':
    case 'Not':
      return all;
    case 'ArgMax':
    case 'ArgMin':
    case 'TopK':
    case 'Floor':
    case 'Ceil':
    case 'Round':
    case 'Sign':
    case 'Quantize':
      return jumps;
    case 'Equal':
    case 'Less':
    case 'LessOrEqual':
      return asksFiniteness(program, operator) ? all : jumps;
    case 'Cast':
      return operator.operands[0]?.dtype === 'float32' && operator.dtype !== 'float32' ? jumps : all;
    case 'Gather':
      return gathered(program, operator, of);
    case 'Where':
      return switched(program, operator, of);
    default:
      // Arithmetic: whole numbers have one result, floats one per runtime.
      return operator.dtype === 'float32' ? join([all, CONTINUOUS]) : all;
  }
}

const LARGEST_FLOAT = (2 - 2 ** -23) * 2 ** 127;

/** x = x and comparisons with the ends of float32: all values between answer alike, so no hair decides. IsNaN, IsInf. */
function asksFiniteness({ constants }: Program, operator: Operator): boolean {
  const [a, b] = operator.operands as readonly [Access, Access];
  if (operator.kind === 'Equal' && sameElements(a, operator, b, operator)) return true;
  return [a, b].some(({ source }) => {
    const data = source.from === 'constant' ? (constants[source.index]?.data as ArrayLike<number | bigint>) : undefined;
    return data !== undefined && Array.prototype.every.call(data, (value) => Math.abs(Number(value)) >= LARGEST_FLOAT);
  });
}

/** By an index that can jump: continuous only if the index is the place of an extreme of the very same candidates. */
function gathered(program: Program, operator: Operator, of: (access: Access | undefined) => State): State {
  const [x, index] = operator.operands as readonly Access[];
  const place = of(index);
  if (place.continuity !== 'discontinuous') return join([of(x), place]);
  const ranker = index && isWholeOutput(index, operator.space) ? program.operators[index.source.index] : undefined;
  const ranks = ranker?.kind === 'ArgMax' || ranker?.kind === 'ArgMin' || ranker?.kind === 'TopK';
  const ranked = ranks ? ranker?.operands[0] : undefined;
  const extreme = x && ranker && ranked && sameElements(x, operator, ranked, ranker);
  return extreme ? of(x) : join([place, of(x)]);
}

/** By a condition that can jump: continuous only if both branches have one value where the condition changes. */
function switched(program: Program, operator: Operator, of: (access: Access | undefined) => State): State {
  const [condition, x, y] = operator.operands;
  const side = of(condition);
  const branches = join([of(x), of(y)]);
  if (side.continuity !== 'discontinuous') return join([side, branches]);
  const compared = switchesContinuously(program, operator);
  return compared ? join([branches, ...compared.map(of)]) : join([side, branches]);
}
