/** The ModelStore port: verified model files in a bounded directory, fetched from whoever delivers the registered bytes. */
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import type { BlobSource, ModelStore } from '#ports/blobs.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import { Disk, TooLong } from './disk.ts';
import { Flights, type Wanted } from './flights.ts';
import { createSourceHealth, type SourceHealth } from './health.ts';
import { type Gateways, originOf, placesOf } from './places.ts';
import { Room } from './room.ts';

export interface ModelStoreOptions {
  readonly directory: string;
  /** What all files together may take. */
  readonly maxBytes: number;
  readonly sources: readonly BlobSource[];
  /** More places to look, after the published ones: the node's own stores. */
  readonly mirrors?: (sha256: string) => readonly string[];
  /** Where names in Walrus and IPFS are asked for. */
  readonly gateways?: Gateways;
  readonly health?: SourceHealth;
  /** How long the fetch of a file of so many bytes may take; FETCH_MS and the bytes at BYTES_PER_SECOND if absent. */
  readonly limitMs?: (size: number) => number;
  readonly metrics?: Metrics;
  readonly log?: Log;
}

/** URIs of a version that are asked: more would only keep a node busy. */
const MAX_URIS = 16;
/**
 * A fetch takes a minute at most and the time of its bytes at 4 Mbit/s, whatever its sources do: what comes more slowly, though faster than
 * a source is given up for, would keep room and those who wait for days. A node on a slower line has its files put into a store of its own.
 */
const FETCH_MS = 60_000;
const BYTES_PER_SECOND = 500_000;
/** The longest that timers have. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * One attempt that did not deliver. `lied`: it answered with other bytes; `wrong`: so would everybody, to such a URI; `silent`: it may
 * still have the right ones.
 */
interface Miss {
  readonly uri: string;
  readonly kind: 'lied' | 'wrong' | 'silent' | 'absent';
  readonly reason: string;
}

/** The time of a fetch is over. */
class TooSlow extends Error {}

