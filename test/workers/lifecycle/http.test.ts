import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { createMetrics } from '../../../workers/adapters/prometheus/metrics.ts';
import { Health } from '../../../workers/lifecycle/health.ts';
import { type HttpServer, serveHttp } from '../../../workers/lifecycle/http.ts';
import { eventually } from '../../support/eventually.ts';
import { recordedLog } from '../../support/telemetry.ts';

describe('the HTTP server of a process', () => {
  let server: HttpServer;
  let ready = true;
  let asked = 0;
  let now = 0;
  const log = recordedLog();
  const reached = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  before(async () => {
    const health = new Health(() => now);
    health.register('journal', async () => {
      asked++;
      return { block: 12n };
    });
    health.register('chain', () => {
      if (!ready) throw new Error('The node does not answer.');
      return undefined;
    });
    const metrics = createMetrics();
    metrics.count('worker_watch_events_total', {}, 3);
    server = await serveHttp({
      host: '127.0.0.1',
      port: 0,
      health,
      metrics,
      log,
      routes: {
        '/v1/echo': (request, response) => void response.end(request.url),
        '/v1/held': (_request, response) => {
          reached.resolve();
          void held.promise.then(() => response.end('late'));
        },
        '/v1/broken': () => {
          throw new TypeError('a bug');
        },
      },
    });
  });

  it('says that all components are well', async () => {
    const response = await fetch(`${server.url}/healthz`);
    expect(response.status).to.equal(200);
    expect(await response.json()).to.deep.equal({
      healthy: true,
      components: { journal: { healthy: true, block: '12' }, chain: { healthy: true } },
    });
  });

  it('answers 503 and names the component that is not', async () => {
    ready = false;
    now += 1_000;
    const response = await fetch(`${server.url}/healthz`);
    ready = true;
    now += 1_000;
    expect(response.status).to.equal(503);
    const { healthy, components } = (await response.json()) as {
      healthy: boolean;
      components: Record<string, unknown>;
    };
    expect(healthy).to.equal(false);
    expect(components['chain']).to.deep.equal({ healthy: false, reason: 'The node does not answer.' });
  });

  it('looks at its components once a second, however many ask', async () => {
    const many = () => Promise.all(Array.from({ length: 50 }, () => fetch(`${server.url}/healthz`)));
    const before = asked;
    for (const { status } of await many()) expect(status).to.equal(200);
    await many();
    expect(asked - before).to.equal(1);
    now += 1_000;
    await many();
    expect(asked - before).to.equal(2);
  });

  it('serves the measurements as Prometheus reads them', async () => {
    const response = await fetch(`${server.url}/metrics`);
    expect(response.headers.get('content-type')).to.contain('text/plain');
    const text = await response.text();
    expect(text).to.contain('worker_watch_events_total 3').and.contain('process_resident_memory_bytes');
  });

  it('hands the paths of a role to the role, and knows no others', async () => {
    expect(await (await fetch(`${server.url}/v1/echo/a?b=1`)).text()).to.equal('/v1/echo/a?b=1');
    expect((await fetch(`${server.url}/v2`)).status).to.equal(404);
    expect((await fetch(`${server.url}/healthz`, { method: 'POST' })).status).to.equal(405);
  });

  it('answers 500 when a route throws, tells the log, and tells the asker nothing', async () => {
    const response = await fetch(`${server.url}/v1/broken`);
    expect(response.status).to.equal(500);
    expect(await response.text()).to.not.contain('a bug');
    expect(log.lines.at(-1)).to.include({ level: 'error', message: 'http request failed', path: '/v1/broken' });
  });

  it('lets a request end that runs when it closes', async () => {
    const answer = fetch(`${server.url}/v1/held`).then((response) => response.text());
    await reached.promise;
    const closed = server.close(60_000);
    held.resolve();
    expect(await answer).to.equal('late');
    await closed;
    expect(await fetch(`${server.url}/healthz`).catch(() => 'refused')).to.equal('refused');
  });
});

describe('strangers at the HTTP server of a process', () => {
  const sockets: Socket[] = [];
  const servers: HttpServer[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(servers.splice(0).map((server) => server.close(0)));
  });

  async function serve(routes: Record<string, RequestListener>, limits: { connections?: number; stalledMs?: number }) {
    const log = recordedLog();
    const parts = { health: new Health(), metrics: createMetrics(), log, routes };
    const server = await serveHttp({ host: '127.0.0.1', port: 0, ...parts, ...limits });
    servers.push(server);
    return { server, log };
  }
  function ask(server: HttpServer, text: string): Socket {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    socket.write(text);
    return socket;
  }
  const GET = 'GET /v1/x HTTP/1.1\r\nhost: a\r\n\r\n';
  const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

  it('are cut off when they do not read what they asked for', async () => {
    const ended = Promise.withResolvers<boolean>();
    const answer: RequestListener = (_request, response) => {
      response.once('close', () => ended.resolve(response.writableFinished));
      response.end(Buffer.alloc(16 << 20));
    };
    const { server } = await serve({ '/v1/': answer }, { stalledMs: 100 });
    ask(server, GET).pause();
    expect(await ended.promise).to.equal(false);
  });

  it('are cut off when they ask for nothing', async () => {
    const { server } = await serve({}, { stalledMs: 100 });
    await closed(ask(server, 'GET /v1'));
    await closed(ask(server, ''));
  });

  it('may wait for an answer that takes longer than that', async () => {
    const answer: RequestListener = (_request, response) => {
      setTimeout(() => response.end('late'), 500);
    };
    const { server } = await serve({ '/v1/': answer }, { stalledMs: 100 });
    expect(await (await fetch(`${server.url}/v1/x`)).text()).to.equal('late');
  });

  it('may send a request that takes longer than that to arrive', async () => {
    const answer: RequestListener = async (request, response) => {
      let length = 0;
      for await (const chunk of request) length += (chunk as Buffer).length;
      response.end(`${length} bytes`);
    };
    const { server } = await serve({ '/v1/': answer }, { stalledMs: 100 });
    const socket = ask(server, 'PUT /v1/x HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nconnection: close\r\n\r\na');
    setTimeout(() => socket.write('b'), 500);
    let answered = '';
    socket.on('data', (bytes) => {
      answered += bytes;
    });
    await closed(socket);
    expect(answered).to.contain('2 bytes');
  });

  it('have so many connections and no more, and the log is told once', async () => {
    const { server, log } = await serve({ '/v1/': (_, response) => void response.end('here') }, { connections: 2 });
    const first = [ask(server, GET), ask(server, GET)];
    await Promise.all(first.map((socket) => new Promise((resolve) => socket.once('data', resolve))));
    await Promise.all([closed(ask(server, GET)), closed(ask(server, GET))]);
    expect(log.lines).to.deep.equal([{ level: 'warn', message: 'more connections than are taken', most: 2 }]);
    first[0]?.destroy();
    await eventually('there is room', () =>
      fetch(`${server.url}/v1/x`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  });
});
