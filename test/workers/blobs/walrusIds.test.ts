import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { BLOB_ID } from '#ports/walrus.ts';
import { createBlobIds } from '../../../workers/adapters/blobs/walrus/ids.ts';
import { encodedLength } from '../../../workers/storage/encodedLength.ts';
import { scratch } from '../../support/graphs.ts';
import { rejectsLater } from '../../support/rejects.ts';

describe('Walrus blob ids', () => {
  const directory = scratch();
  const ids = createBlobIds({ maxBytes: 100 });
  after(async () => {
    await ids.close();
    directory.remove();
  });
  const file = (text: string) => {
    const name = path.join(directory.path, `${text.length}`);
    writeFileSync(name, text);
    return name;
  };

  it('should be those of Walrus, one after the other, whatever fails between them', async () => {
    const other = file('some other string');
    const answers = await Promise.allSettled([
      ids.idOf(other, 17),
      ids.idOf(other, 18),
      ids.idOf(path.join(directory.path, 'absent'), 1),
      ids.idOf(file(''), 0),
    ]);
    const shown = answers.map((answer) =>
      answer.status === 'fulfilled' ? answer.value : answer.reason.payload.reason,
    );
    expect(shown[0]).to.equal('M4hsZGQ1oCktdzegB6HnI6Mi28S2nqOPHxK-W7_4BUk'); // from Walrus's documentation
    expect(shown[1]).to.equal('it has 17 bytes, not 18');
    expect(shown[2]).to.match(/ENOENT/);
    expect(shown[3]).to.match(BLOB_ID);
  });

  it('should refuse what is larger than allowed before it is read', async () => {
    await rejectsLater('blobs.too_large', ids.idOf('/nowhere', 101));
  });

  it('should say what Walrus stores for a blob', () => {
    expect(encodedLength(17)).to.equal(66_034_000); // from Walrus's documentation
    expect(encodedLength(0)).to.equal(66_034_000);
    // 334 * 667 symbols of 2 bytes are full; one byte more takes symbols of 4.
    expect(encodedLength(334 * 667 * 2)).to.equal(66_034_000);
    expect(encodedLength(334 * 667 * 2 + 1)).to.equal(66_034_000 + 1000 * 1001 * 2);
  });
});
