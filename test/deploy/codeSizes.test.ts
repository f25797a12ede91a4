import { expect } from 'chai';
import { artifacts } from 'hardhat';
import type { ArtifactManager } from 'hardhat/types/artifacts';
import { oversized } from '../../deploy/checks/codeSizes.ts';

const code = (bytes: number) => `0x${'00'.repeat(bytes)}`;

/** Artifacts of the given sizes. */
const of = (creation: number, deployed: number): ArtifactManager =>
  Object.assign(Object.create(artifacts), {
    readArtifact: async () => ({ bytecode: code(creation), deployedBytecode: code(deployed) }),
  });

describe('the check of code sizes', () => {
  it('accepts contracts at the limits', async () => {
    expect(await oversized(of(49_152, 24_576), ['Large'])).to.deep.equal([]);
    expect(await oversized(artifacts, ['OPG', 'Authority', 'ModelRegistry', 'NodeRegistry', 'Escrow'])).to.deep.equal(
      [],
    );
  });

  it('names what is a byte too large', async () => {
    expect(await oversized(of(49_153, 24_577), ['Huge'])).to.deep.equal([
      'Huge has 24577 bytes of code, chains accept 24576',
      'Huge has 49153 bytes of creation code, chains accept 49152',
    ]);
  });
});
