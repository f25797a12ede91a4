/** Publishes a version of a model from its ONNX file and its card. */
import { sha256 } from '@noble/hashes/sha2.js';
import { itemType } from '#core/commitment/canonical.ts';
import { ProtocolError } from '#core/errors.ts';
import type { Bytes32 } from '#core/hex.ts';
import { toAddress, toHex, ZERO_BYTES32 } from '#core/hex.ts';
import { packCostUp } from '#core/protocol/cost.ts';
import type { ModelId, VersionId } from '#core/protocol/ids.ts';
import { type PublishedTolerance, packToleranceUp } from '#core/protocol/publishedTolerance.ts';
import type { IoSchema } from '#core/protocol/schema.ts';
import { hashesOf, parseSchema, schemaText } from '#core/protocol/schema.ts';
import type { VersionContent } from '#core/protocol/version.ts';
import { versionId } from '#core/protocol/version.ts';
import { elementCount } from '#core/tensor.ts';
import type { Tolerance } from '#core/tolerance.ts';
import type { Account } from './network.ts';
import type { Assessment } from './publishing/assessment.ts';
import type { Transacted } from './transact.ts';
import { transact } from './transact.ts';

/** What publishing reads of a card (models/<name>/card.json); the whole card goes out as metadata. */
export interface ModelCard {
  readonly inputs: unknown;
  readonly outputs: unknown;
  readonly rows?: boolean;
  readonly sha256?: string;
  readonly tolerance?: Tolerance;
  readonly parameters?: number;
  /** Of one item. */
  readonly multiplyAdds?: number;
}

export interface Publication {
  readonly model: ModelId;
  readonly onnx: Uint8Array;
  readonly card: ModelCard;
  /** Where the bytes can be fetched: https://, ipfs://, walrus://, or file names of a store. */
  readonly uris: readonly string[];
  /** Wei of OPG per item; default 0. */
  readonly royalty?: bigint;
  /**
   * What `assess` (sdk/publishing) found out: gives program root, cost and tolerance. Without it results cannot be disputed, unless
   * `programRoot` is given.
   */
  readonly assessment?: Assessment;
  /** Default: the assessment's, else the card's. With `exact` it must be 0. */
  readonly tolerance?: Tolerance;
  /** The claim is the reference output itself; default false. */
  readonly exact?: boolean;
  /** Multiply-adds of one item; default: the assessment's, the card's, else `costAtMost`. */
  readonly multiplyAdds?: bigint;
  /** The least slice of stake a result answers with, in gwei of OPG; default 0: the parameter set's floor alone. */
  readonly sliceFloorGwei?: bigint;
  /** Default: the assessment's, else 0: results cannot be disputed. */
  readonly programRoot?: Bytes32;
  readonly licence?: string;
}

export interface Published extends Transacted {
  readonly version: VersionId;
  readonly content: VersionContent;
}

export async function publish(account: Account, publication: Publication): Promise<Published> {
  const content = contentFrom(publication);
  const { chainId, addresses } = account.deployment;
  const version = versionId({ chainId, registry: toAddress(addresses.models) }, publication.model, content);
  const { model, royalty = 0n, uris, card } = publication;
  const text = schemaText(parseSchema(card));
  const call = await account.models.publish.populateTransaction(
    model,
    content,
    royalty,
    [...uris],
    text,
    JSON.stringify(card),
  );
  return { ...(await transact(account, call)), version, content };
}

/** The immutable content of a version, without publishing it. */
export function contentFrom(publication: Publication): VersionContent {
  const { onnx, card, assessment, exact = false, sliceFloorGwei = 0n, licence } = publication;
  const got = toHex(sha256(onnx)) as Bytes32;
  if (assessment && `0x${assessment.sha256}` !== got)
    throw new ProtocolError('publish.hash_mismatch', { expected: assessment.sha256, got });
  if (card.sha256 !== undefined && `0x${card.sha256.replace(/^0x/, '').toLowerCase()}` !== got)
    throw new ProtocolError('publish.hash_mismatch', { expected: card.sha256, got });
  const schema = parseSchema(card);
  const { inputSchema, outputSchema, outputBytes } = hashesOf(schema);
  return {
    sha256Hash: got,
    size: BigInt(onnx.length),
    inputSchema,
    outputSchema,
    programRoot: publication.programRoot ?? assessment?.programRoot ?? ZERO_BYTES32,
    ...toleranceOf(publication),
    outputBytes,
    cost: packCostUp(
      publication.multiplyAdds ??
        assessment?.multiplyAdds ??
        BigInt(card.multiplyAdds ?? costAtMost(schema, card, onnx.length)),
    ),
    sliceFloorGwei,
    exact,
    rows: schema.rows,
    licenceHash: licence === undefined ? ZERO_BYTES32 : (toHex(sha256(new TextEncoder().encode(licence))) as Bytes32),
  };
}

/** Throws `publish.refused` where the assessment found that no tolerance serves the model, whatever else is asked for. */
function toleranceOf({ exact = false, tolerance, assessment, card }: Publication): PublishedTolerance {
  if (!exact && assessment && assessment.refusals.length > 0)
    throw new ProtocolError('publish.refused', { reason: assessment.refusals.join(' ') });
  if (tolerance) return packToleranceUp(tolerance);
  return (exact ? undefined : assessment?.tolerance) ?? packToleranceUp((exact ? undefined : card.tolerance) ?? NONE);
}

const NONE: Tolerance = { abs: 0, rel: 0 };

/**
 * An upper estimate where nobody counted: every parameter once per element of the largest input or output. It errs high, by
 * 100 times for a language model, which lengthens the challenge window by seconds; give `multiplyAdds` where that matters.
 */
export function costAtMost({ inputs, outputs }: IoSchema, { parameters }: ModelCard, size: number): number {
  const positions = Math.max(...[...inputs, ...outputs].map((spec) => elementCount(itemType(spec).shape)));
  return Math.max(1, parameters ?? Math.ceil(size / 4)) * positions;
}
