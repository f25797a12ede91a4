/**
 * Blobs of Walrus by their ids alone, when no sha256 is known: what an aggregator sends is kept only if its id, computed here, is the one
 * asked for, and what a publisher says it stored is believed only if it names the id of what was sent.
 */
import { openAsBlob } from 'node:fs';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import { BLOB_ID, type BlobIds } from '#ports/walrus.ts';
import { Disk, TooLong } from '../disk.ts';
import { createSourceHealth, type SourceHealth } from '../health.ts';
import { failed } from '../http.ts';
import { originOf, placesOf } from '../places.ts';
import { createWeb, type WebOptions } from '../web.ts';

export interface WalrusClientOptions extends WebOptions {
  /** URLs of aggregators, asked in this order as long as they are well. */
  readonly aggregators: readonly string[];
  readonly ids: BlobIds;
  /** Where blobs that were read are kept, by sha256. */
  readonly directory: string;
  readonly health?: SourceHealth;
}

export interface WalrusClient {
  /**
   * A file with the blob. Throws `blobs.unavailable` (retryable) if no aggregator has it, `blobs.corrupt` if all that answered sent
   * other bytes.
   */
  read(
    blobId: string,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<{ readonly path: string; readonly sha256: string; readonly size: number }>;
}

export function createWalrusClient(options: WalrusClientOptions): WalrusClient {
  const { aggregators, ids, health = createSourceHealth() } = options;
  const web = createWeb(options);
  const disk = new Disk(options.directory);

  async function attempt(blobId: string, url: string, maxBytes: number, signal: AbortSignal) {
    const answer = await web.get(url, signal);
    if (answer.status !== 200) {
      answer.dismiss();
      if (answer.status === 404) return undefined;
      throw new Error(`answered status ${answer.status}`);
    }
    const received = await disk.receive(answer.body, maxBytes, signal);
    const { sha256, size, file, keep, drop } = received;
    const id = await ids.idOf(file, size).catch(async (error: unknown) => {
      await drop();
      throw error;
    });
    if (id === blobId) {
      await keep();
      return { path: disk.path(sha256), sha256, size };
    }
    await drop();
    throw new ProtocolError('blobs.source_lied', { uri: url, reason: `sent bytes with the id ${id}` });
  }

  return {
    async read(blobId, { maxBytes: bound, signal }) {
      const found = placesOf(`walrus://${blobId}`, { aggregators, gateways: [] });
      if ('reason' in found) throw new ProtocolError('blobs.unavailable', { sha256: blobId, sources: found.reason });
      const maxBytes = Math.min(bound, ids.maxBytes);
      const said: string[] = [];
      let [lies, silent] = [0, 0];
      for (const url of health.inOrder(found.places, originOf)) {
        try {
          const kept = await attempt(blobId, url, maxBytes, signal);
          if (kept) {
            health.delivered(originOf(url));
            return kept;
          }
          said.push(`${url} does not have it`);
        } catch (error) {
          signal.throwIfAborted();
          if (isProtocolError(error, 'walrus.failed')) throw error; // it is this machine that cannot
          const { code, message } = error instanceof TooLong ? lied(url, error) : failed(url, error);
          const fault = code === 'blobs.source_lied' ? 'lied' : 'silent';
          if (fault === 'lied') lies++;
          else silent++;
          health.struck(originOf(url), fault);
          said.push(message);
        }
      }
      const corrupt = lies > 0 && silent === 0;
      throw new ProtocolError(corrupt ? 'blobs.corrupt' : 'blobs.unavailable', {
        sha256: blobId,
        sources: said.join('; '),
      });
    },
  };
}

function lied(uri: string, { message }: TooLong): ProtocolError {
  return new ProtocolError('blobs.source_lied', { uri, reason: `sent ${message}` });
}

export interface StoreOptions {
  /** URL of the publisher. */
  readonly publisher: string;
  /** Bearer token or JSON Web Token. */
  readonly token?: string;
  readonly epochs: number;
  readonly ids: BlobIds;
  readonly signal: AbortSignal;
}

/** Stores a file, streamed, for so many epochs, not to be deleted before. Returns its blob id, which the publisher named too. */
export async function storeOnWalrus(file: string, options: StoreOptions): Promise<string> {
  const { publisher, token, epochs, ids, signal } = options;
  const url = `${publisher.replace(/\/+$/, '')}/v1/blobs?epochs=${epochs}&permanent=true`;
  try {
    const body = await openAsBlob(file);
    const blobId = await ids.idOf(file, body.size);
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(url, { method: 'PUT', body, headers, signal, redirect: 'error' });
    const text = await shortText(answer.body);
    if (!answer.ok) throw new Error(`answered status ${answer.status}: ${text.slice(0, 500)}`);
    const named = blobIdIn(text);
    if (named === blobId) return blobId;
    throw new ProtocolError('blobs.source_lied', { uri: url, reason: `stored ${named}, not ${blobId}` });
  } catch (error) {
    signal.throwIfAborted();
    throw failed(url, error);
  }
}

/** Publishers answer with less than a kilobyte. */
async function shortText(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  let text = Buffer.alloc(0);
  for await (const chunk of body ?? []) {
    text = Buffer.concat([text, chunk]);
    if (text.length > 65_536) throw new Error('answered with more than 65536 bytes');
  }
  return text.toString();
}

function blobIdIn(text: string): string {
  const { newlyCreated, alreadyCertified } = JSON.parse(text);
  const blobId: unknown = newlyCreated?.blobObject?.blobId ?? alreadyCertified?.blobId;
  if (typeof blobId === 'string' && BLOB_ID.test(blobId)) return blobId;
  throw new Error('answered without a blob id');
}
