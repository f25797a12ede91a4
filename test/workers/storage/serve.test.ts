import { readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { createBlobStore, createContentStore } from '../../../workers/adapters/blobs/content.ts';
import { parseRange } from '../../../workers/storage/range.ts';
import { eventually } from '../../support/eventually.ts';
import { scratch, sha256 } from '../../support/graphs.ts';
import { rejectsLater } from '../../support/rejects.ts';
import { codeOf, storageNodes } from '../../support/storageNode.ts';

const body = (text: string) => new TextEncoder().encode(text);

describe('the storage node, by content hash', () => {
  const nodes = storageNodes();
  const { start } = nodes;
  after(() => nodes.close());

  it('should store bytes under their sha256 and give them back, for ever cacheable', async () => {
    const node = await start();
    const stored = await node.put(body('hello'));
    expect(stored.status).to.equal(201);
    const hash = sha256(body('hello'));
    expect(await stored.json()).to.deep.equal({ sha256: hash, size: 5 });
    const got = await node.get(hash);
    expect(await got.text()).to.equal('hello');
    expect(got.headers.get('cache-control')).to.equal('public, max-age=31536000, immutable');
    expect(got.headers.get('etag')).to.equal(`"${hash}"`);
    expect((await node.get(hash, { 'if-none-match': `"${hash}"` })).status).to.equal(304);
  });

  it('should answer HEAD with the length and without a body', async () => {
    const node = await start();
    await node.put(body('hello'));
    const head = await node.get(sha256(body('hello')), {}, 'HEAD');
    expect(head.headers.get('content-length')).to.equal('5');
    expect(await head.text()).to.equal('');
    expect((await node.get(sha256(body('absent')), {}, 'HEAD')).status).to.equal(404);
  });

  it('should say of the same bytes sent again that it has them', async () => {
    const node = await start();
    await node.put(body('twice'));
    const again = await node.put(body('twice'));
    expect(again.status).to.equal(200);
    expect(await again.json()).to.deep.equal({ sha256: sha256(body('twice')), size: 5 });
    expect(node.store.stats()).to.deep.equal({ blobs: 1, bytes: 5 });
  });

  for (const [range, status, text, contentRange] of [
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=5-2', 200, '0123456789', null],
    ['lines=1-2', 200, '0123456789', null],
  ] as const)
    it(`should answer Range ${range} with ${status}`, async () => {
      const node = await start();
      await node.put(body('0123456789'));
      const got = await node.get(sha256(body('0123456789')), { range });
      expect(got.status).to.equal(status);
      expect(await got.text()).to.equal(text);
      expect(got.headers.get('content-range')).to.equal(contentRange);
    });

  it('should refuse a range beyond the end with 416 and the size', async () => {
    const node = await start();
    await node.put(body('0123456789'));
    const got = await node.get(sha256(body('0123456789')), { range: 'bytes=10-' });
    expect(got.status).to.equal(416);
    expect(got.headers.get('content-range')).to.equal('bytes */10');
    expect(got.headers.get('cache-control')).to.equal(null);
  });

  it('should treat every range of an empty blob as unsatisfiable', () => {
    for (const header of ['bytes=0-', 'bytes=0-0', 'bytes=-1'])
      expect(parseRange(header, 0), header).to.equal('unsatisfiable');
    expect(parseRange(undefined, 0)).to.equal(undefined);
  });

  it('W1 too large, announced: 413 before a byte is taken', async () => {
    const node = await start({ maxBlobBytes: 10 });
    const refused = await node.put(new Uint8Array(11));
    expect(refused.status).to.equal(413);
    expect(await codeOf(refused)).to.equal('blobs.too_large');
    expect(node.store.stats().blobs).to.equal(0);
  });

  it('W2 too large, not announced (chunked): 413, nothing is kept', async () => {
    const node = await start({ maxBlobBytes: 1000 });
    const status = await new Promise<number>((resolve, reject) => {
      const sent = request(`${node.url}/${sha256(new Uint8Array(1200))}`, { method: 'PUT' }, (response) =>
        resolve(response.statusCode ?? 0),
      );
      sent.on('error', reject);
      sent.write(new Uint8Array(600));
      sent.end(new Uint8Array(600));
    });
    expect(status).to.equal(413);
    expect(node.store.stats().blobs).to.equal(0);
    expect(readdirSync(path.join(node.folder, 'incoming'))).to.deep.equal([]);
  });

  it('W3 quota: 507 naming it; what is there stays readable', async () => {
    const node = await start({ quota: 15 });
    expect((await node.put(body('0123456789'))).status).to.equal(201);
    const refused = await node.put(body('another ten'));
    expect(refused.status).to.equal(507);
    expect(await codeOf(refused)).to.equal('blobs.quota');
    expect(await (await node.get(sha256(body('0123456789')))).text()).to.equal('0123456789');
  });

  it('W4 quota: uploads at the same time cannot pass it together', async () => {
    const node = await start({ quota: 25 });
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((fill) => node.put(body(fill.repeat(10)))));
    expect(answers.filter(({ status }) => status === 201).length).to.be.within(1, 2);
    expect(node.store.stats().bytes).to.be.at.most(25);
  });

  it('W5 without the token: 401 and nothing is stored; reading needs none', async () => {
    const node = await start({ writeToken: 'secret' });
    for (const authorization of [undefined, 'Bearer wrong', 'secret', 'Bearer secret2']) {
      const refused = await node.put(body('mine'), authorization ? { authorization } : {});
      expect(refused.status, authorization).to.equal(401);
      expect(await codeOf(refused)).to.equal('storage.unauthorised');
    }
    expect(node.store.stats().blobs).to.equal(0);
    expect((await node.put(body('mine'), { authorization: 'Bearer secret' })).status).to.equal(201);
    expect(await (await node.get(sha256(body('mine')))).text()).to.equal('mine');
    expect(JSON.stringify(node.log.lines)).not.to.include('secret');
  });

  it('W6 a file on disk that no longer is what its name says: 500 blobs.corrupt, not one byte of it', async () => {
    const node = await start();
    await node.put(body('genuine'));
    const hash = sha256(body('genuine'));
    writeFileSync(path.join(node.folder, hash), 'forged!');
    const refused = await node.get(hash);
    expect(refused.status).to.equal(500);
    expect(await codeOf(refused)).to.equal('blobs.corrupt');
    expect(node.log.lines.map(({ level }) => level)).to.include('error');
    expect((await node.put(body('genuine'))).status).to.equal(201); // sending it again repairs it
    expect(await (await node.get(hash)).text()).to.equal('genuine');
  });

  it('W7 a file changed while the node was down is found out at its first use', async () => {
    const first = await start();
    await first.put(body('genuine'));
    writeFileSync(path.join(first.folder, sha256(body('genuine'))), 'forged!');
    const second = await start({ folder: first.folder });
    expect((await second.get(sha256(body('genuine')))).status).to.equal(500);
  });

  it('W8 an upload cut off in the middle leaves nothing', async () => {
    const node = await start();
    const socket = connect(node.port, '127.0.0.1');
    socket.write(`PUT /v1/blobs/${sha256(body('half'))} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf`);
    const incoming = path.join(node.folder, 'incoming');
    await eventually('the upload has begun', () => readdirSync(incoming).length === 1);
    socket.destroy();
    await eventually('it is cleaned up', () => readdirSync(incoming).length === 0);
    expect(node.store.stats()).to.deep.equal({ blobs: 0, bytes: 0 });
  });

  it('W9 other paths, ids and methods: 404 that says what there is', async () => {
    const node = await start();
    for (const id of ['..%2f..%2fetc%2fpasswd', 'A'.repeat(64), 'abc']) {
      const refused = await node.get(id);
      expect(refused.status).to.equal(404);
      expect(await codeOf(refused)).to.equal('storage.route');
    }
    expect((await fetch(node.url, { method: 'POST' })).status).to.equal(404);
    expect((await fetch(node.url, { method: 'DELETE' })).status).to.equal(404);
  });

  it('W10 other bytes than the address names: 400 with both hashes, nothing is kept', async () => {
    const node = await start();
    const refused = await fetch(`${node.url}/${sha256(body('mine'))}`, { method: 'PUT', body: body('evil') });
    expect(refused.status).to.equal(400);
    const text = await refused.text();
    expect(text)
      .to.include('blobs.other_bytes')
      .and.to.include(sha256(body('evil')));
    expect(node.store.stats().blobs).to.equal(0);
    expect(readdirSync(path.join(node.folder, 'incoming'))).to.deep.equal([]);
  });

  it('W12 an endless upload, not announced: 413 reaches the sender, and the connection ends', async () => {
    const node = await start({ maxBlobBytes: 1000 });
    const socket = connect(node.port, '127.0.0.1');
    socket.write(`PUT /v1/blobs/${sha256(body('endless'))} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`);
    let [answer, ended] = ['', false];
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => undefined); // of a write after the end
    socket.on('close', () => {
      ended = true;
    });
    const timer = setInterval(() => socket.write(`64\r\n${'e'.repeat(100)}\r\n`), 5);
    await eventually('the answer has come', () => answer.includes('blobs.too_large'));
    expect(answer).to.match(/^HTTP\/1.1 413 /);
    await eventually('the connection ends', () => ended, 10_000);
    clearInterval(timer);
    expect(node.store.stats().blobs).to.equal(0);
  });

  it('W11 an upload that drips: 408, nothing is kept, and its room is free again', async () => {
    let now = 0;
    const node = await start({ quota: 1000, pace: { graceMs: 1000, minBytesPerSecond: 100, now: () => now } });
    const status = await new Promise<number>((resolve, reject) => {
      const headers = { 'content-length': 900 };
      const options = { method: 'PUT', headers };
      const sent = request(`${node.url}/${sha256(body('dripping'))}`, options, (response) => {
        clearInterval(timer);
        sent.destroy();
        resolve(response.statusCode ?? 0);
      });
      sent.on('error', reject);
      const timer = setInterval(() => {
        now += 100; // nine bytes in 100 ms are too few
        sent.write('dripping!');
      }, 5);
    });
    expect(status).to.equal(408);
    expect(readdirSync(path.join(node.folder, 'incoming'))).to.deep.equal([]);
    expect((await node.put(new Uint8Array(900))).status).to.equal(201);
  });

  it('should answer a range only of the version that If-Range names', async () => {
    const node = await start();
    await node.put(body('0123456789'));
    const hash = sha256(body('0123456789'));
    const part = await node.get(hash, { range: 'bytes=0-3', 'if-range': `"${hash}"` });
    expect([part.status, await part.text()]).to.deep.equal([206, '0123']);
    const whole = await node.get(hash, { range: 'bytes=0-3', 'if-range': '"another"' });
    expect([whole.status, await whole.text()]).to.deep.equal([200, '0123456789']);
  });

  it('should count what it serves', async () => {
    const node = await start();
    await node.put(body('12345'));
    await (await node.get(sha256(body('12345')))).text();
    await eventually('it is counted', () => node.metrics.values.get('worker_storage_served_bytes_total') === 5);
    expect(node.metrics.values.get('worker_storage_requests_total{method="PUT",status="201"}')).to.equal(1);
    expect(node.metrics.values.get('worker_storage_used_bytes')).to.equal(5);
  });
});

describe('the store of small blobs', () => {
  const directory = scratch();
  after(() => directory.remove());
  const content = () => createContentStore({ directory: directory.path, quota: 10_000 });

  it('should give back what it took, also after a restart', async () => {
    const hash = await createBlobStore(content(), 100).put(body('input'));
    expect(hash).to.equal(sha256(body('input')));
    expect(await createBlobStore(content(), 100).get(hash)).to.deep.equal(body('input'));
    expect(
      await createBlobStore(content(), 100).get(await createBlobStore(content(), 100).put(body(''))),
    ).to.deep.equal(body(''));
  });

  it('should say undefined for what it does not have, and for what is no hash', async () => {
    expect(await createBlobStore(content(), 100).get(sha256(body('absent')))).to.equal(undefined);
    expect(await createBlobStore(content(), 100).get('../../etc/passwd')).to.equal(undefined);
  });

  it('should refuse what is larger than it keeps whole, in both directions', async () => {
    const large = new Uint8Array(200);
    await rejectsLater('blobs.too_large', createBlobStore(content(), 100).put(large));
    const hash = await createBlobStore(content(), 200).put(large);
    await rejectsLater('blobs.too_large', createBlobStore(content(), 100).get(hash));
  });
});
