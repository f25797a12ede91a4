/** A storage node killed at each step of keeping a blob, and one whose disk is full. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { POINTS } from '../support/crashing/points.ts';
import { crashAt } from '../support/crashing/start.ts';
import { faultStory } from '../support/faultStory.ts';
import { scratch, sha256 } from '../support/graphs.ts';
import { type RoleProcess, startRole } from '../support/role.ts';
import { type SmallDisk, smallDisk } from '../support/smallDisk.ts';

const KIB = 1024;

interface Kept {
  readonly newlyCreated?: { readonly blobObject: { readonly blobId: string } };
  readonly alreadyCertified?: { readonly blobId: string };
}
interface Refused {
  readonly error: { readonly status: string };
}

describe('a storage node', function () {
  this.timeout(300_000);
  let directory: ReturnType<typeof scratch>;
  let disk: SmallDisk | undefined;
  let running: RoleProcess | undefined;
  beforeEach(() => {
    directory = scratch();
  });
  afterEach(async () => {
    if (running?.child.exitCode === null && running.child.signalCode === null) await running.stop();
    disk?.remove();
    disk = undefined;
    directory.remove();
  });

  const start = async (folder: string, more: Readonly<Record<string, string>> = {}) => {
    running = await startRole('storage', { OPG_DATA_DIR: folder, ...more });
    return running;
  };
  const put = ({ url }: RoleProcess, bytes: Buffer) =>
    fetch(`${url}/v1/blobs`, { method: 'PUT', body: new Uint8Array(bytes) });
  const get = ({ url }: RoleProcess, name: string) => fetch(`${url}/v1/blobs/${name}`);
  const idOf = async (answer: Response) => {
    const { newlyCreated, alreadyCertified } = (await answer.json()) as Kept;
    return (newlyCreated?.blobObject ?? alreadyCertified)?.blobId ?? '';
  };

  faultStory('killed-storage', async ({ seed, saw }) => {
    const { path: folder } = directory;
    const kept = randomBytes(300 * KIB);
    let node = await start(folder);
    const keptId = await idOf(await put(node, kept));
    await node.stop();
    const sent: Buffer[] = [];
    for (const point of POINTS.storage) {
      node = await start(folder, crashAt(point));
      const died = once(node.child, 'exit');
      const blob = randomBytes(64 * KIB + ((seed + sent.length) % 64));
      sent.push(blob);
      await put(node, blob).then(
        () => expect.fail(`it answered at ${point}`),
        () => {},
      );
      expect((await died)[1], point).to.equal('SIGKILL');
    }
    node = await start(folder);
    expect(Buffer.from(await (await get(node, keptId)).arrayBuffer()).equals(kept), 'what was kept is kept').to.equal(
      true,
    );
    let there = 0;
    for (const blob of sent) {
      // A blob is there as it was sent, or not at all; sent again it is there, under the same id by hash.
      const before = await get(node, sha256(blob));
      if (before.status === 200) there++;
      else expect(before.status).to.equal(404);
      if (before.status === 200) expect(Buffer.from(await before.arrayBuffer()).equals(blob)).to.equal(true);
      const id = await idOf(await put(node, blob));
      expect(Buffer.from(await (await get(node, id)).arrayBuffer()).equals(blob)).to.equal(true);
    }
    saw(`${sent.length} deaths, ${there} of the blobs had been kept whole, the others not at all`);
  });

  faultStory('two-storage-nodes', async ({ saw }) => {
    const { path: folder } = directory;
    const first = await start(folder);
    const blob = randomBytes(64 * KIB);
    const id = await idOf(await put(first, blob));
    const refusal = await startRole('storage', { OPG_DATA_DIR: folder }).then(
      () => expect.fail('it started'),
      (error: Error) => error.message,
    );
    expect(refusal).to.contain('ended with code 75').and.contain('blobs.locked');
    expect((await get(first, id)).status).to.equal(200);
    await first.stop('SIGKILL');
    const next = await start(folder);
    expect(Buffer.from(await (await get(next, id)).arrayBuffer()).equals(blob)).to.equal(true);
    saw('the second ended with 75; the one after a killed one had its blob');
  });

  faultStory('full-disk-storage', async function ({ saw }) {
    disk = smallDisk(8);
    if (!disk) return this.skip();
    const node = await start(path.join(disk.path, 'data'), {
      OPG_STORAGE_MAX_BLOB_MB: '100',
      OPG_STORAGE_WALRUS_MAX_MB: '1',
    });
    const kept = randomBytes(900 * KIB);
    const id = await idOf(await put(node, kept));
    disk.fill();
    const refused = [await put(node, randomBytes(900 * KIB)), await put(node, randomBytes(30 * KIB))];
    for (const answer of refused)
      expect([answer.status, ((await answer.json()) as Refused).error.status]).to.deep.equal([500, 'INTERNAL']);
    // What is there is served, nothing half is left, and nobody was told that more is.
    expect(Buffer.from(await (await get(node, id)).arrayBuffer()).equals(kept)).to.equal(true);
    const files = readdirSync(disk.path, { recursive: true, encoding: 'utf8' });
    const isHalf = (name: string) => name.includes('incoming/') || /walrus\/.*\./.test(name);
    expect(files.filter(isHalf)).to.deep.equal([]);
    disk.free();
    const again = await put(node, randomBytes(900 * KIB));
    expect(again.status).to.equal(200);
    saw(
      `${refused.length} uploads refused with 500, the blob before them served, the next one kept once there was room`,
    );
  });
});
