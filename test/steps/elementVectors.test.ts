import { expect } from 'chai';
import type { ElementHarness } from '#types';
import { applyMany, ELEMENT_STEPS, elementHarness } from '../support/contracts/elements.ts';
import { elementCases } from '../support/elementVectors.ts';

for (const [name, kinds] of Object.entries(ELEMENT_STEPS))
  describe(`${name}Step, by the shared vectors`, () => {
    let harness: ElementHarness;
    before(async () => {
      harness = await elementHarness(name);
    });

    for (const kind of kinds)
      it(`${kind} should give their bits`, async () => {
        const ours = elementCases.filter(({ family }) => family.kind === kind);
        expect(ours.length, kind).to.be.above(0);
        for (const { family, cases } of ours) {
          const got = await applyMany(
            harness,
            family,
            cases.map(({ operands }) => operands),
          );
          for (const [i, { line, result }] of cases.entries())
            expect(got[i], `${kind} of ${family.from} to ${family.to}: ${line}`).to.equal(result);
        }
      });
  });
