/** Grows a program operator by operator: canonical index spaces, constants folded, equal operators shared. */

import { DTYPES } from '../../commitment/dtype.ts';
import { ProtocolError } from '../../errors.ts';
import type { Dtype, Tensor } from '../../tensor.ts';
import { elementCount } from '../../tensor.ts';
import { dotTools } from '../execute/dot.ts';
import { evaluateOperator } from '../execute/operator.ts';
import type { Kind } from '../kinds.ts';
import type { Access, Guard, Operator, ProgramInput, Source } from '../program.ts';
import { MAX_AXES, MAX_CANDIDATES, MAX_TAPS, MAX_TENSOR_ELEMENTS, MAX_TERMS } from '../program.ts';
import { canonical } from './canonical.ts';
import { checkPresent } from './present.ts';
import type { Value } from './value.ts';
import { empty, isWhole, whole } from './value.ts';

/** An operand of an emission: a view whose axes are those of the space followed by those of the inner space (or none of them). */
export interface Operand {
  readonly view: Value;
  /** The view has stride 0 along guarded axes; the guard adds what they contribute. */
  readonly guards?: readonly Guard[];
}

export interface Emission {
  readonly kind: Kind;
  readonly dtype: Dtype;
  readonly space: readonly number[];
  readonly inner?: readonly number[];
  readonly attribute?: number;
  readonly operands: readonly (Operand | Value | undefined)[];
}

/** Beyond them compiling fails; below them they change nothing. */
export interface BuilderLimits {
  /** Operators, before equal and unused ones are dropped. */
  readonly operators: number;
  /** Elements that folding and lowerings may make in all, an int64 counting twice: a file cannot inflate itself. */
  readonly foldElements: number;
}

export const BUILDER_LIMITS: BuilderLimits = { operators: 100_000, foldElements: 2 ** 28 };

/**
 * Elements times terms that one folded operator may take, and all together: what is beyond stays in the program. Part of the semantics:
 * another number would give other programs (docs/spec/reference-semantics.md, "Constant folding").
 */
const FOLD_WORK = 2 ** 26;
const FOLD_WORK_IN_ALL = 2 ** 30;
/** 64-bit integers are big integers here: a term takes about 40 ns instead of one or two. */
const INT64_WORK = 16;
/** Elements of one constant that a lowering writes out: indices, weights, masks, ranges. */
const MAX_MADE = 2 ** 24;

export class Builder {
  readonly inputs: ProgramInput[] = [];
  readonly constants: Tensor[] = [];
  readonly operators: Operator[] = [];
  readonly #limits: BuilderLimits;
  readonly #known = new Map<string, Source>();
  #folded = 0;
  #foldWork = 0;

  constructor(limits: BuilderLimits = BUILDER_LIMITS) {
    this.#limits = limits;
  }

  input(input: ProgramInput): Value {
    if (elementCount(input.shape) === 0) return empty(input.dtype, input.shape);
    checkSize('elements of a tensor', elementCount(input.shape), MAX_TENSOR_ELEMENTS);
    this.inputs.push(input);
    return whole({ from: 'input', index: this.inputs.length - 1 }, input.dtype, input.shape);
  }

