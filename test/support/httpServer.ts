/** A real HTTP server for one test: what it answers is a function of the request. */
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestServer {
  readonly url: string;
  /** Requests seen, as "METHOD path". */
  readonly seen: readonly string[];
  close(): Promise<void>;
}

export async function serveHttp(answer: RequestListener): Promise<TestServer> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Never stops, as long as somebody takes it. `sent` counts pieces of 1 MiB. */
export function endless(response: ServerResponse, pieces: { sent: number }): void {
  const piece = Buffer.alloc(2 ** 20, '0');
  const go = (): void => {
    do pieces.sent++;
    while (response.write(piece));
  };
  response.on('drain', go);
  go();
}
