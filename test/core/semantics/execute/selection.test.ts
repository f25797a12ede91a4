import { expect } from 'chai';
import { DTYPES, type Dtype, type TensorData } from '#core/commitment/dtype.ts';
import { evaluateGather } from '#core/semantics/execute/gather.ts';
import { evaluateMove } from '#core/semantics/execute/move.ts';
import { evaluateArg } from '#core/semantics/execute/select.ts';
import type { Access, Guard, Operator } from '#core/semantics/program.ts';
import { stepElement } from '#core/semantics/step.ts';
import { elementCount } from '#core/tensor.ts';
import { seeded } from '../../../support/seeded.ts';

const { int, normal, bits, pick } = seeded(61);

/** Few different values, so that ties are frequent. */
function values(dtype: Dtype, count: number): TensorData {
  const data = new DTYPES[dtype].Data(count);
  const draw = pick([normal, () => int(3) - 1, () => pick([0, -0, Number.NaN, Number.NEGATIVE_INFINITY])]);
  for (let i = 0; i < count; i++)
    if (dtype === 'int64') data[i] = BigInt(int(5)) * 2n ** BigInt(int(60)) - 3n;
    else data[i] = dtype === 'float32' ? draw() : int(6) - 2;
  return data;
}

/** Strides in any order, 0 along some axes; maybe guards. */
function strided(space: readonly number[], inner: readonly number[], dtype: Dtype, guarded: boolean): Access {
  const all = [...space, ...inner];
  const strides = all.map(() => 0);
  let reach = 1;
  for (const axis of all.map((_, i) => i).sort(() => int(3) - 1)) {
    if (int(5) === 0) continue;
    strides[axis] = reach;
    reach *= all[axis] as number;
  }
  const guards: Guard[] = [];
  while (guarded && guards.length < 2 && int(2) === 0) {
    const [outer, along, extent] = [int(space.length + 1) - 1, int(inner.length + 1) - 1, pick([1, 2, 4, 30])];
    const [outerStep, innerStep, divisor] = [int(3) - 1, int(3) - 1, 1 + int(2)];
    const offset = int(4) - 1;
    guards.push({ outer, outerStep, inner: along, innerStep, offset, divisor, extent, stride: reach });
    reach *= extent;
  }
  const outer = strides.slice(0, space.length);
  const base = int(3);
  const source = { from: 'input', index: 0 } as const;
  return { source, dtype, elements: base + reach, base, outer, inner: strides.slice(space.length), guards };
}

const spaceOf = () => Array.from({ length: int(4) }, () => pick([1, 2, 3, 5, 9]));
const innerOf = () => Array.from({ length: 1 + int(2) }, () => pick([1, 2, 4, 7]));

function check(operator: Operator, data: readonly TensorData[], out: TensorData, round: number): void {
  expect(out.length).to.equal(elementCount(operator.space));
  const stored = out.slice(0, 1);
  for (let e = 0; e < out.length; e++) {
    const read = (operand: number, address: number) => {
      expect(address).to.be.within(0, (operator.operands[operand] as Access).elements - 1);
      return data[operand]?.[address] as number;
    };
    stored[0] = stepElement(operator, e, read) as number;
    if (!Object.is(stored[0], out[e]))
      expect.fail(`${round}: element ${e} is ${out[e]}, its step ${stored[0]} (${JSON.stringify(operator)})`);
  }
}

describe('evaluating selections and movement', () => {
  it('should find the largest and the smallest candidate that each step finds', () => {
    for (let round = 0; round < 2000; round++) {
      const [space, inner] = [spaceOf(), innerOf()];
      const from = pick<Dtype>(['float32', 'float32', 'float32', 'int8', 'int32', 'int64']);
      const dtype = pick<Dtype>(['int32', 'int64']);
      const access = strided(space, inner, from, true);
      const kind = pick(['ArgMax', 'ArgMin'] as const);
      const operator: Operator = { kind, dtype, shape: space, space, inner, attribute: 0, operands: [access] };
      const data = [values(from, access.elements)];
      check(operator, data, evaluateArg(operator, data), round);
    }
  });

  it('should gather what each step gathers, with indices far outside too', () => {
    for (let round = 0; round < 2000; round++) {
      const [space, inner] = [spaceOf(), innerOf()];
      const dtype = pick<Dtype>(['float32', 'int8', 'int64']);
      const named = pick<Dtype>(['int32', 'int64']);
      const [x, index] = [strided(space, inner, dtype, true), strided(space, [], named, false)];
      const count = elementCount(inner);
      const indices = new DTYPES[named].Data(index.elements);
      for (let i = 0; i < indices.length; i++) {
        const near = int(2 * count + 2) - count - 1;
        if (named === 'int64')
          (indices as BigInt64Array)[i] =
            BigInt(near) + (int(8) === 0 ? pick([2n ** 31n, 2n ** 32n, -(2n ** 32n), 2n ** 62n, -(2n ** 63n)]) : 0n);
        else indices[i] = int(8) === 0 ? bits() : near;
      }
      const operator: Operator = {
        kind: 'Gather',
        dtype,
        shape: space,
        space,
        inner,
        attribute: 0,
        operands: [x, index],
      };
      const data = [values(dtype, x.elements), indices];
      check(operator, data, evaluateGather(operator, data), round);
    }
  });
  it('should move what each step moves, guard behind guard', () => {
    for (let round = 0; round < 3000; round++) {
      const space = round % 10 === 0 ? [40] : spaceOf();
      const dtype = pick<Dtype>(['float32', 'int8', 'int64']);
      const operands = Array.from({ length: 1 + int(3) }, () => strided(space, [], dtype, true));
      const operator: Operator = { kind: 'Move', dtype, shape: space, space, inner: [], attribute: 0, operands };
      const data = operands.map((access) => values(dtype, access.elements));
      check(operator, data, evaluateMove(operator, data), round);
    }
  });
});
