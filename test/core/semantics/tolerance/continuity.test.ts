import { expect } from 'chai';
import { elementwise } from '#core/semantics/compile/broadcast.ts';
import { Builder } from '#core/semantics/compile/builder.ts';
import { finish } from '#core/semantics/compile/finish.ts';
import { extreme } from '#core/semantics/compile/lower/reduction.ts';
import type { Value } from '#core/semantics/compile/value.ts';
import { expand, transpose, unsqueeze } from '#core/semantics/compile/value.ts';
import type { ElementwiseKind } from '#core/semantics/kinds.ts';
import { type Continuity, continuityOf } from '#core/semantics/tolerance/continuity.ts';
import { type Dtype, tensorFrom } from '#core/tensor.ts';

/** Writes one program: inputs x (float32 [2, 3]) and i (int64 [2, 3]), and values by primitives. */
class Sheet {
  readonly builder = new Builder();
  readonly x = this.builder.input({ name: 'x', dtype: 'float32', shape: [2, 3], rows: false });
  readonly i = this.builder.input({ name: 'i', dtype: 'int64', shape: [2, 3], rows: false });
  /** Float arithmetic on the input. */
  readonly h = this.of('Exp', this.x);

  of(kind: ElementwiseKind, ...inputs: (Value | number)[]): Value {
    return this.as(inputs[0] === undefined ? 'float32' : this.value(inputs[0]).dtype, kind, ...inputs);
  }
  as(dtype: Dtype, kind: ElementwiseKind, ...inputs: (Value | number)[]): Value {
    return elementwise(
      this.builder,
      kind,
      dtype,
      inputs.map((input) => this.value(input)),
    );
  }
  value(input: Value | number): Value {
    return typeof input === 'number' ? this.builder.scalar('float32', input) : input;
  }
  where(condition: Value, x: Value | number, y: Value | number): Value {
    return this.as('float32', 'Where', condition, x, y);
  }
  less = (x: Value | number, y: Value | number): Value => this.as('bool', 'Less', x, y);
}

function classify(write: (sheet: Sheet) => Value) {
  const sheet = new Sheet();
  const [found] = continuityOf(finish(sheet.builder, [{ name: 'y', value: write(sheet), rows: false }]));
  return found;
}

