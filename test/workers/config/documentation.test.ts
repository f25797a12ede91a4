import { expect } from 'chai';
import { configurationDoc } from '../../../scripts/generate/configurationDoc.ts';

describe('docs/workers/configuration.md', () => {
  it('says what the schema says', () => {
    const { written, current } = configurationDoc();
    expect(written, 'run `node scripts/generate/configurationDoc.ts`').to.equal(current);
  });
});
