/** The terms of a request, unpacked, and the seven words the chain hashes (contracts/types/Terms.sol). */
import { taggedHash } from '../hash.ts';
import type { Address, Bytes32 } from '../hex.ts';
import { toAddress, toBytes32, wordOf } from '../hex.ts';
import type { Layout } from './bits.ts';
import { packWord, unpackWord } from './bits.ts';
import type { ModelId, TermsHash, VersionId } from './ids.ts';
import { toModelId, toVersionId } from './ids.ts';
import { Tags } from './tags.ts';

/** Flags of Ask; those of Terms are the first two. */
export const AskFlags = {
  /** `input` is the 32-byte commitment; the bytes go to the node off chain. */
  ROOT_INPUT: 1,
  /** The submission is one hash; exact versions only. */
  EXACT_OUTPUT: 2,
  /** The contract checks the named node's offer. */
  QUOTE: 4,
  /** The fee is pulled by allowance instead of taken from the free balance. */
  PULL: 8,
} as const;

/** How a result is vouched for; OpenGradient's numbers. */
export const Modes = { VANILLA: 0, ZKML: 1, TEE: 2 } as const;

export interface Terms {
  readonly version: VersionId;
  /** Commitment of the input: a list of one item, a bundle of several. */
  readonly input: Bytes32;
  readonly requester: Address;
  /** Wei of OPG, for all items. */
  readonly fee: bigint;
  /** Named node with priority until openAt; the zero address = none. */
  readonly node: Address;
  /** Wei of OPG of the node's stake that answers for the result. */
  readonly slice: bigint;
  /** Wei of OPG, for all items. */
  readonly royalty: bigint;
  /** Unix seconds: the last second of accept and submit. */
  readonly deadline: number;
  /** Seconds from submission to challengeEnd. */
  readonly tc: number;
  /** Unix seconds: the last second of the named node's priority. */
  readonly openAt: number;
  readonly protocolBps: number;
  readonly model: ModelId;
  readonly callbackGas: number;
  readonly set: number;
  readonly mode: number;
  /** Canonical bytes of the outputs of all items together. */
  readonly outputBytes: number;
  /** AskFlags.ROOT_INPUT | AskFlags.EXACT_OUTPUT. */
  readonly flags: number;
  readonly tipBps: number;
  readonly items: number;
  readonly lane: number;
  readonly penaltyBps: number;
  /** headersHash of the outputs of one item. */
  readonly outputSchema: Bytes32;
}

/** The struct as the contracts take it. */
export interface PackedTerms {
  readonly version: VersionId;
  readonly input: Bytes32;
  readonly requesterFee: bigint;
  readonly nodeSlice: bigint;
  readonly shares: bigint;
  readonly shape: bigint;
  readonly outputSchema: Bytes32;
}

const REQUESTER_FEE: Layout = [
  ['requester', 160],
  ['fee', 96],
];
const NODE_SLICE: Layout = [
  ['node', 160],
  ['slice', 96],
];
const SHARES: Layout = [
  ['royalty', 96],
  ['deadline', 40],
  ['tc', 32],
  ['openAt', 40],
  ['protocolBps', 16],
  ['_', 32],
];
const SHAPE: Layout = [
  ['model', 48],
  ['callbackGas', 24],
  ['set', 16],
  ['mode', 8],
  ['outputBytes', 24],
  ['flags', 8],
  ['tipBps', 16],
  ['items', 8],
  ['lane', 16],
  ['penaltyBps', 16],
  ['_', 72],
];

/** Fields of these two words that are numbers in Terms. */
type SmallField = Exclude<
  keyof Terms,
  'version' | 'input' | 'requester' | 'node' | 'fee' | 'slice' | 'royalty' | 'outputSchema'
>;

export function packTerms(terms: Terms): PackedTerms {
  const fields = fieldsOf(terms);
  return {
    version: terms.version,
    input: terms.input,
    requesterFee: packWord(REQUESTER_FEE, fields),
    nodeSlice: packWord(NODE_SLICE, fields),
    shares: packWord(SHARES, fields),
    shape: packWord(SHAPE, fields),
    outputSchema: terms.outputSchema,
  };
}

export function unpackTerms(packed: PackedTerms): Terms {
  const money = { ...unpackWord(REQUESTER_FEE, packed.requesterFee), ...unpackWord(NODE_SLICE, packed.nodeSlice) };
  const rest = { ...unpackWord(SHARES, packed.shares), ...unpackWord(SHAPE, packed.shape) };
  const { royalty = 0n, model = 0n, ...small } = rest;
  const numbers = Object.fromEntries(Object.entries(small).map(([name, value]) => [name, Number(value)]));
  return {
    version: toVersionId(packed.version),
    input: toBytes32(packed.input),
    requester: addressOf(money['requester']),
    fee: money['fee'] ?? 0n,
    node: addressOf(money['node']),
    slice: money['slice'] ?? 0n,
    royalty,
    ...(numbers as Record<Exclude<SmallField, 'model'>, number>),
    model: toModelId(model),
    outputSchema: toBytes32(packed.outputSchema),
  };
}

/** H(TERMS, w0..w6). */
export function termsHash(terms: Terms): TermsHash {
  const { version, input, requesterFee, nodeSlice, shares, shape, outputSchema } = packTerms(terms);
  const words = [version, input, wordOf(requesterFee), wordOf(nodeSlice), wordOf(shares), wordOf(shape), outputSchema];
  return taggedHash(Tags.TERMS, words) as TermsHash;
}

export function hasFlag(flags: number, flag: number): boolean {
  return (flags & flag) !== 0;
}

function fieldsOf(terms: Terms): Record<string, bigint> {
  const { version: _version, input: _input, outputSchema: _schema, requester, node, ...numbers } = terms;
  const fields = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, BigInt(value)]));
  return { ...fields, requester: BigInt(requester), node: BigInt(node) };
}

function addressOf(value = 0n): Address {
  return toAddress(`0x${value.toString(16).padStart(40, '0')}`);
}
