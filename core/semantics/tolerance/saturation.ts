/** Outputs that hide what is behind them: near its ends a sigmoid or tanh maps large differences to tiny ones. */
import type { Operator, Program } from '../program.ts';

export type Saturation = 'sigmoid' | 'tanh';

/** Per output of the program: the saturating function it comes straight from, if any. */
export function saturationOf(program: Program): (Saturation | undefined)[] {
  return program.outputs.map(({ operator }) => {
    const last = operator === undefined ? undefined : behindMoves(program, program.operators[operator]);
    if (last?.kind === 'Tanh') return 'tanh';
    return last && isSigmoid(program, last) ? 'sigmoid' : undefined;
  });
}

function behindMoves(program: Program, operator: Operator | undefined): Operator | undefined {
  let found = operator;
  while (found?.kind === 'Move' && found.operands.length === 1) found = made(program, found, 0);
  return found;
}

function made({ operators }: Program, { operands }: Operator, position: number): Operator | undefined {
  const source = operands[position]?.source;
  return source?.from === 'operator' ? operators[source.index] : undefined;
}

/** One over a sum of a constant and an Exp: 1 / (1 + Exp(-x)), however the division is written. */
function isSigmoid(program: Program, operator: Operator): boolean {
  const { kind, operands } = operator;
  const divides = kind === 'Reciprocal' || (kind === 'Div' && operands[0]?.source.from === 'constant');
  const sum = divides ? made(program, operator, kind === 'Div' ? 1 : 0) : undefined;
  if (sum?.kind !== 'Add') return false;
  const parts = [0, 1].map((position) => made(program, sum, position));
  const constant = sum.operands.some((access) => access?.source.from === 'constant');
  return constant && parts.some((part) => part?.kind === 'Exp');
}