export function createModelStore(options: ModelStoreOptions): ModelStore {
  const { maxBytes, sources, mirrors = () => [], metrics, log } = options;
  const { gateways = { aggregators: [], gateways: [] }, health = createSourceHealth() } = options;
  const { limitMs = (size) => FETCH_MS + (size / BYTES_PER_SECOND) * 1_000 } = options;
  const disk = new Disk(options.directory);
  const room = new Room(disk, maxBytes);
  const flights = new Flights();
  const looks = new Map<string, Promise<boolean>>();

  const bySource = (uri: string) => sources.find(({ schemes }) => schemes.includes(uri.split(':', 1)[0] ?? ''));

  async function attempt(uri: string, wanted: Wanted, signal: AbortSignal): Promise<Miss | undefined> {
    const source = bySource(uri);
    if (!source) {
      const known = sources.flatMap(({ schemes }) => schemes).join(', ');
      return { uri, kind: 'absent', reason: `no source for this scheme (known: ${known})` };
    }
    try {
      const bytes = await source.open(uri, signal, wanted.size);
      if (!bytes) return { uri, kind: 'absent', reason: 'does not have it' };
      const received = await disk.receive(bytes, wanted.size, signal);
      if (received.sha256 === wanted.sha256) {
        await received.keep();
        return undefined;
      }
      await received.drop();
      const reason =
        received.size < wanted.size
          ? `sent ${received.size} of ${wanted.size} bytes`
          : `sent bytes with sha256 ${received.sha256}`;
      return { uri, kind: 'lied', reason };
    } catch (error) {
      if (signal.reason instanceof TooSlow) return { uri, kind: 'silent', reason: signal.reason.message };
      signal.throwIfAborted();
      if (error instanceof TooLong) return { uri, kind: 'lied', reason: `sent ${error.message}` };
      const reason = error instanceof ProtocolError ? String(error.payload['reason' as never]) : String(error);
      if (isProtocolError(error, 'blobs.source_lied')) return { uri, kind: 'lied', reason };
      if (isProtocolError(error, 'blobs.wrong_address')) return { uri, kind: 'wrong', reason };
      return { uri, kind: 'silent', reason };
    }
  }

  /** What every attempt says about its origin. */
  function learn(uri: string, wanted: Wanted, miss: Miss | undefined): void {
    const scheme = bySource(uri) ? (uri.split(':', 1)[0] ?? '') : 'unknown';
    metrics?.count('worker_blobs_attempts_total', { scheme, outcome: miss?.kind ?? 'delivered' });
    const origin = originOf(uri);
    if (!miss) health.delivered(origin);
    else if (miss.kind === 'silent' || miss.kind === 'lied') health.struck(origin, miss.kind);
    metrics?.gauge('worker_blobs_origins_resting', health.resting);
    if (miss?.kind === 'lied' || miss?.kind === 'wrong')
      log?.warn('a source did not have what was registered', { sha256: wanted.sha256, uri, reason: miss.reason });
  }

  async function fetchAnew(wanted: Wanted, outer: AbortSignal): Promise<void> {
    const { sha256, size } = wanted;
    if (size > maxBytes) throw new ProtocolError('blobs.too_large', { sha256, size, bound: maxBytes });
    const limit = new AbortController();
    const ms = Math.min(limitMs(size), LONGEST_MS);
    const timer = setTimeout(() => limit.abort(new TooSlow(`had not sent it after ${Math.ceil(ms / 1_000)} s`)), ms);
    const signal = AbortSignal.any([outer, limit.signal]);
    try {
      const leave = await room.take(size, signal);
      await askAll(wanted, signal).finally(leave);
    } catch (error) {
      if (!(error instanceof TooSlow)) throw error;
      throw new ProtocolError('blobs.unavailable', {
        sha256,
        sources: 'others on their way left no room for it in time',
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async function askAll(wanted: Wanted, signal: AbortSignal): Promise<void> {
    const misses: Miss[] = [];
    const places = new Set<string>();
    for (const uri of wanted.uris.slice(0, MAX_URIS)) {
      const found = placesOf(uri, gateways);
      if ('reason' in found) misses.push({ uri, kind: 'absent', reason: found.reason });
      else for (const place of found.places) places.add(place);
    }
    for (const mirror of mirrors(wanted.sha256)) places.add(mirror);
    for (const place of health.inOrder([...places], originOf)) {
      if (signal.reason instanceof TooSlow) {
        misses.push({ uri: place, kind: 'silent', reason: 'was not asked any more' });
        continue;
      }
      const miss = await attempt(place, wanted, signal);
      learn(place, wanted, miss);
      if (!miss) return;
      misses.push(miss);
    }
    throw failure(wanted.sha256, misses);
  }

  /** Whether the file is there. One look at a time, for a look removes a file that is corrupt, and not what was fetched instead. */
  function isThere(sha256: string): Promise<boolean> {
    const looking = looks.get(sha256) ?? look(sha256).finally(() => looks.delete(sha256));
    looks.set(sha256, looking);
    return looking;
  }

  async function look(sha256: string): Promise<boolean> {
    const found = await disk.check(sha256);
    if (found === 'corrupt') await disk.remove(sha256);
    return found === 'intact';
  }

  async function ensure(wanted: Wanted, signal: AbortSignal): Promise<void> {
    const { sha256, size } = wanted;
    if (!(await isThere(sha256))) return fetchAnew(wanted, signal);
    const actual = disk.size(sha256);
    if (actual !== undefined && actual !== size)
      throw new ProtocolError('blobs.corrupt', { sha256, sources: `the file has ${actual} bytes, not ${size}` });
  }

  return {
    async fetch(model, signal) {
      signal.throwIfAborted();
      await flights.join(model, (flying) => ensure(model, flying), signal);
      return { path: disk.path(model.sha256) };
    },
    discard: (sha256) => disk.remove(sha256),
  };
}

/** Final only if nobody can be expected to deliver later: every source that is up sent other bytes. */
function failure(sha256: string, misses: readonly Miss[]): ProtocolError {
  const named = misses.map(({ uri, reason }) => `${uri} ${reason}`).join('; ') || 'no URI is known';
  const other = misses.some(({ kind }) => kind === 'lied' || kind === 'wrong');
  const corrupt = other && misses.every(({ kind }) => kind !== 'silent');
  return new ProtocolError(corrupt ? 'blobs.corrupt' : 'blobs.unavailable', { sha256, sources: named });
}
