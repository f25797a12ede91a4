/** Writing: PUT /v1/blobs as a Walrus publisher takes it, and PUT /v1/blobs/<sha256> for whoever knows the content's hash. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ProtocolError } from '#core/errors.ts';
import { type Pace, paced } from '#core/pace.ts';
import type { ContentStore } from '#ports/blobs.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import type { BlobIds, BlobIndex, BlobRecord } from '#ports/walrus.ts';
import type { Access } from './access.ts';
import { encodedLength } from './encodedLength.ts';
import { epochAt, MAX_EPOCHS } from './epochs.ts';
import { json, Refusal } from './refusals.ts';

/** An upload that sends nothing for so long is given up. */
const SILENCE_MS = 60_000;
/** One that is slower holds room that others could use. */
const PACE = { graceMs: 60_000, minBytesPerSecond: 8192, now: () => performance.now() };
/** Where Walrus names an object or an event on Sui: there is none. */
const NO_OBJECT = `0x${'0'.repeat(64)}`;
const NO_EVENT = { txDigest: '1'.repeat(32), eventSeq: '0' };

export interface PublisherOptions {
  readonly store: ContentStore;
  readonly index: BlobIndex;
  /** Absent: this store gives no Walrus ids. */
  readonly ids?: BlobIds | undefined;
  readonly access: Access;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly maxBlobBytes: number;
  /** Default: 8 KiB per second after a minute. */
  readonly pace?: Pace | undefined;
}

export interface Publisher {
  readonly putBlob: (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => Promise<void>;
  readonly putContent: (request: IncomingMessage, response: ServerResponse, sha256: string) => Promise<void>;
}

export function createPublisher(options: PublisherOptions): Publisher {
  const { store, index, ids, access, log, metrics, pace = PACE } = options;
  /** One computation per content, however many send it at once; until the index has the record. */
  const flights = new Map<string, Promise<string>>();

  async function receive(request: IncomingMessage, limit: number, wanted: { epochs: number; sha256?: string }) {
    const { authorization, 'content-length': length } = request.headers;
    const declared = length === undefined ? undefined : Number(length);
    await access({ authorization, declared, epochs: wanted.epochs });
    if ((declared ?? 0) > limit)
      throw new ProtocolError('blobs.too_large', { sha256: 'announced', size: declared ?? 0, bound: limit });
    request.setTimeout(SILENCE_MS, () => request.destroy(new Error('the upload fell silent')));
    const sent = request.iterator({ destroyOnReturn: false }); // a refusal still needs the connection
    const body = paced(sent, pace, (what) => new Refusal('storage.too_slow', `The upload ${what}.`));
    const kept = await store.put(body, { maxBytes: declared ?? limit, sha256: wanted.sha256 });
    request.setTimeout(0);
    const { blobs, bytes } = store.stats();
    metrics.gauge('worker_storage_blobs', blobs);
    metrics.gauge('worker_storage_used_bytes', bytes);
    if (kept.created) log.info('blob stored', { sha256: kept.sha256, size: kept.size });
    return kept;
  }

  function identify(sha256: string, size: number, by: BlobIds): Promise<string> {
    const known = index.ofContent(sha256)?.blobId;
    if (known !== undefined) return Promise.resolve(known);
    const flying = flights.get(sha256);
    if (flying) return flying;
    const begun = performance.now();
    const flight = by.idOf(store.path(sha256), size);
    flights.set(sha256, flight);
    return flight.then((blobId) => {
      metrics.observe('worker_storage_identify_seconds', (performance.now() - begun) / 1000);
      return blobId;
    });
  }

  async function certify(sha256: string, size: number, by: BlobIds, { epochs, deletable, force }: Wish) {
    const blobId = await identify(sha256, size, by);
    const now = epochAt(Date.now());
    const before = index.find(blobId);
    const endEpoch = now + epochs;
    const promised = before && before.endEpoch >= endEpoch && (deletable || !before.deletable);
    if (promised && !force) return alreadyCertified(before);
    const record: BlobRecord = { blobId, sha256, size, registeredEpoch: now, endEpoch, deletable };
    // As on Walrus, where a blob has several objects: a shorter or weaker promise takes nothing from an earlier one.
    await index.record({
      ...record,
      endEpoch: Math.max(endEpoch, before?.endEpoch ?? 0),
      deletable: deletable && (before?.deletable ?? true),
    });
    metrics.gauge('worker_storage_blob_ids', index.count);
    return newlyCreated(record);
  }

  return {
    async putBlob(request, response, query) {
      if (!ids) throw new Refusal('storage.route', 'This store gives no Walrus ids: PUT /v1/blobs/<sha256> instead.');
      const wish = parsed(query);
      const limit = Math.min(options.maxBlobBytes, ids.maxBytes);
      const { sha256, size } = await receive(request, limit, wish);
      const answer = await certify(sha256, size, ids, wish).finally(() => flights.delete(sha256));
      json(response, 200, { sha256, size, ...answer });
    },

    async putContent(request, response, sha256) {
      const { size, created } = await receive(request, options.maxBlobBytes, { epochs: MAX_EPOCHS, sha256 });
      json(response, created ? 201 : 200, { sha256, size });
    },
  };
}

/** How long, and how firmly, a blob is to be kept. */
interface Wish {
  readonly epochs: number;
  readonly deletable: boolean;
  readonly force: boolean;
}

function newlyCreated({ blobId, size, registeredEpoch, endEpoch, deletable }: BlobRecord) {
  const storageSize = encodedLength(size);
  const blobObject = {
    id: NO_OBJECT,
    registeredEpoch,
    blobId,
    size,
    encodingType: 'RS2',
    certifiedEpoch: registeredEpoch,
    storage: { id: NO_OBJECT, startEpoch: registeredEpoch, endEpoch, storageSize },
    deletable,
  };
  const operation = { encodedLength: storageSize, epochsAhead: endEpoch - registeredEpoch };
  return { newlyCreated: { blobObject, resourceOperation: { registerFromScratch: operation }, cost: 0 } };
}

function alreadyCertified({ blobId, endEpoch }: BlobRecord) {
  return { alreadyCertified: { blobId, event: NO_EVENT, endEpoch } };
}

/** Parameters as Walrus has them. What cannot be done is refused, never overlooked. */
function parsed(query: URLSearchParams): Wish {
  const malformed = (what: string) => new Refusal('storage.query', what);
  const flag = (name: string) => {
    const value = query.get(name) ?? 'false';
    if (value !== 'true' && value !== 'false') throw malformed(`${name} is true or false, not "${value}".`);
    return value === 'true';
  };
  const epochs = query.get('epochs') ?? '1';
  if (!/^[1-9]\d{0,4}$/.test(epochs) || Number(epochs) > MAX_EPOCHS)
    throw malformed(`epochs is a whole number from 1 to ${MAX_EPOCHS}, not "${epochs}".`);
  const encoding = query.get('encoding_type') ?? 'RS2';
  if (encoding !== 'RS2') throw malformed(`encoding_type is RS2, not "${encoding}".`);
  if (query.has('send_object_to') || query.has('share'))
    throw malformed('This store is not on Sui: it has no objects to send or share.');
  const permanent = flag('permanent');
  if (permanent && flag('deletable'))
    throw new Refusal('storage.persistence', 'A blob is either permanent or deletable.');
  return { epochs: Number(epochs), deletable: !permanent, force: flag('force') };
}
