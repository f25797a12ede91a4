/** Blobs over HTTP(S), streamed. */
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import type { BlobSource } from '#ports/blobs.ts';
import { createWeb, type WebOptions } from './web.ts';

export function createHttpSource(options: WebOptions = {}): BlobSource {
  const web = createWeb(options);

  async function open(uri: string, signal: AbortSignal, size: number | undefined) {
    const { status, length, body, dismiss } = await web.get(uri, signal);
    if (status === 200) {
      if (size === undefined || length === undefined || length === size) return named(uri, body);
      dismiss();
      throw new ProtocolError('blobs.source_lied', { uri, reason: `announces ${length} of ${size} bytes` });
    }
    dismiss();
    if (status === 404 || status === 410) return undefined;
    throw new Error(`answered status ${status}`);
  }

  return {
    schemes: ['http', 'https'],
    async open(uri, signal, size) {
      try {
        return await open(uri, signal, size);
      } catch (error) {
        throw failed(uri, error);
      }
    },
  };
}

async function* named(uri: string, body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw failed(uri, error);
  }
}

/** What a source throws: an error of ours as it is, any other as `blobs.source_failed`. */
export function failed(uri: string, error: unknown): ProtocolError {
  if (isProtocolError(error)) return error;
  const { message, code } = error as NodeJS.ErrnoException;
  return new ProtocolError('blobs.source_failed', { uri, reason: message || String(code) }, { cause: error });
}
