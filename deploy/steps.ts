// The step contracts: the field of StepContracts (contracts/challenges/StepVerifier.sol) and the contract of each.
export const STEPS = {
  dot: 'DotStep',
  integerDot: 'IntegerDotStep',
  movement: 'MovementStep',
  selection: 'SelectionStep',
  arithmetic: 'ArithmeticStep',
  functions: 'FunctionStep',
  logic: 'LogicStep',
  conversion: 'ConversionStep',
} as const;
