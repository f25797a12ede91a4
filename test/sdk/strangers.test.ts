/** Servers of strangers that a client asks: what they may answer is limited. */
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
