import { expect } from 'chai';
import { expectedBits } from '../../../support/elements.ts';
import { elementCases } from '../../../support/elementVectors.ts';

describe('elementwise primitives, by the shared vectors', () => {
  for (const { family, cases } of elementCases)
    it(`should give the bits of ${family.kind} of ${family.from.join(', ')} to ${family.to}`, () => {
      for (const { line, operands, result } of cases) expect(expectedBits(family, operands), line).to.equal(result);
    });
});
