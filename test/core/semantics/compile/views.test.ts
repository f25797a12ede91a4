import { expect } from 'chai';
import { addressAt, unravel } from '#core/semantics/access.ts';
import { canonical } from '#core/semantics/compile/canonical.ts';
import {
  expand,
  isWhole,
  reshapeView,
  slice,
  squeeze,
  transpose,
  unsqueeze,
  type Value,
  whole,
} from '#core/semantics/compile/value.ts';
import type { Access, Guard, Operator } from '#core/semantics/program.ts';
import { elementCount } from '#core/tensor.ts';
import { seeded } from '../../../support/seeded.ts';

const SOURCE = { from: 'input', index: 0 } as const;

/** The addresses that a view shows, in the order of its shape. */
function addresses({ shape, base, strides }: Value): number[] {
  return Array.from({ length: elementCount(shape) }, (_, flat) =>
    unravel(flat, shape, []).reduce((sum, c, axis) => sum + c * (strides[axis] as number), base),
  );
}

/** A tensor as nested coordinates: what the same operations do to a list of (coordinates, address). */
const naive = (shape: readonly number[], at: (o: number[]) => number): number[] =>
  Array.from({ length: elementCount(shape) }, (_, flat) => at(unravel(flat, shape, [])));

describe('views', () => {
  it('should show what transposing, slicing, expanding and reshaping would move', () => {
    const { int: below } = seeded(7);
    for (let round = 0; round < 2000; round++) {
      const shape = Array.from({ length: 1 + below(4) }, () => 1 + below(4));
      let view = whole(SOURCE, 'float32', shape);
      let shown = addresses(view);
      for (let step = 0; step < 5; step++) {
        const now = view;
        const before = shown;
        const read = (o: readonly number[]) =>
          before[o.reduce((sum, c, axis) => sum * (now.shape[axis] as number) + c, 0)] as number;
        const axis = below(now.shape.length);
        switch (below(5)) {
          case 0: {
            const order = now.shape.map((_, i) => i).sort(() => below(3) - 1);
            view = transpose(now, order);
            shown = naive(view.shape, (o) => {
              const from: number[] = [];
              for (const [i, source] of order.entries()) from[source] = o[i] as number;
              return read(from);
            });
            break;
          }
          case 1: {
            const dim = now.shape[axis] as number;
            const start = below(dim);
            const step = below(2) === 0 ? 1 : -1;
            const count = 1 + below(step > 0 ? dim - start : start + 1);
            view = slice(now, axis, start, step, count);
            shown = naive(view.shape, (o) => read(o.with(axis, start + step * (o[axis] as number))));
            break;
          }
          case 2:
            if (now.shape.length < 6) {
              view = unsqueeze(now, axis);
              shown = before;
            }
            break;
          case 3: {
            const wide = now.shape.map((dim) => (dim === 1 ? 1 + below(3) : dim));
            view = expand(now, wide);
            shown = naive(wide, (o) => read(o.map((c, i) => (now.shape[i] === 1 ? 0 : c))));
            break;
          }
          default: {
            const total = elementCount(now.shape);
            const first = [1, 2, 3, 4, 6].filter((dim) => total % dim === 0);
            const dim = first[below(first.length)] as number;
            const next = below(2) === 0 ? [dim, total / dim] : [total / dim, 1, dim];
            const reshaped = reshapeView(now, next);
            if (reshaped) {
              view = reshaped;
              shown = before;
            } else expect(isWhole(now), 'a whole tensor reshapes without moving').to.equal(false);
          }
        }
        expect(addresses(view), `${round}: [${view.shape}]`).to.deep.equal(shown);
      }
      expect(isWhole(view)).to.equal(
        elementCount(view.shape) === elementCount(shape) && shown.every((address, i) => address === i),
      );
    }
  });

  it('should drop axes of 1 only where they are', () => {
    const view = squeeze(whole(SOURCE, 'int64', [2, 1, 3]), [1]);
    expect(view.shape).to.deep.equal([2, 3]);
    expect(view.strides).to.deep.equal([3, 1]);
  });
});

describe('canonical index spaces', () => {
  const { int: below } = seeded(11);
  const signed = () => below(7) - 3;

  function randomGuard(space: readonly number[], inner: readonly number[]): Guard {
    const outer = below(space.length + 1) - 1;
    const axis = inner.length === 0 ? -1 : below(inner.length + 1) - 1;
    return {
      outer,
      outerStep: outer < 0 ? 0 : signed(),
      inner: axis,
      innerStep: axis < 0 ? 0 : signed(),
      offset: below(9) - 4,
      divisor: 1 + below(3),
      extent: 1 + below(12),
      stride: signed(),
    };
  }

  function randomAccess(space: readonly number[], inner: readonly number[], dense: boolean): Access {
    const strides = (dims: readonly number[]) => {
      if (!dense) return dims.map(() => (below(3) === 0 ? 0 : signed()));
      let stride = 1;
      return dims
        .toReversed()
        .map((dim) => {
          const own = stride;
          stride *= dim;
          return own;
        })
        .toReversed();
    };
    const guards = Array.from({ length: below(3) }, () => randomGuard(space, inner));
    return {
      source: SOURCE,
      dtype: 'float32',
      elements: 1000,
      base: below(10),
      outer: strides(space),
      inner: below(3) === 0 ? [] : strides(inner),
      guards,
    };
  }

  it('should keep every address of every operand', () => {
    for (let round = 0; round < 3000; round++) {
      const space = Array.from({ length: 1 + below(4) }, () => 1 + below(3));
      const inner = Array.from({ length: below(3) }, () => 1 + below(3));
      const operands = Array.from({ length: 1 + below(3) }, () => randomAccess(space, inner, below(2) === 0));
      const operator: Operator = {
        kind: 'Move',
        dtype: 'float32',
        shape: space,
        space,
        inner,
        attribute: 0,
        operands,
      };
      const short = canonical(operator, false);
      expect(elementCount(short.space)).to.equal(elementCount(space));
      expect(elementCount(short.inner)).to.equal(elementCount(inner));
      expect(short.space.includes(1) || short.inner.includes(1)).to.equal(false);
      operands.forEach((access, i) => {
        for (let e = 0; e < elementCount(space); e++)
          for (let k = 0; k < elementCount(inner); k++) {
            const before = addressAt(access, unravel(e, space, []), unravel(k, inner, []));
            const after = addressAt(
              short.operands[i] as Access,
              unravel(e, short.space, []),
              unravel(k, short.inner, []),
            );
            // Random accesses may have negative addresses, which real ones never do: -1 is absence only where a guard fails.
            expect(after, `${round} operand ${i} at (${e}, ${k})`).to.equal(before);
          }
      });
    }
  });

  it('should merge a dense elementwise space into one axis and keep the rank axis of a TopK', () => {
    const access: Access = {
      source: SOURCE,
      dtype: 'float32',
      elements: 24,
      base: 0,
      outer: [12, 4, 1],
      inner: [],
      guards: [],
    };
    const operator: Operator = {
      kind: 'Neg',
      dtype: 'float32',
      shape: [2, 3, 4],
      space: [2, 3, 4],
      inner: [],
      attribute: 0,
      operands: [access],
    };
    expect(canonical(operator, false).space).to.deep.equal([24]);
    const ranked = { ...operator, space: [2, 1], operands: [{ ...access, outer: [12, 0] }] };
    expect(canonical(ranked, true).space).to.deep.equal([2, 1]);
  });
});
