import { createContentStore } from '../adapters/blobs/content.ts';
import { createLog } from '../adapters/pino/log.ts';
import { createMetrics } from '../adapters/prometheus/metrics.ts';
import { loadConfig } from '../config/load.ts';
import { Health } from '../lifecycle/health.ts';
import { serveHttp } from '../lifecycle/http.ts';
import { run } from '../lifecycle/run.ts';
import { createStorageHandler } from './serve.ts';

const fields = { role: 'storage' };

/** A storage node: blobs by their sha256 over HTTP. Wiring only. */
const code = await run(
  async (life) => {
    const config = loadConfig('storage', process.env);
    const { logLevel, graceMs, httpHost: host, httpPort: port } = config.process;
    const log = createLog({ level: logLevel, fields });
    life.configure({ log, graceMs });
    const metrics = createMetrics();
    const { directory, quotaBytes: quota, maxBlobBytes, writeToken } = config.storage;
    const store = createContentStore({ directory, quota });
    const health = new Health();
    health.register('store', async () => {
      await store.check();
      return store.stats();
    });
    const routes = { '/v1/': createStorageHandler({ store, log, metrics, maxBlobBytes, writeToken }) };
    const http = await serveHttp({ host, port, health, metrics, routes, log });
    life.shutdown.add('http', (leftMs) => http.close(leftMs));
    log.info('storage node started', { url: http.url, directory, quota, maxBlobBytes, open: writeToken === undefined });
    await new Promise<void>((resolve) => life.signal.addEventListener('abort', () => resolve(), { once: true }));
  },
  createLog({ level: 'info', fields }),
);
process.exit(code);