  constant(tensor: Tensor): Value {
    const { dtype, shape, data } = tensor;
    if (data.length === 0) return empty(dtype, shape);
    const key = data.length <= 8 ? `${dtype} ${shape} ${bytesOf(data)}` : undefined;
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known) return whole(known, dtype, shape);
    this.constants.push(tensor);
    const source: Source = { from: 'constant', index: this.constants.length - 1 };
    if (key !== undefined) this.#known.set(key, source);
    return whole(source, dtype, shape);
  }

  /** A constant of one element, of shape []. int64 takes whole numbers. */
  scalar(dtype: Dtype, value: number): Value {
    const data = dtype === 'int64' ? BigInt64Array.of(BigInt(value)) : new DTYPES[dtype].Data(1);
    if (!(data instanceof BigInt64Array)) data[0] = value;
    return this.constant({ dtype, shape: [], data });
  }

  /** To be called before a lowering allocates a constant that its node does not hold. */
  reserve(dtype: Dtype, count: number): void {
    checkSize('elements of a constant it makes', count, MAX_MADE);
    this.#charge(dtype, count);
  }

  /** A constant whose element i is at(i). */
  table(dtype: Dtype, shape: readonly number[], at: (i: number) => number): Value {
    const count = elementCount(shape);
    this.reserve(dtype, count);
    const data = new DTYPES[dtype].Data(count);
    if (data instanceof BigInt64Array) for (let i = 0; i < count; i++) data[i] = BigInt(at(i));
    else for (let i = 0; i < count; i++) data[i] = at(i);
    return this.constant({ dtype, shape, data });
  }

  /** The elements of a value in the order of its shape, if they are known when compiling. A view may be larger than what it shows. */
  constantOf(value: Value): Tensor | undefined {
    const { dtype, shape, source } = value;
    if (source === undefined) return { dtype, shape, data: new DTYPES[dtype].Data(0) };
    if (source.from !== 'constant') return undefined;
    if (!isWhole(value)) checkSize('elements of a constant it reads', elementCount(shape), FOLD_WORK);
    const moved = isWhole(value)
      ? value
      : this.#evaluate(this.#operator({ kind: 'Move', dtype, space: shape, operands: [value] }));
    const { data } = this.constants[(moved.source as Source).index] as Tensor;
    return { dtype, shape, data };
  }

  /** One operator over the space; its output as a value of the shape of the space. */
  emit(emission: Emission): Value {
    const { space, dtype, kind } = emission;
    if (space.includes(0)) return empty(dtype, space);
    const missing = emission.operands.some((operand) => operand && viewOf(operand).source === undefined);
    if (missing) throw new Error(`${kind} of nothing: the lowering decides what that is`);
    const operator = this.#operator(emission);
    const fixed = operator.operands.every((operand) => operand === undefined || operand.source.from === 'constant');
    const work = elementCount(space) * Math.max(1, elementCount(operator.inner)) * (dtype === 'int64' ? INT64_WORK : 1);
    if (fixed && work <= FOLD_WORK && this.#foldWork + work <= FOLD_WORK_IN_ALL) {
      this.#foldWork += work;
      return { ...this.#evaluate(operator), shape: space };
    }
    return whole(this.#append(operator), dtype, space);
  }

  /** Appends a Move even of a constant or an input: what a program puts out is the output of an operator. */
  output(value: Value): Source {
    const { dtype, shape } = value;
    const { source } = value;
    if (source?.from === 'operator' && isWhole(value)) {
      const made = this.operators[source.index] as Operator;
      const same = made.shape.length === shape.length && made.shape.every((dim, i) => dim === shape[i]);
      if (same) return source;
    }
    return this.#append(this.#operator({ kind: 'Move', dtype, space: shape, operands: [value] }));
  }

  /** The same elements as the whole of some source, row-major: moved unless they are that already. */
  materialise(value: Value): Value {
    if (value.source === undefined || isWhole(value)) return value;
    return this.emit({ kind: 'Move', dtype: value.dtype, space: value.shape, operands: [value] });
  }

  #operator({ kind, dtype, space, inner = [], attribute = 0, operands }: Emission): Operator {
    const accesses = operands.map((operand) => operand && accessOf(operand, space.length, inner.length));
    const shape = shapeOf(space);
    const ranked = kind === 'TopK' || (kind === 'Dot' && attribute === 1);
    const operator = canonical({ kind, dtype, shape, space, inner, attribute, operands: accesses }, ranked);
    checkPresent(operator);
    checkSize('elements of a tensor', elementCount(space), MAX_TENSOR_ELEMENTS);
    checkSize('axes', Math.max(operator.space.length, operator.inner.length), MAX_AXES);
    checkSize('taps of one element', elementCount(operator.inner), mostTaps(kind));
    // No step contract decides more: an operator beyond it could be neither proved wrong nor defended.
    if ((kind === 'Dot' && attribute === 0) || kind === 'IntegerDot')
      checkSize(`terms of one ${kind}`, elementCount(operator.inner), MAX_TERMS);
    return operator;
  }

  #append(operator: Operator): Source {
    const key = JSON.stringify(operator);
    const known = this.#known.get(key);
    if (known) return known;
    checkSize('operators', this.operators.length + 1, this.#limits.operators);
    this.operators.push(operator);
    const source: Source = { from: 'operator', index: this.operators.length - 1 };
    this.#known.set(key, source);
    return source;
  }

  #evaluate(operator: Operator): Value {
    this.#charge(operator.dtype, elementCount(operator.space));
    const data = operator.operands.map((operand) => operand && (this.constants[operand.source.index] as Tensor).data);
    const made = evaluateOperator(operator, data, dotTools());
    return this.constant({ dtype: operator.dtype, shape: operator.shape, data: made });
  }

  #charge(dtype: Dtype, count: number): void {
    this.#folded += dtype === 'int64' ? 2 * count : count;
    checkSize('constants made while compiling', this.#folded, this.#limits.foldElements);
  }
}

function mostTaps(kind: Operator['kind']): number {
  if (kind === 'ArgMax' || kind === 'ArgMin' || kind === 'TopK') return MAX_CANDIDATES;
  return kind === 'Dot' || kind === 'IntegerDot' ? MAX_TAPS : MAX_TENSOR_ELEMENTS;
}

function checkSize(what: string, got: number, limit: number): void {
  if (got > limit) throw new ProtocolError('compile.too_large', { what, got, limit });
}

const viewOf = (operand: Operand | Value): Value => ('view' in operand ? operand.view : operand);

function accessOf(operand: Operand | Value, outer: number, inner: number): Access {
  const view = viewOf(operand);
  const { source, dtype, elements, base, strides } = view;
  if (strides.length !== outer && strides.length !== outer + inner)
    throw new Error(`an operand of ${strides.length} axes for ${outer} + ${inner}`);
  return {
    source: source as Source,
    dtype,
    elements,
    base,
    outer: strides.slice(0, outer),
    inner: strides.slice(outer),
    guards: 'view' in operand ? (operand.guards ?? []) : [],
  };
}

/** The header of an operator's output: its space without leading ones beyond seven axes, or flat. */
function shapeOf(space: readonly number[]): readonly number[] {
  return space.length <= 7 ? space : [elementCount(space)];
}

function bytesOf(data: Tensor['data']): string {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).join(' ');
}
