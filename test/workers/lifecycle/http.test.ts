import { expect } from 'chai';
import { createMetrics } from '../../../workers/adapters/prometheus/metrics.ts';
import { Health } from '../../../workers/lifecycle/health.ts';
import { type HttpServer, serveHttp } from '../../../workers/lifecycle/http.ts';
import { recordedLog } from '../../support/telemetry.ts';

describe('the HTTP server of a process', () => {
  let server: HttpServer;
  let ready = true;
  const log = recordedLog();
  const reached = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  before(async () => {
    const health = new Health();
    health.register('journal', async () => ({ block: 12n }));
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
    const response = await fetch(`${server.url}/healthz`);
    ready = true;
    expect(response.status).to.equal(503);
    const { healthy, components } = (await response.json()) as {
      healthy: boolean;
      components: Record<string, unknown>;
    };
    expect(healthy).to.equal(false);
    expect(components['chain']).to.deep.equal({ healthy: false, reason: 'The node does not answer.' });
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
