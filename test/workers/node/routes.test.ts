/** What strangers can take of a node's memory by asking for outputs. */
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { memoryJournal } from '../../../workers/adapters/memory/journal.ts';
import { createMetrics } from '../../../workers/adapters/prometheus/metrics.ts';
import { Health } from '../../../workers/lifecycle/health.ts';
import { type HttpServer, serveHttp } from '../../../workers/lifecycle/http.ts';
import { nodeRoutes } from '../../../workers/node/routes.ts';
import { eventually } from '../../support/eventually.ts';
import { word } from '../../support/proving.ts';
import { recordedLog } from '../../support/telemetry.ts';

const id = word(1);
/** More than two sockets buffer. */
const output = Buffer.alloc(32 << 20, 'o');

describe('outputs that a node hands out', () => {
  const readers: Socket[] = [];
  let server: HttpServer;
  /** Asked for at all, and those whose bytes were fetched from the journal. */
  const seen = { asked: 0, fetched: 0 };
  before(async () => {
    const memory = memoryJournal();
    await memory.open({ track: 'serve', id, stage: 'submitted', facts: {}, dueAt: undefined });
    const journal: typeof memory = {
      ...memory,
      row: (track, which) => {
        seen.asked++;
        return memory.row(track, which);
      },
      result: async () => {
        seen.fetched++;
        return { requestId: id, outputHash: word(2), submission: output, output };
      },
    };
    const offerInput = async () => 'not_waiting' as const;
    const routes = { '/v1/': nodeRoutes({ journal, maxInputBytes: 0, offerInput, outputsAtOnce: 2 }) };
    const parts = { health: new Health(), metrics: createMetrics(), log: recordedLog() };
    server = await serveHttp({ host: '127.0.0.1', port: 0, routes, ...parts });
  });
  after(async () => {
    for (const reader of readers) reader.destroy();
    await server.close(0);
  });

  function reader(): Socket {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => undefined);
    readers.push(socket);
    socket.write(`GET /v1/outputs/${id} HTTP/1.1\r\nhost: a\r\n\r\n`);
    return socket.pause();
  }
  const settled = (asked: number) => eventually('all have asked', () => seen.asked === asked);

  it('are in memory so many at a time; who asks besides waits, and has its turn when another has read or left', async () => {
    const first = [reader(), reader()];
    await eventually('two are being read', () => seen.fetched === 2);
    const [third, fourth] = [reader(), reader()];
    await settled(4);
    third.destroy(); // one that gave up waiting takes nobody's turn
    const honest = fetch(`${server.url}/v1/outputs/${id}`);
    await settled(5);
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen.fetched).to.equal(2);
    first[0]?.destroy();
    await eventually('the next one has its turn', () => seen.fetched === 3);
    fourth.destroy();
    expect(Buffer.from(await (await honest).arrayBuffer()).equals(output)).to.equal(true);
    expect(seen.fetched).to.equal(4);
    first[1]?.resume();
    expect((await (await fetch(`${server.url}/v1/outputs/${id}`)).arrayBuffer()).byteLength).to.equal(output.length);
  });
});
