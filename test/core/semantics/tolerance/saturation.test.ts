import { expect } from 'chai';
import { elementwise } from '#core/semantics/compile/broadcast.ts';
import { Builder } from '#core/semantics/compile/builder.ts';
import { finish } from '#core/semantics/compile/finish.ts';
import type { Value } from '#core/semantics/compile/value.ts';
import { transpose } from '#core/semantics/compile/value.ts';
import type { ElementwiseKind } from '#core/semantics/kinds.ts';
import { saturationOf } from '#core/semantics/tolerance/saturation.ts';

describe('saturating outputs', () => {
  it('should be found behind movement, however the sigmoid divides', () => {
    const builder = new Builder();
    const x = builder.input({ name: 'x', dtype: 'float32', shape: [2, 3], rows: false });
    const of = (kind: ElementwiseKind, ...inputs: Value[]) => elementwise(builder, kind, 'float32', inputs);
    const one = builder.scalar('float32', 1);
    const sum = of('Add', of('Exp', of('Neg', x)), one);
    const values = {
      reciprocal: of('Reciprocal', sum),
      divided: transpose(of('Div', one, sum), [1, 0]),
      tanh: of('Tanh', x),
      softmaxLike: of('Div', of('Exp', x), sum),
      plain: sum,
      input: x,
    };
    const named = Object.entries(values).map(([name, value]) => ({ name, value, rows: false }));
    const found = saturationOf(finish(builder, named));
    expect(found).to.deep.equal(['sigmoid', 'sigmoid', 'tanh', undefined, undefined, undefined]);
  });
});
