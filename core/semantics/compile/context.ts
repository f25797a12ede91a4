/** What a lowering sees of its node: its inputs as values, its attributes, and how to refuse. */

import { ProtocolError } from '../../errors.ts';
import type { AttributeValue, GraphNode } from '../../onnx/graph.ts';
import type { Dtype, Tensor } from '../../tensor.ts';
import { elementCount } from '../../tensor.ts';
import type { ElementwiseKind } from '../kinds.ts';
import { elementFunction } from '../primitives/elementwise.ts';
import { MAX_TENSOR_ELEMENTS } from '../program.ts';
import { broadcastShape, elementwise } from './broadcast.ts';
import type { Builder } from './builder.ts';
import type { Value } from './value.ts';
import { unsqueeze } from './value.ts';

/** The outputs of a node in order; undefined for an optional output that nobody can use. */
export type Lowering = (context: Context) => readonly (Value | undefined)[];

/** Numbers in a shape, in axes, in the sizes of a Split: more are not looked at. */
const MAX_LISTED = 4096;

/** Kinds whose operands have dtypes of their own. */
const CONVERTING: ReadonlySet<ElementwiseKind> = new Set(['Cast', 'Quantize', 'Dequantize']);

export class Context {
  readonly builder: Builder;
  readonly opset: number;
  readonly node: GraphNode;
  readonly inputs: readonly (Value | undefined)[];
  readonly #dependsOn: (value: Value) => readonly string[];

  constructor(
    builder: Builder,
    opset: number,
    node: GraphNode,
    inputs: readonly (Value | undefined)[],
    dependsOn: (value: Value) => readonly string[],
  ) {
    this.builder = builder;
    this.opset = opset;
    this.node = node;
    this.inputs = inputs;
    this.#dependsOn = dependsOn;
  }

  /** The model cannot mean this, or we do not define it. */
  refuse(reason: string): never {
    throw new ProtocolError('compile.operator', { operator: this.node.op, node: nameOf(this.node), reason });
  }

  input(index: number, name: string): Value {
    return this.inputs[index] ?? this.refuse(`its input ${name} is missing`);
  }

  /** An input that must be known now: a shape, axes, an exponent. Undefined if the node leaves it out. */
  constant(index: number, name: string): Tensor | undefined {
    const value = this.inputs[index];
    if (value === undefined) return undefined;
    const tensor = this.builder.constantOf(value);
    if (tensor) return tensor;
    throw new ProtocolError('compile.not_constant', {
      operator: this.node.op,
      node: nameOf(this.node),
      input: name,
      depends: this.#dependsOn(value).join(', '),
    });
  }

  requireConstant(index: number, name: string): Tensor {
    return this.constant(index, name) ?? this.refuse(`its input ${name} is missing`);
  }

  /** A constant list of integers (int32 or int64), within +-2^53: larger ones are cut there, which no index can tell. */
  integers(index: number, name: string): number[] | undefined {
    const value = this.inputs[index];
    if (value === undefined) return undefined;
    this.dtypes(['int32', 'int64'], value);
    const count = elementCount(value.shape);
    if (count > MAX_LISTED) this.refuse(`its input ${name} lists ${count} numbers, more than ${MAX_LISTED}`);
    const tensor = this.constant(index, name);
    return tensor && Array.from(tensor.data as ArrayLike<number | bigint>, safeInteger);
  }

  /** Integers that were an attribute and are an input since some opset. Who still writes the attribute then must not be overlooked. */
  listed(name: string, index: number, since: number): number[] | undefined {
    if (this.opset < since) return this.ints(name);
    if (this.has(name)) this.refuse(`its ${name} are an input since opset ${since}, not an attribute`);
    return this.integers(index, name);
  }

  /** A constant input of one integer. */
  integer(index: number, name: string): number | undefined {
    const found = this.integers(index, name);
    if (found && found.length !== 1) this.refuse(`its input ${name} is ${found.length} numbers, not one`);
    return found?.[0];
  }

