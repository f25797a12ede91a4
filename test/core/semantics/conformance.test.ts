/** The ONNX project's own cases (test/vectors/onnx-node-tests) through reader, compiler and executor. None is left out. */
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { caseNames } from '../../../sdk/conformance/cases.ts';
import { judge } from '../../../sdk/conformance/judge.ts';

const SUITE = fileURLToPath(new URL('../../vectors/onnx-node-tests', import.meta.url));

describe('the cases of the ONNX project', () => {
  const bySuite = Map.groupBy(caseNames(SUITE), (name) => name.split('--')[0] as string);

  it('should be 405 of four suites', () => {
    expect([...bySuite.keys()]).to.have.length(4);
    expect([...bySuite.values()].flat()).to.have.length(405);
  });

  for (const [suite, names] of bySuite)
    it(`should pass, all ${names.length} of ${suite}`, () => {
      const verdicts = names.map((name) => judge(SUITE, name));
      const others = verdicts.filter(({ status }) => status !== 'passed');
      expect(others.map(({ name, status, reason }) => `${name} ${status}: ${reason}`)).to.deep.equal([]);
    });
});
