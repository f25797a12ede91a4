import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { faultsDoc } from '../../scripts/generate/faultsDoc.ts';
import { scenarios } from '../faults/scenarios/index.ts';

describe('the catalogue of faults', () => {
  it('names each once, and each has a test of that name', () => {
    const names = scenarios.map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
    for (const { name, test } of scenarios) {
      expect(name).to.match(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(existsSync(test), test).to.equal(true);
      expect(readFileSync(test, 'utf8'), `${test} tells ${name}`).to.contain('faultStory(').and.contain(`'${name}'`);
    }
  });

  it('is what docs/faults.md shows (node scripts/generate/faultsDoc.ts)', () => {
    expect(readFileSync('docs/faults.md', 'utf8')).to.equal(faultsDoc());
  });
});
