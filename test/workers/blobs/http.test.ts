import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { isPrivate } from '../../../workers/adapters/blobs/addresses.ts';
import { createHttpSource } from '../../../workers/adapters/blobs/http.ts';
import { serveHttp, type TestServer } from '../../support/httpServer.ts';
import { rejectsLater } from '../../support/rejects.ts';

const never = new AbortController().signal;
const drain = async (bytes: AsyncIterable<Uint8Array> | undefined) => {
  let length = 0;
  for await (const chunk of bytes ?? []) length += chunk.length;
  return length;
};

describe('blobs over HTTP', () => {
  let server: TestServer;
  const local = createHttpSource({ privateOrigins: 'all', idleTimeoutMs: 300 });
  before(async () => {
    server = await serveHttp((request, response) => {
      const redirect = (location: string) => response.writeHead(302, { location }).end();
      const { url = '' } = request;
      if (url === '/blob') return response.end('blob');
      if (url === '/once') return redirect('/blob');
      if (url === '/loop') return redirect('/loop');
      if (url === '/away') return redirect('ftp://example.org/blob');
      if (url === '/gone') return response.writeHead(410).end();
      if (url === '/broken') return response.writeHead(503).end();
      if (url === '/stall') return response.writeHead(200, { 'content-length': 8 }).write('half');
      if (url === '/cut') {
        response.writeHead(200, { 'content-length': 8 }).write('half', () => response.destroy());
        return undefined;
      }
      return undefined; // silence
    });
  });
  after(() => server.close());

  it('should follow a few redirects', async () => {
    expect(await drain(await local.open(`${server.url}/once`, never))).to.equal(4);
  });

  it('should take 410 for absent', async () => {
    expect(await local.open(`${server.url}/gone`, never)).to.equal(undefined);
  });

  for (const [what, path, reason] of [
    ['H1 redirects without end', '/loop', 'redirects more than 3 times'],
    ['H2 a redirect to another protocol', '/away', 'redirects to ftp:'],
    ['H3 status 503', '/broken', 'answered status 503'],
    ['H4 a server that never answers', '/silence', 'silent for 300 ms'],
    ['H5 a body that stalls', '/stall', 'silent|aborted'],
    ['H6 a connection cut in the middle of the body', '/cut', 'aborted|ECONNRESET'],
  ] as const)
    it(`${what}: blobs.source_failed, retryable, naming URI and reason`, async () => {
      const uri = `${server.url}${path}`;
      const error = await rejectsLater('blobs.source_failed', local.open(uri, never).then(drain));
      expect(error.retryable).to.equal(true);
      expect(error.payload.uri).to.equal(uri);
      expect(error.payload.reason).to.match(new RegExp(reason));
    });

  describe('from a host that lets nobody in', () => {
    let host: { readonly url: string; close(): void };
    before(async () => {
      host = await deafHost();
    });
    after(() => host.close());

    it('H4 it is silence too: blobs.source_failed', async function () {
      this.timeout(3_000); // the connection alone is waited for longer
      const error = await rejectsLater('blobs.source_failed', local.open(`${host.url}/blob`, never));
      expect(error.payload.reason).to.contain('silent for 300 ms');
    });
  });

  it('H7 nobody listens: blobs.source_failed', async () => {
    const closed = await serveHttp((_, response) => response.end());
    await closed.close();
    const error = await rejectsLater('blobs.source_failed', local.open(closed.url, never));
    expect(error.payload.reason).to.match(/ECONNREFUSED/);
  });

  it('H8 URIs of strangers that lead into a private network are refused, by address and by name', async () => {
    const strict = createHttpSource();
    const before = server.seen.length;
    const { port } = new URL(server.url);
    for (const uri of [
      `${server.url}/blob`,
      `http://localhost:${port}/blob`,
      `http://[::ffff:127.0.0.1]:${port}/blob`,
    ]) {
      const error = await rejectsLater('blobs.source_failed', strict.open(uri, never));
      expect(error.payload.reason, uri).to.match(/private address/);
    }
    expect(server.seen.length).to.equal(before);
  });

  it('H9 a redirect from an allowed store into a private network is refused', async () => {
    const other = await serveHttp((_, response) => response.writeHead(302, { location: `${server.url}/blob` }).end());
    const source = createHttpSource({ privateOrigins: [other.url] });
    const error = await rejectsLater('blobs.source_failed', source.open(other.url, never));
    expect(error.payload.reason).to.match(/private address/);
    await other.close();
  });

  it('should know private addresses from public ones', () => {
    for (const address of [
      '127.0.0.1',
      '10.1.2.3',
      '169.254.169.254',
      '192.168.1.1',
      '100.64.0.1',
      '::1',
      '::',
      'fe80::1',
      'fd00::1',
      '::ffff:10.0.0.1',
      '::127.0.0.1',
      '::10.0.0.1',
      '::ffff:0:127.0.0.1',
      '64:ff9b::10.0.0.1',
      '64:ff9b:1::127.0.0.1',
      '64:ff9b:1:ffff::1',
      '2002:7f00:1::1',
      '2002:a00:1::',
      '2001::1',
      '2001:0:4136:e378:8000:63bf:3fff:fdd2',
      'fec0::1',
      'feff::1',
      'ff02::1',
      '0.0.0.0',
      '255.255.255.255',
    ])
      expect(isPrivate(address), address).to.equal(true);
    for (const address of [
      '1.1.1.1',
      '172.32.0.1',
      '100.128.0.1',
      '2606:4700::1111',
      '2001:4860:4860::8888',
      '2003::1',
      '64:ff9a::1',
      '::ffff:8.8.8.8',
    ])
      expect(isPrivate(address), address).to.equal(false);
  });
});

/** Listens in a process that is stopped, behind as many connections as wait for it at most: nobody else's is taken. */
async function deafHost(): Promise<{ readonly url: string; close(): void }> {
  const script = `require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
    console.log(this.address().port);
  })`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(child.stdout, 'data');
  const port = Number(String(said));
  child.kill('SIGSTOP');
  const waiting = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await once(waiting[0] as Socket, 'connect');
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      for (const socket of waiting) socket.destroy();
      child.kill('SIGKILL');
    },
  };
}
