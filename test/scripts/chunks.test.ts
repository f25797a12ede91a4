import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { files } from '../../scripts/checks/tree.ts';
import { chunks } from '../../scripts/test/chunks.ts';

describe('the folders that npm test runs', () => {
  it('should hold each test once, but for the faults', () => {
    const run = chunks().flatMap((chunk) => chunk.files);
    const there = files(['.ts'], 'test').filter(
      (file) => file.endsWith('.test.ts') && !file.startsWith('test/faults/'),
    );
    expect(run.toSorted()).to.deep.equal(there.toSorted());
  });

  it('should keep Hardhat, whose matchers slow every expectation of a process, out of core', () => {
    const core = chunks().find(({ name }) => name === 'test/core');
    expect(core?.runner).to.equal('mocha');
    for (const file of core?.files ?? [])
      expect(/from 'hardhat'|support\/contracts/.test(readFileSync(file, 'utf8')), file).to.equal(false);
  });
});