  #attribute<K extends AttributeValue['kind']>(
    name: string,
    kind: K,
  ): Extract<AttributeValue, { kind: K }> | undefined {
    const found = this.node.attributes.get(name);
    if (found === undefined) return undefined;
    if (found.kind !== kind) this.refuse(`its attribute ${name} is of kind ${found.kind}, not ${kind}`);
    return found as Extract<AttributeValue, { kind: K }>;
  }

  has(attribute: string): boolean {
    return this.node.attributes.has(attribute);
  }

  int(name: string, otherwise: number): number {
    const found = this.#attribute(name, 'int');
    return found ? safeInteger(found.value) : otherwise;
  }

  /** An int or a list of ints, exact. */
  exactInts(name: string): readonly bigint[] | undefined {
    const found = this.node.attributes.get(name);
    return found?.kind === 'int' ? [found.value] : this.#attribute(name, 'ints')?.value;
  }

  float(name: string, otherwise: number): number {
    return this.#attribute(name, 'float')?.value ?? otherwise;
  }

  string(name: string, otherwise: string): string {
    return this.#attribute(name, 'string')?.value ?? otherwise;
  }

  ints(name: string): number[] | undefined {
    return this.#attribute(name, 'ints')?.value.map(safeInteger);
  }

  floats(name: string): readonly number[] | undefined {
    return this.#attribute(name, 'floats')?.value;
  }

  strings(name: string): readonly string[] | undefined {
    return this.#attribute(name, 'strings')?.value;
  }

  tensor(name: string): Tensor | undefined {
    const found = this.#attribute(name, 'tensor');
    if (found === undefined) return undefined;
    return (
      found.value.tensor ??
      this.refuse(`its attribute ${name} is of element type ${found.value.elemType}, not one of the six`)
    );
  }

  /** A shape made of attributes or constants, before anything is allocated by it. */
  checkShape(shape: readonly number[]): readonly number[] {
    if (shape.some((dim) => !Number.isInteger(dim) || dim < 0)) this.refuse(`[${shape}] is no shape`);
    const got = elementCount(shape);
    if (got > MAX_TENSOR_ELEMENTS)
      throw new ProtocolError('compile.too_large', { what: 'elements of a tensor', got, limit: MAX_TENSOR_ELEMENTS });
    return shape;
  }

  /** An axis from [-rank, rank - 1] as one from 0. A scalar may be named by axis 0 where the operator has a meaning for it. */
  axis(axis: number, rank: number): number {
    if (!(axis >= -rank && axis < Math.max(rank, 1))) this.refuse(`axis ${axis} is outside a rank of ${rank}`);
    return axis < 0 ? axis + rank : axis;
  }

  axes(axes: readonly number[], rank: number): number[] {
    if (rank === 0 && axes.length > 0) this.refuse(`axes [${axes}] of a scalar do not exist`);
    const found = axes.map((axis) => this.axis(axis, rank));
    if (new Set(found).size !== found.length) this.refuse(`axes [${axes}] name one axis twice`);
    return found;
  }

  /** All inputs must have one of these dtypes. */
  dtypes(allowed: readonly Dtype[], ...values: readonly Value[]): void {
    for (const { dtype } of values)
      if (!allowed.includes(dtype)) this.refuse(`it is not defined for ${dtype}, only for ${allowed.join(', ')}`);
  }

  /**
   * The second operand of a binary operator as broadcasting since opset 7 sees it. Before, `broadcast` had to ask for it and `axis` said
   * at which axis of the first operand the second one's shape begins (at the end if it is left out).
   */
  aligned(x: Value, y: Value): Value {
    if (this.opset >= 7) return y;
    if (this.int('broadcast', 0) === 0) {
      if (x.shape.join() !== y.shape.join())
        this.refuse(`shapes [${x.shape}] and [${y.shape}] differ and broadcast is not set`);
      return y;
    }
    const axis = this.int('axis', x.shape.length - y.shape.length);
    const start = axis < 0 ? axis + x.shape.length : axis;
    const behind = x.shape.length - start - y.shape.length;
    if (start < 0 || behind < 0) this.refuse(`[${y.shape}] does not fit [${x.shape}] from axis ${axis}`);
    let value = y;
    for (let i = 0; i < behind; i++) value = unsqueeze(value, value.shape.length);
    return value;
  }

  /** An elementwise operator of the output dtype over broadcast inputs. */
  apply(kind: ElementwiseKind, dtype: Dtype, inputs: readonly Value[], attribute = 0): Value {
    if (broadcastShape(inputs.map(({ shape }) => shape)) === undefined)
      this.refuse(`shapes ${inputs.map(({ shape }) => `[${shape}]`).join(' and ')} do not broadcast`);
    const dtypes = inputs.map((input) => input.dtype);
    const alike = kind === 'Where' ? dtypes.slice(1) : dtypes;
    if (!CONVERTING.has(kind) && new Set(alike).size > 1) this.refuse(`its inputs are ${alike.join(' and ')}`);
    if (elementFunction(kind, dtypes, dtype, attribute) === undefined)
      this.refuse(`${kind} is not defined for ${dtypes.join(' and ')}`);
    return elementwise(this.builder, kind, dtype, inputs, attribute);
  }

  /** float32 arithmetic, the most frequent case; a number is a constant. */
  float32(kind: ElementwiseKind, ...inputs: (Value | number)[]): Value {
    return this.apply(
      kind,
      'float32',
      inputs.map((input) => (typeof input === 'number' ? this.builder.scalar('float32', input) : input)),
    );
  }
}

export function nameOf(node: GraphNode): string {
  return node.name || node.outputs.find((output) => output !== '') || '?';
}

export function safeInteger(value: number | bigint): number {
  const limit = Number.MAX_SAFE_INTEGER;
  return Math.max(-limit, Math.min(limit, Number(value)));
}
