import path from 'node:path';
import { createContentStore } from '../adapters/blobs/content.ts';
import { createBlobIndex } from '../adapters/blobs/walrus/blobIndex.ts';
import { createBlobIds } from '../adapters/blobs/walrus/ids.ts';
import { createLog } from '../adapters/pino/log.ts';
import { createMetrics } from '../adapters/prometheus/metrics.ts';
import { lockDirectory } from '../adapters/sql/directoryLock.ts';
import { loadConfig } from '../config/load.ts';
import { Health } from '../lifecycle/health.ts';
import { serveHttp } from '../lifecycle/http.ts';
import { run } from '../lifecycle/run.ts';
import { createStorageHandler } from './serve.ts';

const fields = { role: 'storage' };
/** For the largest blob at a megabit per second; slower ones are given up earlier, by their pace. */
const UPLOAD_MS = 6 * 3_600_000;

/** A storage node: blobs by Walrus id and by sha256 over HTTP. Wiring only. */
const code = await run(
  async (life) => {
    const config = loadConfig('storage', process.env);
    const { logLevel, graceMs, httpHost: host, httpPort: port } = config.process;
    const log = createLog({ level: logLevel, fields });
    life.configure({ log, graceMs });
    const metrics = createMetrics();
    const { directory, quotaBytes: quota, maxBlobBytes, walrusMaxBytes, writeToken, jwtSecret } = config.storage;
    const unlock = lockDirectory(directory, 'blobs.locked');
    life.shutdown.add('directory', async () => unlock());
    const store = createContentStore({ directory, quota });
    const index = createBlobIndex(path.join(directory, 'walrus'));
    const ids = walrusMaxBytes === 0 ? undefined : createBlobIds({ maxBytes: walrusMaxBytes });
    const health = new Health();
    health.register('store', async () => {
      await store.check();
      return store.stats();
    });
    const handler = createStorageHandler({ store, index, ids, log, metrics, maxBlobBytes, writeToken, jwtSecret });
    const routes = { '/v1/': handler };
    const http = await serveHttp({ host, port, health, metrics, routes, log, requestTimeoutMs: UPLOAD_MS });
    life.shutdown.add('http', (leftMs) => http.close(leftMs));
    life.shutdown.add('ids', async () => ids?.close());
    const open = writeToken === undefined && jwtSecret === undefined;
    log.info('storage node started', { url: http.url, directory, quota, maxBlobBytes, walrusMaxBytes, open });
    await new Promise<void>((resolve) => life.signal.addEventListener('abort', () => resolve(), { once: true }));
  },
  createLog({ level: 'info', fields }),
);
process.exit(code);
