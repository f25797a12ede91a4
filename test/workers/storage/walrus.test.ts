import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { sha256 } from '../../support/graphs.ts';
import { codeOf, storageNodes, type WalrusError } from '../../support/storageNode.ts';
import { rememberedIds } from '../../support/walrusIds.ts';

const body = (text: string) => new TextEncoder().encode(text);
/** From Walrus's own documentation of PUT /v1/blobs: text, id and encoded length. */
const DOCUMENTED = {
  text: 'some other string',
  id: 'M4hsZGQ1oCktdzegB6HnI6Mi28S2nqOPHxK-W7_4BUk',
  encoded: 66_034_000,
};
const { text, id, encoded } = DOCUMENTED;
const EPOCH_MS = 1_209_600_000;
const epoch = () => Math.floor(Date.now() / EPOCH_MS);

describe('the storage node, as Walrus', () => {
  const nodes = storageNodes();
  const ids = rememberedIds(900);
  after(async () => {
    nodes.close();
    await ids.close();
  });
  let node: Awaited<ReturnType<typeof nodes.start>>;
  let created: Response;
  before(async () => {
    node = await nodes.start({ ids });
    created = await node.publish(body(text), '?epochs=3');
  });

  it('should answer PUT with the id, size and encoded length that Walrus documents for these bytes', async () => {
    expect(created.status).to.equal(200);
    const object = `0x${'0'.repeat(64)}`;
    const [now, hash] = [epoch(), sha256(body(text))];
    expect(await created.json()).to.deep.equal({
      sha256: hash,
      size: text.length,
      newlyCreated: {
        blobObject: {
          id: object,
          registeredEpoch: now,
          blobId: id,
          size: text.length,
          encodingType: 'RS2',
          certifiedEpoch: now,
          storage: { id: object, startEpoch: now, endEpoch: now + 3, storageSize: encoded },
          deletable: true,
        },
        resourceOperation: { registerFromScratch: { encodedLength: encoded, epochsAhead: 3 } },
        cost: 0,
      },
    });
  });

  it('should give it by Walrus id, with an ETag, ranges and HEAD, and still by sha256', async () => {
    const got = await node.get(id);
    expect([got.status, await got.text()]).to.deep.equal([200, text]);
    expect(got.headers.get('etag')).to.equal(`"${id}"`);
    expect(got.headers.get('x-content-type-options')).to.equal('nosniff');
    const part = await node.get(id, { range: 'bytes=5-9' });
    expect([part.status, await part.text()]).to.deep.equal([206, 'other']);
    const head = await node.get(id, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).to.deep.equal([200, `${text.length}`]);
    expect(await (await node.get(sha256(body(text)))).text()).to.equal(text);
  });

  it('should give a part by start and length, and say what of them is wrong', async () => {
    const part = await node.get(`${id}/byte-range?start=5&length=5`);
    expect([part.status, await part.text()]).to.deep.equal([200, 'other']);
    expect(part.headers.get('etag')).to.equal(`"${id}-5-5"`);
    for (const query of ['start=0&length=0', `start=1&length=${text.length}`, 'start=99&length=1']) {
      const refused = await node.get(`${id}/byte-range?${query}`);
      expect([refused.status, await codeOf(refused)], query).to.deep.equal([416, 'storage.range']);
    }
    for (const query of ['', 'start=0', 'start=-1&length=2', 'start=0&length=1e3']) {
      const refused = await node.get(`${id}/byte-range?${query}`);
      expect([refused.status, await codeOf(refused)], query).to.deep.equal([400, 'storage.query']);
    }
  });

  it('should say of a blob it has for long enough that it is certified, and extend it otherwise or by force', async () => {
    const again = (await (await node.publish(body(text), '?epochs=2')).json()) as Record<string, unknown>;
    expect(again['alreadyCertified']).to.deep.equal({
      blobId: id,
      event: { txDigest: '1'.repeat(32), eventSeq: '0' },
      endEpoch: epoch() + 3,
    });
    for (const query of ['?epochs=5', '?epochs=5&permanent=true', '?epochs=1&force=true'])
      expect(await (await node.publish(body(text), query)).json(), query).to.have.property('newlyCreated');
    // The last, forced one was for less than was promised before.
    expect(node.index.find(id)).to.include({ endEpoch: epoch() + 5, deletable: false });
  });

  it('should refuse parameters that mean nothing here, in the words of Walrus', async () => {
    for (const [query, code, reason] of [
      ['?epochs=0', 'storage.query', 'MALFORMED_REQUEST'],
      ['?epochs=54', 'storage.query', 'MALFORMED_REQUEST'],
      ['?epochs=two', 'storage.query', 'MALFORMED_REQUEST'],
      ['?encoding_type=RedStuff', 'storage.query', 'MALFORMED_REQUEST'],
      ['?force=1', 'storage.query', 'MALFORMED_REQUEST'],
      ['?send_object_to=0x02', 'storage.query', 'MALFORMED_REQUEST'],
      ['?permanent=true&deletable=true', 'storage.persistence', 'INVALID_BLOB_PERSISTENCE'],
    ] as const) {
      const refused = await node.publish(body('refused'), query);
      const { error } = (await refused.json()) as WalrusError;
      expect([refused.status, error.code, error.status], query).to.deep.equal([400, 400, 'INVALID_ARGUMENT']);
      expect(error.details, query).to.deep.equal([
        { '@type': 'ErrorInfo', reason, domain: 'daemon.walrus.space', metadata: { code } },
      ]);
    }
    expect(await node.store.stat(sha256(body('refused')))).to.equal(undefined);
  });

  it('should say of an unknown id what Walrus says', async () => {
    const refused = await node.get(`${id.slice(0, -2)}AA`);
    const { error } = (await refused.json()) as WalrusError;
    expect([refused.status, error.status, error.details[0]?.reason]).to.deep.equal([
      404,
      'NOT_FOUND',
      'BLOB_NOT_FOUND',
    ]);
    const noId = await node.get('A'.repeat(42)); // too short
    expect([noId.status, await codeOf(noId)]).to.deep.equal([404, 'storage.route']);
  });

  it('should refuse what is too large to get an id, before a byte is taken, and take it by its hash', async () => {
    const large = body('l'.repeat(901));
    const refused = await node.publish(large);
    expect([refused.status, await codeOf(refused)]).to.deep.equal([413, 'blobs.too_large']);
    expect((await node.put(large)).status).to.equal(201);
  });

  it('should compute the id of one content once, however many send it', async () => {
    const before = ids.computed;
    const busy = await nodes.start({ ids });
    const answers = await Promise.all([1, 2, 3].map(async () => (await busy.publish(body(text))).text()));
    for (const answer of answers) expect(answer).to.include(id);
    expect(ids.computed).to.equal(before + 1);
    expect(busy.index.count).to.equal(1);
  });

  it('should know its ids after a restart, but not one whose record was damaged until it is put again', async () => {
    const second = await nodes.start({ ids, folder: node.folder });
    expect(await (await second.get(id)).text()).to.equal(text);
    const records = path.join(node.folder, 'walrus');
    expect(readdirSync(records)).to.deep.equal([id]);
    for (const damage of ['', '{"blobId":', JSON.stringify({ blobId: id, sha256: '../../etc/passwd' })]) {
      writeFileSync(path.join(records, id), damage);
      const third = await nodes.start({ ids, folder: node.folder });
      expect((await third.get(id)).status).to.equal(404);
    }
    const last = await nodes.start({ ids, folder: node.folder });
    expect(await (await last.publish(body(text))).json()).to.have.property('newlyCreated');
    expect(await (await last.get(id)).text()).to.equal(text);
  });

  it('should say 404 of an id whose bytes are gone, and give no ids at all if it is set so', async () => {
    const plain = await nodes.start();
    const refused = await plain.publish(body(text));
    expect([refused.status, await codeOf(refused)]).to.deep.equal([404, 'storage.route']);
    const record = {
      blobId: id,
      sha256: sha256(body(text)),
      size: 17,
      registeredEpoch: 1,
      endEpoch: 2,
      deletable: true,
    };
    await plain.index.record(record);
    expect((await plain.get(id)).status).to.equal(404);
    expect((await plain.put(body(text))).status).to.equal(201);
    expect(await (await plain.get(id)).text()).to.equal(text);
  });
});
