import type { Subject } from '#core/challenges/subject.ts';
import { itemBytes } from '#core/commitment/canonical.ts';
import { commitItems } from '#core/commitment/list.ts';
import { headersOf } from '#core/commitment/schema.ts';
import { isProtocolError } from '#core/errors.ts';
import { toHex } from '#core/hex.ts';
import type { BlobSource } from '#ports/blobs.ts';
import type { Hex } from '#ports/chain.ts';
import type { DisputedVersion } from '#ports/disputes.ts';
import type { GameViews } from '#ports/game.ts';
import type { Log } from '#ports/telemetry.ts';

/** The bytes of an output that was submitted as a hash, as its node hands them out; undefined: it does not, or others. */
export type Delivery = (subject: Subject, version: DisputedVersion, signal: AbortSignal) => Promise<Hex | undefined>;

/** A node may send slowly, but not for ever. */
const LIMIT_MS = 30_000;

/** What a node hands out is held against the submitted hash, so nothing of it is believed. */
export function createDelivery(views: Pick<GameViews, 'endpointOf'>, source: BlobSource, log: Log): Delivery {
  return async ({ history: { row }, submission }, { schema }, signal) => {
    const expected = row.terms.items * itemBytes(schema.outputs);
    try {
      const endpoint = await views.endpointOf(submission.node);
      if (endpoint === undefined || !/^https?:\/\//.test(endpoint)) return undefined;
      const uri = `${endpoint.replace(/\/+$/, '')}/v1/outputs/${row.id}`;
      const limited = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
      const bytes = await read(source, uri, expected, limited);
      if (bytes === undefined) return undefined;
      const hash = commitItems(headersOf(schema.outputs), row.terms.items, bytes);
      return hash === submission.outputHash ? toHex(bytes) : undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      // Bytes that are not canonical, another length, a node that is not there: none of it is an output.
      const reason = isProtocolError(error) ? error.message : String(error);
      log.debug('a node did not hand out an output', { requestId: row.id, node: submission.node, reason });
      return undefined;
    }
  };
}

/** Not more than is expected, whatever comes. */
async function read(source: BlobSource, uri: string, expected: number, signal: AbortSignal) {
  const stream = await source.open(uri, signal);
  if (stream === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > expected) return undefined;
  }
  return new Uint8Array(Buffer.concat(chunks));
}
