/** What is known about a version: its published content and schema, checked against the registry's hashes. */
import { ProtocolError } from '#core/errors.ts';
import type { ModelId, VersionId } from '#core/protocol/ids.ts';
import type { IoSchema, SchemaHashes } from '#core/protocol/schema.ts';
import { hashesOf, parseSchema } from '#core/protocol/schema.ts';
import type { VersionContent } from '#core/protocol/version.ts';
import { named } from './chainErrors.ts';
import { eventsIn, eventsNamed, logsFrom } from './events.ts';
import type { Network } from './network.ts';

export interface Version {
  readonly version: VersionId;
  readonly model: ModelId;
  readonly content: VersionContent;
  readonly schema: IoSchema;
  readonly hashes: SchemaHashes;
  readonly uris: readonly string[];
  readonly metadata: string;
}

/** A version is immutable, so it is looked up once per provider. */
const known = new WeakMap<object, Map<VersionId, Promise<Version>>>();

export async function describeVersion(network: Network, version: VersionId): Promise<Version> {
  const versions = known.get(network.provider) ?? new Map<VersionId, Promise<Version>>();
  known.set(network.provider, versions);
  const found = versions.get(version) ?? named('the reader', () => lookUp(network, version));
  versions.set(version, found);
  // A failure is not knowledge: the next call asks again.
  found.catch(() => versions.delete(version));
  return await found;
}

async function lookUp(network: Network, version: VersionId): Promise<Version> {
  const { addresses, block } = network.deployment;
  const topic = network.models.interface.getEvent('VersionPublished').topicHash;
  const logs = await logsFrom(network, addresses.models, [topic, null, version], block);
  const [published] = eventsNamed(eventsIn(network, logs), 'VersionPublished');
  if (published === undefined) throw new ProtocolError('Models_Unknown', { id: version });
  const { model, content, uris, metadata } = published;
  const schema = parseSchema(published.schema);
  const hashes = hashesOf(schema);
  const agree = hashes.inputSchema === content.inputSchema && hashes.outputSchema === content.outputSchema;
  if (!agree || schema.rows !== content.rows) throw new ProtocolError('version.mismatch', { version });
  return { version, model, content, schema, hashes, uris, metadata };
}
