/** Servers of strangers that a client asks: what they may answer is limited. */
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { search, upload } from '../../sdk/index.ts';
import { endless, serveHttp, type TestServer } from '../support/httpServer.ts';
import { rejectsLater } from '../support/rejects.ts';

describe('a server that sends without end', () => {
  let server: TestServer;
  let status: number;
  /** Of the answer before, in MiB. */
  let pieces = { sent: 0 };
  before(async () => {
    server = await serveHttp((_request, response) => {
      response.writeHead(status);
      pieces = { sent: 0 };
      endless(response, pieces);
    });
  });
  after(() => server.close());

  for (const answered of [200, 400])
    it(`should be left, as an indexer and as a store, whether it says ${answered} or not`, async () => {
      status = answered;
      const { payload } = await rejectsLater('search.malformed', search(server.url));
      expect(payload.reason).to.equal('it sends more than 33554432 bytes');
      expect(pieces.sent).to.be.lessThan(128);
      const refused = await rejectsLater('upload.refused', upload({ url: server.url }, new Uint8Array(3)));
      expect(refused.payload.reason).to.equal('it sends more than 1048576 bytes');
      expect(pieces.sent).to.be.lessThan(64);
    });
});

describe('a store', () => {
  it('should be believed if it names the file that it was sent, and not if it names another', async () => {
    const file = Buffer.from('a model');
    let sha256 = createHash('sha256').update(file).digest('hex');
    const server = await serveHttp((request, response) => {
      request.resume().on('end', () => response.end(JSON.stringify({ sha256 })));
    });
    try {
      for (const one of [file, new Blob([file])])
        expect(await upload({ url: server.url }, one)).to.equal(`${server.url}/v1/blobs/${sha256}`);
      sha256 = 'ab'.repeat(32);
      const { payload } = await rejectsLater('upload.refused', upload({ url: server.url }, file));
      expect(payload.reason).to.contain(sha256);
    } finally {
      await server.close();
    }
  });
});
