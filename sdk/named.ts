/** Models and versions by name: `namespace/name`, `namespace/name@2` (the second one published), or a version's id. */
import { ProtocolError } from '#core/errors.ts';
import type { Address, Bytes32 } from '#core/hex.ts';
import { toAddress } from '#core/hex.ts';
import type { ModelId, VersionId } from '#core/protocol/ids.ts';
import { toVersionId } from '#core/protocol/ids.ts';
import { unpackVersionWord, VersionFlags } from '#core/protocol/version.ts';
import { named } from './chainErrors.ts';
import { modelOf } from './createModel.ts';
import { eventsIn, eventsNamed, logsFrom } from './events.ts';
import type { Network } from './network.ts';

export interface NamedModel {
  readonly model: ModelId;
  readonly namespace: string;
  readonly name: string;
  /** Who earns its royalties now. */
  readonly owner: Address;
  /** In order of publication. */
  readonly versions: readonly ListedVersion[];
}

/** One version of a model. */
export interface ListedVersion {
  readonly version: VersionId;
  /** From 1. */
  readonly number: number;
  readonly retired: boolean;
  /** Wei of OPG per item, now. */
  readonly royalty: bigint;
  /** Who may request it: a policy contract; undefined: everybody. */
  readonly policy: Address | undefined;
  readonly files: readonly ListedFile[];
  /** Block of publication. */
  readonly block: number;
}

/** A file of a version. Bytes are trusted only once they have this hash. */
export interface ListedFile {
  readonly name: string;
  /** In bytes. */
  readonly size: bigint;
  readonly sha256: Bytes32;
  readonly uris: readonly string[];
}

const NAME = /^([a-z0-9-]+)\/([a-z0-9-]+)(?:@([1-9]\d*))?$/;
const ID = /^0x[0-9a-f]{64}$/i;

/** The model of `namespace/name` (a `@2` is ignored). Throws `model.bad_name`, `model.unknown`. */
export async function modelNamed(network: Network, reference: string): Promise<NamedModel> {
  const [, namespace, name] = NAME.exec(reference) ?? [];
  if (namespace === undefined || name === undefined) throw new ProtocolError('model.bad_name', { name: reference });
  return await named('the reader', async () => {
    const model = await modelOf(network, namespace, name);
    if (BigInt(model) === 0n) throw new ProtocolError('model.unknown', { name: `${namespace}/${name}` });
    const owner = toAddress(await network.models.ownerOfModel(model));
    return { model, namespace, name, owner, versions: await versionsOf(network, model) };
  });
}

/** The newest version in service unless the name or id says which. Throws `model.no_version`, `model.unknown`, `model.bad_name`. */
export async function versionNamed(network: Network, reference: string): Promise<VersionId> {
  if (ID.test(reference)) return toVersionId(reference);
  const { versions } = await modelNamed(network, reference);
  const number = NAME.exec(reference)?.[3];
  const found =
    number === undefined
      ? versions.findLast(({ retired }) => !retired)
      : versions.find((version) => version.number === Number(number));
  if (found === undefined) throw new ProtocolError('model.no_version', { name: reference, published: versions.length });
  return found.version;
}

/** The files of every version of a model, newest last. */
export async function listFiles(network: Network, reference: string): Promise<readonly ListedVersion[]> {
  return (await modelNamed(network, reference)).versions;
}

async function versionsOf(network: Network, model: ModelId): Promise<ListedVersion[]> {
  const { addresses, block } = network.deployment;
  const topic = network.models.interface.getEvent('VersionPublished').topicHash;
  const indexed = `0x${BigInt(model).toString(16).padStart(64, '0')}`;
  const logs = await logsFrom(network, addresses.models, [topic, indexed], block);
  return await Promise.all(
    logs.map(async (log, i): Promise<ListedVersion> => {
      const [published] = eventsNamed(eventsIn(network, [log]), 'VersionPublished');
      if (published === undefined) throw new ProtocolError('Models_Unknown', { id: log.topics[2] ?? '' });
      const { version, content, uris } = published;
      const { word } = await network.models.terms(version);
      const { flags, royalty } = unpackVersionWord(word);
      const policy = (flags & VersionFlags.POLICY) === 0 ? undefined : await network.models.policyOf(version);
      const { size, sha256Hash: sha256 } = content;
      return {
        version,
        number: i + 1,
        retired: (flags & VersionFlags.RETIRED) !== 0,
        royalty,
        policy: policy === undefined ? undefined : toAddress(policy),
        files: [{ name: 'model.onnx', size, sha256, uris }],
        block: log.blockNumber,
      };
    }),
  );
}
