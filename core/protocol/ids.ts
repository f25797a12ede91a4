/** Ids are hashes of content: no block, index or creation time enters one, so a reorganisation does not change it. */
import { ProtocolError } from '../errors.ts';
import { taggedHash } from '../hash.ts';
import type { Address, Branded, Bytes32 } from '../hex.ts';
import { toAddress, toBytes32, wordOf, wordOfAddress } from '../hex.ts';
import { Tags } from './tags.ts';

export type RequestId = Branded<Bytes32, 'RequestId'>;
export type VersionId = Branded<Bytes32, 'VersionId'>;
export type SubmissionId = Branded<Bytes32, 'SubmissionId'>;
export type TermsHash = Branded<Bytes32, 'TermsHash'>;
/** A model, which is also its ERC-721 token id: 48 bits, so exact as a number. */
export type ModelId = Branded<number, 'ModelId'>;

export const toRequestId = (text: string) => toBytes32(text) as RequestId;
export const toVersionId = (text: string) => toBytes32(text) as VersionId;

export function toModelId(value: number | bigint): ModelId {
  if (BigInt(value) < 0n || BigInt(value) >= 2n ** 48n)
    throw new ProtocolError('number.range', { name: 'model', value, bits: 48 });
  return Number(value) as ModelId;
}

/** Where a request lives: the chain and its InferenceRequests contract. */
export interface RequestsAt {
  readonly chainId: number | bigint;
  readonly requests: Address;
}

/** H(REQUEST, chainid, InferenceRequests, requester, nonce, termsHash). */
export function requestId(at: RequestsAt, requester: Address, nonce: bigint, termsHash: TermsHash): RequestId {
  const words = [
    wordOf(BigInt(at.chainId)),
    wordOfAddress(at.requests),
    wordOfAddress(requester),
    wordOf(nonce),
    termsHash,
  ];
  return taggedHash(Tags.REQUEST, words) as RequestId;
}

/** H(SUBMISSION, id, node, outputHash): the same result of the same node, whichever transaction brings it. */
export function submissionId(id: RequestId, node: Address, outputHash: Bytes32): SubmissionId {
  return taggedHash(Tags.SUBMISSION, [id, wordOfAddress(node), outputHash]) as SubmissionId;
}

const PURSE_PREFIX = 0xa0de1n;

/** The account that collects a model's royalty and protocol share until they are claimed; nobody can sign for it. */
export function purseOf(model: ModelId): Address {
  return toAddress(`0x${((PURSE_PREFIX << 48n) | BigInt(model)).toString(16).padStart(40, '0')}`);
}
