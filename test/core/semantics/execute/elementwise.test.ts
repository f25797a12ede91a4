import { expect } from 'chai';
import { DTYPES, type Dtype, type TensorData } from '#core/commitment/dtype.ts';
import { evaluateElementwise } from '#core/semantics/execute/elementwise.ts';
import { loopOf } from '#core/semantics/execute/loops.ts';
import { type ElementwiseKind, KINDS } from '#core/semantics/kinds.ts';
import { elementFunction } from '#core/semantics/primitives/elementwise.ts';
import type { Access, Operator } from '#core/semantics/program.ts';
import { stepElement } from '#core/semantics/step.ts';
import { elementCount } from '#core/tensor.ts';
import { fromBits } from '../../../support/rationals.ts';
import { seeded } from '../../../support/seeded.ts';

const { int, normal, bits, pick } = seeded(29);

const ALL = Object.keys(DTYPES) as Dtype[];
const kinds = Object.keys(KINDS).slice(Object.keys(KINDS).indexOf('Add')) as ElementwiseKind[];

function floatOf(): number {
  const x = pick([
    normal,
    () => fromBits(bits()),
    () => pick([0, -0, 1, Number.POSITIVE_INFINITY, Number.NaN]),
    () => int(9) - 4,
  ])();
  return Number.isNaN(x) ? Number.NaN : x;
}

function elements(dtype: Dtype, count: number): TensorData {
  const made = new DTYPES[dtype].Data(count);
  for (let i = 0; i < count; i++) {
    if (dtype === 'float32') made[i] = floatOf();
    else if (dtype === 'int64') (made as BigInt64Array)[i] = (BigInt(bits()) << BigInt(int(33))) - BigInt(bits());
    else made[i] = dtype === 'bool' ? int(2) : bits();
  }
  // Not a number of either sign and any payload.
  if (dtype === 'float32') {
    const words = new Uint32Array(made.buffer);
    for (let i = 0; i < count; i++)
      if (int(16) === 0) words[i] = pick([0x7fc00000, 0xffc00000, 0xff800001, 0x7f800001]);
  }
  return made;
}

/** Strides in any order, 0 along axes that are broadcast. */
function strided(space: readonly number[], dtype: Dtype, index: number): Access {
  const base = int(3);
  const outer = space.map(() => 0);
  let reach = 1;
  for (const axis of space.map((_, i) => i).sort(() => int(3) - 1)) {
    if (int(3) === 0) continue;
    outer[axis] = reach;
    reach *= space[axis] as number;
  }
  return { source: { from: 'input', index }, dtype, elements: base + reach, base, outer, inner: [], guards: [] };
}

/** Dtypes that the kind is defined for, of operands and output. */
function signatures(kind: ElementwiseKind): { readonly from: readonly Dtype[]; readonly to: Dtype }[] {
  const found = [];
  for (const dtype of ALL)
    for (const to of ALL) {
      if (kind === 'Where') {
        if (dtype === to) found.push({ from: ['bool', dtype, dtype] as Dtype[], to });
        continue;
      }
      if (kind === 'Quantize') {
        if (dtype === 'float32' && (to === 'int8' || to === 'uint8')) found.push({ from: [dtype, dtype, to], to });
        continue;
      }
      if (kind === 'Dequantize') {
        if (to === 'float32' && ['int8', 'uint8', 'int32'].includes(dtype))
          found.push({ from: [dtype, to, dtype], to });
        continue;
      }
      const compares = ['Equal', 'Less', 'LessOrEqual'].includes(kind);
      const logical = ['And', 'Or', 'Xor', 'Not'].includes(kind);
      if (compares ? to !== 'bool' : kind !== 'Cast' && dtype !== to) continue;
      if (logical && dtype !== 'bool') continue;
      const from = Array.from({ length: KINDS[kind].operands }, () => dtype);
      if (elementFunction(kind, from, to, HALF) !== undefined) found.push({ from, to });
    }
  return found;
}

/** The bits of 0.5: an exponent that is proved. */
const HALF = 0x3f000000;

describe('evaluating elementwise operators', () => {
  it('should have what each step says for every kind, all dtypes and any strides', () => {
    let [looped, called] = [0, 0];
    for (const kind of kinds)
      for (const { from, to } of signatures(kind)) {
        if (loopOf(kind, from, to)) looped++;
        else called++;
        for (let round = 0; round < 12; round++) {
          const space = round === 0 ? [2, 300] : Array.from({ length: int(4) }, () => 1 + int(7));
          const operands = from.map((dtype, i) => strided(space, dtype, i));
          const attribute = kind === 'Pow' ? HALF : 0;
          const operator: Operator = { kind, dtype: to, shape: space, space, inner: [], attribute, operands };
          const data = operands.map(({ dtype, elements: count }) => elements(dtype, count));
          const out = evaluateElementwise(operator, data);
          expect(out.length).to.equal(elementCount(space));
          const stored = new DTYPES[to].Data(1);
          for (let e = 0; e < out.length; e++) {
            stored[0] = stepElement(operator, e, (operand, address) => data[operand]?.[address] as number) as number;
            if (!Object.is(stored[0], out[e]))
              expect.fail(`${kind} of ${from} to ${to}: element ${e} is ${out[e]}, its step ${stored[0]}`);
          }
        }
      }
    expect(Math.min(looped, called)).to.be.greaterThan(20);
  });
});
