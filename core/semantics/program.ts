/**
 * A program: what an ONNX model means. Primitive operators in order, each element of each the exact value of its operands rounded
 * once (docs/spec/reference-semantics.md). Everything here is plain data; record.ts gives it its canonical bytes and its root.
 */
import type { Dtype, Tensor, TensorType } from '../tensor.ts';
import type { Kind } from './kinds.ts';

/** Where an operand's elements are: the output of an earlier operator, a constant of the program, or an input of the request. */
export interface Source {
  readonly from: 'operator' | 'constant' | 'input';
  readonly index: number;
}

/**
 * A coordinate that may fall outside its axis: taps of padded windows, concatenated parts, running sums.
 * v = outerStep * o[outer] + innerStep * k[inner] + offset; the operand is present only if divisor divides v and
 * 0 <= v / divisor < extent, and then v / divisor * stride is added to the address. An axis of -1 counts as coordinate 0.
 */
export interface Guard {
  readonly outer: number;
  readonly outerStep: number;
  readonly inner: number;
  readonly innerStep: number;
  readonly offset: number;
  readonly divisor: number;
  readonly extent: number;
  readonly stride: number;
}

/** Which element of its source an operand is at (o, k): base + sum outer[i] * o[i] + sum inner[j] * k[j] + the guards' parts. */
export interface Access {
  readonly source: Source;
  readonly dtype: Dtype;
  /** Elements of the source: every address is below it. */
  readonly elements: number;
  readonly base: number;
  /** One stride per axis of the operator's space. */
  readonly outer: readonly number[];
  /** One stride per axis of the operator's inner space; empty for an operand that does not depend on it. */
  readonly inner: readonly number[];
  readonly guards: readonly Guard[];
}

/** One primitive. Element e of its output has the coordinates o of e in `space` (row-major). */
export interface Operator {
  readonly kind: Kind;
  /** Of the output, and its header in the trace. `space` has as many elements. */
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly space: readonly number[];
  /** The axes k that one element runs over: terms of a Dot, candidates of an ArgMax. Empty for all others. */
  readonly inner: readonly number[];
  /** One word whose meaning the kind defines (kinds.ts); 0 where it defines none. */
  readonly attribute: number;
  /** By position; undefined = an optional operand that is absent. */
  readonly operands: readonly (Access | undefined)[];
}

export interface ProgramInput extends TensorType {
  readonly name: string;
  /** True: the model leaves the leading dimension free; it is bound to 1 and each row is an item. */
  readonly rows: boolean;
}

/** An output is an operator's whole output. One without elements has no operator: nothing of it can be wrong. */
export interface ProgramOutput extends TensorType {
  readonly name: string;
  readonly operator: number | undefined;
  readonly rows: boolean;
}

export interface Program {
  readonly inputs: readonly ProgramInput[];
  readonly constants: readonly Tensor[];
  readonly operators: readonly Operator[];
  readonly outputs: readonly ProgramOutput[];
}

/** Terms of one Dot at most: what one transaction can decide on its dearest path. */
export const MAX_TERMS = 8192;
/** Axes of a space at most: two words of a record. */
export const MAX_AXES = 16;
/** Elements of one tensor at most: addresses and strides fit 32 bits with a sign. */
export const MAX_TENSOR_ELEMENTS = 2 ** 31 - 1;
/** Taps that an element of a sum may run over: executors lay out where each of them is. */
export const MAX_TAPS = 2 ** 24;
/** Candidates of one selection. Whoever refutes a lie about it looks at each of them, one by one. */
export const MAX_CANDIDATES = 2 ** 22;
