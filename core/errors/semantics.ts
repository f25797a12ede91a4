import type { ErrorEntry } from './entry.ts';

/** Reading, compiling and executing models by the reference semantics: thrown by core/onnx and core/semantics. */
export const semanticsErrors = {
  'onnx.malformed': {
    what: 'The file is not a well-formed ONNX model: {reason}.',
    remedy: 'Export the model again and check it with onnx.checker; a download may be truncated.',
    retryable: false,
  },
  'onnx.unsupported': {
    what: 'The model uses {feature}, which no program can hold.',
    remedy: 'Export one self-contained graph: weights inside the file, the six dtypes, standard operators only.',
    retryable: false,
  },
  'onnx.too_large': {
    what: 'The model declares {what} of {got}, more than the limit of {limit}.',
    remedy: 'Shrink the model, or raise the limit where it is read if its origin is trusted.',
    retryable: false,
  },
  'compile.unsupported_operator': {
    what: 'Operator {operator} (opset {opset}, node "{node}") has no lowering.',
    remedy: 'Rewrite that part of the model with operators of docs/spec/operators.md.',
    retryable: false,
  },
  'compile.operator': {
    what: 'Operator {operator} (node "{node}") cannot be compiled: {reason}.',
    remedy: 'Change the model there; docs/spec/operators.md says what each operator may be.',
    retryable: false,
  },
  'compile.not_constant': {
    what: 'Operator {operator} (node "{node}") needs its {input} when compiling, but it depends on the model input(s) {depends}.',
    remedy: 'Make it a constant of the model; shapes, axes, counts and exponents cannot be computed per request.',
    retryable: false,
  },
  'compile.input': {
    what: 'Model input {name} cannot be bound: {reason}.',
    remedy: 'Give every free dimension but a leading one a size (an option of compile), and only the six dtypes.',
    retryable: false,
  },
  'compile.too_large': {
    what: 'The program has {what} of {got}, more than the limit of {limit}.',
    remedy: 'Shrink the model or the bound dimensions: every program must fit the dispute game.',
    retryable: false,
  },
  'execute.input': {
    what: 'Input {name} does not fit the program: {reason}.',
    remedy: 'Pass one tensor per program input, of its dtype and shape.',
    retryable: false,
  },
  'execute.opening': {
    what: 'There is nothing to open at {place}: {reason}.',
    remedy: 'Operators are numbered from 0, elements flat in canonical order, leaves in runs of 64.',
    retryable: false,
  },
} as const satisfies Record<string, ErrorEntry>;
