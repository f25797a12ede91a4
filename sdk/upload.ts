/** Puts a file where nodes can fetch it: a storage node of this network or a Walrus publisher, which speak the same HTTP API. */
import { createHash } from 'node:crypto';
import { ProtocolError } from '#core/errors.ts';
import { reasonOf, textOf } from './bounded.ts';

export interface Store {
  /** Of the publisher: `http://127.0.0.1:9000`. */
  readonly url: string;
  /** Where others read from, if that is elsewhere: a Walrus aggregator. */
  readonly readUrl?: string;
  /** What `Authorization: Bearer` carries, where the store asks for it. */
  readonly token?: string;
  /** Walrus epochs that the file is kept for; a storage node of this network keeps it until its operator removes it. */
  readonly epochs?: number;
}

/** From a first byte to the answer, at 1 MB/s and a minute on top. */
const patienceMs = (bytes: number) => 60_000 + Math.ceil(bytes / 1_000);

/** What a store says of a file is a few hundred bytes; of a failure, somebody's error page. */
const MOST_BYTES = 2 ** 20;

/** Gives the URI for `publish`. A sha256 in the answer must be the file's; what is read later is checked against the version's. Throws `upload.refused`. */
export async function upload(store: Store, file: Uint8Array | Blob): Promise<string> {
  const base = store.url.replace(/\/+$/, '');
  const url = `${base}/v1/blobs${store.epochs === undefined ? '' : `?epochs=${store.epochs}`}`;
  const body = file instanceof Blob ? file : new Blob([new Uint8Array(file)]);
  try {
    const answer = await fetch(url, {
      method: 'PUT',
      body,
      headers: store.token === undefined ? {} : { authorization: `Bearer ${store.token}` },
      signal: AbortSignal.timeout(patienceMs(body.size)),
    });
    const said = await textOf(answer, MOST_BYTES);
    if (!answer.ok) throw new Error(`status ${answer.status}, ${said.trim().slice(0, 300)}`);
    const id = await idIn(JSON.parse(said), body);
    return `${(store.readUrl ?? base).replace(/\/+$/, '')}/v1/blobs/${id}`;
  } catch (error) {
    throw new ProtocolError('upload.refused', { url, reason: reasonOf(error) }, { cause: error });
  }
}

/** A storage node of ours says the sha256 beside what a Walrus publisher says. */
async function idIn(answer: unknown, body: Blob): Promise<string> {
  const { sha256, newlyCreated, alreadyCertified } = answer as {
    readonly sha256?: unknown;
    readonly newlyCreated?: { readonly blobObject?: { readonly blobId?: unknown } };
    readonly alreadyCertified?: { readonly blobId?: unknown };
  };
  const id = sha256 ?? newlyCreated?.blobObject?.blobId ?? alreadyCertified?.blobId;
  if (typeof id !== 'string') throw new Error('its answer names no blob');
  if (sha256 === undefined) return id;
  const sent = await sha256Of(body);
  if (id.toLowerCase() !== sent) throw new Error(`it says that it holds sha256 ${id}, and was sent ${sent}`);
  return sent;
}

async function sha256Of(body: Blob): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body.stream()) hash.update(chunk);
  return hash.digest('hex');
}
