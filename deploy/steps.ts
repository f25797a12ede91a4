// The step contracts: under the fields of StepContracts (contracts/challenges/StepVerifier.sol), each with the primitives it decides.
import type { Kind } from '#core/semantics/kinds.ts';

interface Step {
  readonly contract: string;
  readonly kinds: readonly Kind[];
}

export const STEPS = {
  dot: { contract: 'DotStep', kinds: ['Dot'] },
  integerDot: { contract: 'IntegerDotStep', kinds: ['IntegerDot'] },
  movement: { contract: 'MovementStep', kinds: ['Move', 'Gather'] },
  selection: { contract: 'SelectionStep', kinds: ['ArgMax', 'ArgMin', 'TopK'] },
  arithmetic: {
    contract: 'ArithmeticStep',
    kinds: [
      ...(['Add', 'Sub', 'Mul', 'Div', 'Min', 'Max', 'Neg', 'Abs'] as const),
      ...(['Sqrt', 'Reciprocal', 'Relu', 'Floor', 'Ceil', 'Round', 'Sign'] as const),
    ],
  },
  functions: { contract: 'FunctionStep', kinds: ['Exp', 'Log', 'Tanh', 'Erf', 'Sin', 'Cos', 'Pow'] },
  logic: { contract: 'LogicStep', kinds: ['Equal', 'Less', 'LessOrEqual', 'And', 'Or', 'Xor', 'Not', 'Where', 'Clip'] },
  conversion: { contract: 'ConversionStep', kinds: ['Cast', 'Quantize', 'Dequantize'] },
} as const satisfies Record<string, Step>;

export type StepFamily = keyof typeof STEPS;
