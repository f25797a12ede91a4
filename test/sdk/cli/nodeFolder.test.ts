/** What a node's folder says of its keys. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { Wallet } from 'ethers';
import { UsageError } from '../../../sdk/cli/command.ts';
import { addressIn, makeKeyFile } from '../../../sdk/cli/nodeFolder.ts';
import { scratch } from '../../support/graphs.ts';

const DIGITS = '5a'.repeat(32);

describe('a key file of a node', () => {
  const directory = scratch();
  after(() => directory.remove());
  const file = path.join(directory.path, 'hot.key');
  const holding = (content: string) => writeFileSync(file, content, { mode: 0o600 });
  const refused = () => {
    try {
      return addressIn(file);
    } catch (error) {
      expect(error).to.be.instanceOf(UsageError);
      return (error as UsageError).message;
    }
  };

  it('tells its address, plain or encrypted', async () => {
    holding(`0x${DIGITS}\n`);
    expect(addressIn(file)).to.equal(new Wallet(`0x${DIGITS}`).address.toLowerCase());
    rmSync(file);
    const made = await makeKeyFile(file, 'a password');
    expect(addressIn(file)).to.equal(made);
  });

  it('is not quoted when it is damaged', () => {
    const damaged = [
      `0x${DIGITS.slice(1)}`,
      `0x${DIGITS.slice(2)}5g`,
      `${DIGITS}x`,
      DIGITS,
      `0x${DIGITS} # of the node`,
      `{"address": "${DIGITS}`,
      `{"crypto": "${DIGITS}"}`,
      `{"address": "${DIGITS}"}`,
      `0x${'0'.repeat(64)}`,
      `0x${'f'.repeat(64)}`,
      '',
    ];
    for (const content of damaged) {
      holding(content);
      const message = refused();
      expect(message).to.match(/hot\.key is damaged: a key file is /);
      expect(message).to.not.match(/5a5a|ffff|0000/);
    }
  });

  it('is asked for with another mode where others may read it', () => {
    holding(`0x${DIGITS}`);
    chmodSync(file, 0o644);
    expect(refused()).to.match(/chmod 600/);
  });
});
