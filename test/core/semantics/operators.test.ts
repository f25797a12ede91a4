/** The table of operators is what it says, and the smallest model of every operator means what ONNX Runtime computes. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { DTYPES } from '#core/commitment/dtype.ts';
import { buildModel } from '#core/onnx/build.ts';
import { OPERATORS } from '#core/semantics/compile/operators.ts';
import type { Dtype, Tensor } from '#core/tensor.ts';
import { CATALOGUE } from '../../../scripts/generate/catalogue.ts';
import { kindsOf, operatorsDoc } from '../../../scripts/generate/operatorsDoc.ts';
import { expectClose, runOrt, runReference } from '../../support/semantics.ts';

/** Where definitions changed, and the newest that ONNX Runtime 1.30 has released operators of. */
const COMPARED = [7, 9, 10, 11, 12, 13, 17, 18, 20, 21, 24, 26];
/** ONNX Runtime knows them and has no CPU kernel. */
const WITHOUT_KERNEL = new Set(['Swish']);
const DTYPE_NAMES = Object.keys(DTYPES) as Dtype[];

describe('the table of operators', () => {
  it('should be in docs/spec as the compiler is', () => {
    expect(readFileSync('docs/spec/operators.md', 'utf8')).to.equal(operatorsDoc());
  });

  it('should hold every operator that has a lowering, and no other', () => {
    const shown = CATALOGUE.map(({ op }) => op);
    expect([...new Set(shown)].sort()).to.deep.equal([...OPERATORS.keys()].sort());
    for (const entry of CATALOGUE) {
      const compiles = DTYPE_NAMES.some((dtype) => kindsOf(entry, dtype, 26) || kindsOf(entry, dtype, 7));
      expect(compiles, entry.op).to.equal(true);
    }
  });
});

describe('the smallest model of every operator', () => {
  let runs = 0;
  for (const entry of CATALOGUE) {
    const { op, note = '', build } = entry;
    it(`should mean what ONNX Runtime computes: ${op} ${note}`, async () => {
      let compared = 0;
      for (const dtype of DTYPE_NAMES)
        for (const opset of COMPARED) {
          if (!kindsOf(entry, dtype, opset)) continue;
          const { model, inputs } = build(dtype, opset);
          const onnx = buildModel(model, opset);
          const found = await ran(onnx, inputs);
          if (!found) continue;
          compared++;
          expectClose(found, runReference(onnx, inputs), { abs: 2e-6, rel: 2e-6 }, `${op}, ${dtype}, opset ${opset}`);
        }
      if (!WITHOUT_KERNEL.has(op)) expect(compared, 'models that both run').to.be.greaterThan(0);
      runs += compared;
    });
  }
  after(() => {
    expect(runs).to.be.greaterThan(3_500);
  });
});

/** Undefined: the library has no kernel for that dtype, or not at that opset. */
async function ran(onnx: Uint8Array, inputs: Readonly<Record<string, Tensor>>) {
  return runOrt(onnx, inputs).catch((error: Error) => {
    if (/Could not find an implementation|invalid model/i.test(error.message)) return undefined;
    throw error;
  });
}
