/** Blobs over HTTP(S), streamed. */
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { isIP } from 'node:net';
import { ProtocolError } from '#core/errors.ts';
import type { BlobSource } from '#ports/blobs.ts';
import { isPrivate, publicLookup } from './addresses.ts';

export interface HttpSourceOptions {
  /** Limit of silence: until the response begins, and between two chunks. Default 15 s. */
  readonly idleTimeoutMs?: number;
  /** Default 3. */
  readonly maxRedirects?: number;
  /**
   * URIs come from strangers. Unless their origin is listed here (the node's own stores) or this is 'all' (a local network), hosts
   * with private addresses are refused.
   */
  readonly privateOrigins?: 'all' | readonly string[];
}

export function createHttpSource(options: HttpSourceOptions = {}): BlobSource {
  const { idleTimeoutMs = 15_000, maxRedirects = 3, privateOrigins = [] } = options;
  const mayBePrivate = (url: URL) => privateOrigins === 'all' || privateOrigins.includes(url.origin);

  function request(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const host = url.hostname.replace(/^\[|\]$/g, '');
      const open = mayBePrivate(url);
      if (!open && isIP(host) && isPrivate(host)) return reject(new Error(`${host} is a private address`));
      const sent = (url.protocol === 'https:' ? httpsGet : httpGet)(
        url,
        { signal, headers: { 'accept-encoding': 'identity' }, ...(open ? {} : { lookup: publicLookup }) },
        resolve,
      );
      sent.setTimeout(idleTimeoutMs, () => sent.destroy(new Error(`silent for ${idleTimeoutMs} ms`)));
      sent.on('error', reject);
    });
  }

  async function open(uri: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined> {
    let url = new URL(uri);
    for (let hops = 0; ; hops++) {
      const response = await request(url, signal);
      const { statusCode = 0, headers } = response;
      if (statusCode === 200) return named(uri, response);
      response.destroy();
      if (statusCode === 404 || statusCode === 410) return undefined;
      if (![301, 302, 303, 307, 308].includes(statusCode) || !headers.location)
        throw new Error(`answered status ${statusCode}`);
      if (hops === maxRedirects) throw new Error(`redirects more than ${maxRedirects} times`);
      const next = new URL(headers.location, url);
      const downgrade = url.protocol === 'https:' && next.protocol !== 'https:';
      if (downgrade || !/^https?:$/.test(next.protocol)) throw new Error(`redirects to ${next.protocol}`);
      url = next;
    }
  }

  return {
    schemes: ['http', 'https'],
    async open(uri, signal) {
      try {
        return await open(uri, signal);
      } catch (error) {
        throw failed(uri, error);
      }
    },
  };
}

async function* named(uri: string, response: IncomingMessage): AsyncIterable<Uint8Array> {
  try {
    yield* response;
  } catch (error) {
    throw failed(uri, error);
  } finally {
    response.destroy(); // a reader that stops early must not leave the connection open
  }
}

function failed(uri: string, error: unknown): ProtocolError {
  const { message, code } = error as NodeJS.ErrnoException;
  return new ProtocolError('blobs.source_failed', { uri, reason: message || String(code) }, { cause: error });
}
