/** GET over HTTP(S) for URLs that strangers published: bounded in silence, slowness, redirects and where they lead. */
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { isIP } from 'node:net';
import { paced } from '#core/pace.ts';
import { isPrivate, publicLookup } from './addresses.ts';

export interface WebOptions {
  /** Limit of silence: until the response begins, and between two chunks. Default 15 s. */
  readonly idleTimeoutMs?: number;
  /** A body that comes more slowly, measured over twice the limit of silence at least, is given up. Default 8 KiB. */
  readonly minBytesPerSecond?: number;
  /** Default 3. */
  readonly maxRedirects?: number;
  /**
   * URIs come from strangers. Unless their origin is listed here (the node's own stores) or this is 'all' (a local network), hosts
   * with private addresses are refused.
   */
  readonly privateOrigins?: 'all' | readonly string[];
}

export interface Answer {
  readonly status: number;
  /** Bytes announced. */
  readonly length: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Must be called when the body is not read. */
  dismiss(): void;
}

export interface Web {
  /** The answer at the end of the redirects, whatever its status. Throws plain errors whose messages say what happened. */
  get(url: string, signal: AbortSignal, accept?: string): Promise<Answer>;
}

export function createWeb(options: WebOptions = {}): Web {
  const { idleTimeoutMs = 15_000, minBytesPerSecond = 8192, maxRedirects = 3, privateOrigins = [] } = options;
  const mayBePrivate = (url: URL) => privateOrigins === 'all' || privateOrigins.includes(url.origin);

  function request(url: URL, signal: AbortSignal, accept: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const host = url.hostname.replace(/^\[|\]$/g, '');
      const open = mayBePrivate(url);
      if (!open && isIP(host) && isPrivate(host)) return reject(new Error(`${host} is a private address`));
      const sent = (url.protocol === 'https:' ? httpsGet : httpGet)(
        url,
        { signal, headers: { accept, 'accept-encoding': 'identity' }, ...(open ? {} : { lookup: publicLookup }) },
        resolve,
      );
      const silent = () => sent.destroy(new Error(`silent for ${idleTimeoutMs} ms`));
      sent.setTimeout(idleTimeoutMs, silent);
      // The above counts from the connection on: finding the host and being let in is not part of it.
      const connecting = setTimeout(silent, idleTimeoutMs);
      sent.on('response', () => clearTimeout(connecting));
      sent.on('close', () => clearTimeout(connecting));
      sent.on('error', reject);
    });
  }

  async function* bodyOf(response: IncomingMessage): AsyncIterable<Uint8Array> {
    const pace = { graceMs: 2 * idleTimeoutMs, minBytesPerSecond, now: () => performance.now() };
    try {
      yield* paced(response, pace, (what) => new Error(what));
    } finally {
      response.destroy(); // a reader that stops early must not leave the connection open
    }
  }

  return {
    async get(text, signal, accept = '*/*') {
      let url = new URL(text);
      for (let hops = 0; ; hops++) {
        const response = await request(url, signal, accept);
        const { statusCode: status = 0, headers } = response;
        if (![301, 302, 303, 307, 308].includes(status) || !headers.location) {
          const length = headers['content-length'];
          const dismiss = () => void response.destroy();
          return {
            status,
            length: length === undefined ? undefined : Number(length),
            body: bodyOf(response),
            dismiss,
          };
        }
        response.destroy();
        if (hops === maxRedirects) throw new Error(`redirects more than ${maxRedirects} times`);
        const next = new URL(headers.location, url);
        const downgrade = url.protocol === 'https:' && next.protocol !== 'https:';
        if (downgrade || !/^https?:$/.test(next.protocol)) throw new Error(`redirects to ${next.protocol}`);
        url = next;
      }
    },
  };
}