const table: readonly (readonly [string, Continuity, (s: Sheet) => Value])[] = [
  ['an input', 'exact', (s) => s.x],
  ['arithmetic of whole numbers', 'exact', (s) => s.as('int64', 'Mul', s.as('int64', 'Add', s.i, s.i), s.i)],
  ['float arithmetic', 'continuous', (s) => s.of('Add', s.h, s.x)],
  ['one float operation', 'continuous', (s) => s.of('Add', s.x, s.x)],
  [
    'Relu, Abs, Min, Max, Clip of computed values',
    'continuous',
    (s) => s.of('Clip', s.of('Max', s.of('Abs', s.of('Relu', s.h)), s.x), 0, 1),
  ],
  ['Floor of an input', 'exact', (s) => s.of('Floor', s.x)],
  ['Floor of a computed value', 'discontinuous', (s) => s.of('Floor', s.h)],
  ['Round, then arithmetic', 'discontinuous', (s) => s.of('Mul', s.of('Round', s.h), s.h)],
  ['Sign of a computed value', 'discontinuous', (s) => s.of('Sign', s.h)],
  ['a cast of an input to integers', 'exact', (s) => s.as('int32', 'Cast', s.x)],
  ['a cast of a computed value to integers', 'discontinuous', (s) => s.as('int32', 'Cast', s.h)],
  ['a cast of integers to float', 'exact', (s) => s.as('float32', 'Cast', s.i)],
  ['a comparison of computed values', 'discontinuous', (s) => s.less(s.h, s.x)],
  ['quantising an input', 'exact', (s) => s.as('int8', 'Quantize', s.x, 0.5, s.builder.scalar('int8', 0))],
  [
    'quantising a computed value',
    'discontinuous',
    (s) => s.as('int8', 'Quantize', s.h, 0.5, s.builder.scalar('int8', 0)),
  ],
  [
    'dequantised and quantised again',
    'discontinuous',
    (s) => {
      const zero = s.builder.scalar('int8', 0);
      return s.as(
        'int8',
        'Quantize',
        s.as('float32', 'Dequantize', s.as('int8', 'Quantize', s.x, 0.5, zero), 0.3, zero),
        0.7,
        zero,
      );
    },
  ],
  ['a mask by an input', 'continuous', (s) => s.where(s.less(s.x, 0), -1e9, s.h)],
  [
    'a mask by whole numbers',
    'continuous',
    (s) => s.where(s.as('bool', 'Less', s.i, s.builder.scalar('int64', 5)), 0, s.h),
  ],
  [
    'the index of a maximum',
    'discontinuous',
    (s) => s.builder.emit({ kind: 'ArgMax', dtype: 'int32', space: [2], inner: [3], operands: [s.h] }),
  ],
  ['a maximum', 'continuous', (s) => extreme(s.builder, 'ArgMax', s.h, [1])],
  ['a maximum along the first axis', 'continuous', (s) => extreme(s.builder, 'ArgMax', s.h, [0])],
  ['a minimum over both axes', 'continuous', (s) => extreme(s.builder, 'ArgMin', s.h, [0, 1])],
  ['a maximum of what jumps', 'discontinuous', (s) => extreme(s.builder, 'ArgMax', s.of('Floor', s.h), [1])],
  [
    'something else at the place of the maximum',
    'discontinuous',
    (s) => {
      const index = s.builder.emit({ kind: 'ArgMax', dtype: 'int32', space: [2], inner: [3], operands: [s.h] });
      return s.builder.emit({ kind: 'Gather', dtype: 'float32', space: [2], inner: [3], operands: [s.x, index] });
    },
  ],
  [
    'the same candidates in another order at the place of the maximum',
    'discontinuous',
    (s) => {
      const square = s.builder.emit({
        kind: 'Move',
        dtype: 'float32',
        space: [2, 2],
        operands: [{ ...s.h, shape: [2, 2], strides: [3, 1] }],
      });
      const h = s.of('Exp', square);
      const index = s.builder.emit({ kind: 'ArgMax', dtype: 'int32', space: [2], inner: [2], operands: [h] });
      const turned = transpose(h, [1, 0]);
      return s.builder.emit({ kind: 'Gather', dtype: 'float32', space: [2], inner: [2], operands: [turned, index] });
    },
  ],
  [
    'the largest two',
    'continuous',
    (s) => {
      const view = expand(unsqueeze(s.h, 1), [2, 2, 3]);
      const index = s.builder.emit({
        kind: 'TopK',
        dtype: 'int32',
        space: [2, 2],
        inner: [3],
        attribute: 1,
        operands: [view],
      });
      return s.builder.emit({ kind: 'Gather', dtype: 'float32', space: [2, 2], inner: [3], operands: [view, index] });
    },
  ],
  [
    'a row of a table by a whole number',
    'continuous',
    (s) => {
      const view = expand(unsqueeze(s.h, 0), [4, 2, 3]);
      const index = s.builder.constant(tensorFrom('int64', [4], [0, 1, 2, 0]));
      const chosen = { ...index, shape: [4, 2], strides: [1, 0] };
      return s.builder.emit({ kind: 'Gather', dtype: 'float32', space: [4, 2], inner: [3], operands: [view, chosen] });
    },
  ],
  ['LeakyRelu', 'continuous', (s) => s.where(s.less(s.h, 0), s.of('Mul', s.h, 0.01), s.h)],
  [
    'LeakyRelu by a negated condition',
    'continuous',
    (s) => s.where(s.as('bool', 'Not', s.as('bool', 'LessOrEqual', 0, s.h)), s.of('Mul', 0.01, s.h), s.h),
  ],
  [
    'PRelu with a slope per channel',
    'continuous',
    (s) => {
      const slope = s.builder.constant(tensorFrom('float32', [3], [0.1, 0.2, 0.3]));
      return s.where(s.less(s.h, 0), s.of('Mul', s.h, slope), s.h);
    },
  ],
  ['Elu', 'continuous', (s) => s.where(s.less(s.h, 0), s.of('Mul', s.of('Sub', s.of('Exp', s.h), 1), 1.5), s.h)],
  [
    'Selu',
    'continuous',
    (s) => s.of('Mul', s.where(s.less(s.h, 0), s.of('Mul', s.of('Sub', s.of('Exp', s.h), 1), 1.67), s.h), 1.05),
  ],
  ['a thresholded Relu', 'discontinuous', (s) => s.where(s.less(1, s.h), s.h, 0)],
  ['a Relu written as a Where', 'continuous', (s) => s.where(s.less(0, s.h), s.h, 0)],
  ['a step', 'discontinuous', (s) => s.where(s.less(s.h, 0), 0, 1)],
  ['branches that meet elsewhere', 'discontinuous', (s) => s.where(s.less(s.h, 0.5), s.of('Mul', s.h, 0.01), s.h)],
  ['NaN replaced', 'continuous', (s) => s.where(s.as('bool', 'Equal', s.h, s.h), s.h, 0)],
  ['infinities replaced', 'continuous', (s) => s.where(s.less(3.4028234663852886e38, s.h), 0, s.h)],
  ['equality with a number', 'discontinuous', (s) => s.where(s.as('bool', 'Equal', s.h, 1), s.h, 0)],
  [
    'a minimum by comparison',
    'continuous',
    (s) => {
      const g = s.of('Tanh', s.x);
      return s.where(s.less(s.h, g), s.h, g);
    },
  ],
  [
    'a choice by comparison of others',
    'discontinuous',
    (s) => {
      const g = s.of('Tanh', s.x);
      return s.where(s.less(s.h, g), s.of('Neg', s.h), g);
    },
  ],
  [
    'LeakyRelu of what jumps',
    'discontinuous',
    (s) => {
      const f = s.of('Floor', s.h);
      return s.where(s.less(f, 0), s.of('Mul', f, 0.01), f);
    },
  ],
];

describe('which outputs can jump', () => {
  for (const [name, expected, write] of table)
    it(`${name}: ${expected}`, () => {
      expect(classify(write)?.continuity).to.equal(expected);
    });

  it('should name the primitive that jumps first', () => {
    const found = classify((s) => s.of('Add', s.of('Ceil', s.of('Round', s.h)), 1));
    expect(found?.cause?.kind).to.equal('Round');
    expect(classify((s) => s.h)?.cause).to.equal(undefined);
  });
});
