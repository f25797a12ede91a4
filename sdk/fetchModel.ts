/** The ONNX file of a version, from wherever it was published, as a node fetches it: places in order, sha256 checked, never more bytes than published. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import { createHttpSource } from '../workers/adapters/blobs/http.ts';
import { createIpfsSource } from '../workers/adapters/blobs/ipfs/source.ts';
import { createModelStore } from '../workers/adapters/blobs/store.ts';
import type { Version } from './version.ts';

export interface FetchOptions {
  /** URLs of Walrus aggregators and IPFS trustless gateways, besides those that URIs propose. */
  readonly aggregators?: readonly string[];
  readonly gateways?: readonly string[];
  readonly signal?: AbortSignal;
}

/** Throws `dispute.no_model`, which tells what each place said. A client may ask any address; nodes refuse private ones. */
export async function fetchModel(
  { content, uris }: Pick<Version, 'content' | 'uris'>,
  { aggregators = [], gateways = [], signal = new AbortController().signal }: FetchOptions = {},
): Promise<Uint8Array> {
  const sha256 = content.sha256Hash.slice(2);
  if (uris.length === 0) throw new ProtocolError('dispute.no_model', { sha256, reason: 'the version names no source' });
  const directory = await mkdtemp(path.join(tmpdir(), 'opg-model-'));
  try {
    const store = createModelStore({
      directory,
      maxBytes: Number(content.size),
      sources: [createHttpSource({ privateOrigins: 'all' }), createIpfsSource({ privateOrigins: 'all' })],
      gateways: { aggregators, gateways },
    });
    const file = await store.fetch({ sha256, size: Number(content.size), uris }, signal);
    return new Uint8Array(await readFile(file.path));
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    throw new ProtocolError('dispute.no_model', { sha256, reason: error.message }, { cause: error });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
