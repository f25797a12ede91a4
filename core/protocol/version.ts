/** Model versions: their immutable content, its id, and the hot word a request reads. */
import { schemaHash } from '../commitment/schema.ts';
import { taggedHash } from '../hash.ts';
import type { Address, Bytes32 } from '../hex.ts';
import { wordOf, wordOfAddress } from '../hex.ts';
import type { Layout } from './bits.ts';
import { packWord, unpackWord } from './bits.ts';
import type { ModelId, VersionId } from './ids.ts';
import { toModelId } from './ids.ts';
import { Tags } from './tags.ts';

/** The struct VersionContent of the contracts. Everything but the licence is in the version's id. */
export interface VersionContent {
  /** Of the ONNX bytes. */
  readonly sha256Hash: Bytes32;
  /** Bytes of the ONNX file. */
  readonly size: bigint;
  readonly inputSchema: Bytes32;
  readonly outputSchema: Bytes32;
  /** Zero = results cannot be disputed. */
  readonly programRoot: Bytes32;
  readonly atol: number;
  readonly rtol: number;
  /** Canonical bytes of one item's outputs. */
  readonly outputBytes: number;
  /** packCostUp of one item's multiply-adds. */
  readonly cost: number;
  readonly sliceFloorGwei: bigint;
  readonly exact: boolean;
  readonly rows: boolean;
  readonly licenceHash: Bytes32;
}

export const VersionFlags = { PUBLISHED: 1, RETIRED: 2, POLICY: 4, EXACT: 8, ROWS: 16, VERIFIABLE: 32 } as const;

const TOLERANCE: Layout = [
  ['_', 192],
  ['atol', 32],
  ['rtol', 32],
];
const SHAPE: Layout = [
  ['_', 88],
  ['size', 64],
  ['flags', 8],
  ['sliceFloorGwei', 40],
  ['cost', 32],
  ['outputBytes', 24],
];

/** Where a version lives: the chain and its ModelRegistry. */
export interface RegistryAt {
  readonly chainId: number | bigint;
  readonly registry: Address;
}

/** 0 192 | atol 32 | rtol 32. */
export const packTolerance = ({ atol, rtol }: VersionContent): bigint =>
  packWord(TOLERANCE, { atol: BigInt(atol), rtol: BigInt(rtol) });

/** size, flags, slice floor, cost and output bytes: what the id says of a version besides its hashes. */
export function packShape({ exact, rows, size, sliceFloorGwei, cost, outputBytes }: VersionContent): bigint {
  const flags = BigInt((exact ? VersionFlags.EXACT : 0) | (rows ? VersionFlags.ROWS : 0));
  return packWord(SHAPE, { size, flags, sliceFloorGwei, cost: BigInt(cost), outputBytes: BigInt(outputBytes) });
}

/** H(VERSION, chainid, registry, model, sha256, programRoot, schema, tolerance, shape); contracts/models/VersionContentLib.sol. */
export function versionId(at: RegistryAt, model: ModelId, content: VersionContent): VersionId {
  const words = [
    wordOf(BigInt(at.chainId)),
    wordOfAddress(at.registry),
    wordOf(BigInt(model)),
    content.sha256Hash,
    content.programRoot,
    schemaHash(content.inputSchema, content.outputSchema),
    wordOf(packTolerance(content)),
    wordOf(packShape(content)),
  ];
  return taggedHash(Tags.VERSION, words) as VersionId;
}

/** contracts/types/VersionWord.sol, unpacked. */
export interface VersionWord {
  readonly model: ModelId;
  /** Wei of OPG per item. */
  readonly royalty: bigint;
  readonly outputBytes: number;
  readonly cost: number;
  readonly flags: number;
  readonly sliceFloorGwei: bigint;
}

const VERSION_WORD: Layout = [
  ['model', 48],
  ['royalty', 96],
  ['outputBytes', 24],
  ['cost', 32],
  ['flags', 8],
  ['sliceFloorGwei', 40],
  ['_', 8],
];

export function packVersionWord(word: VersionWord): bigint {
  const { model, royalty, outputBytes, cost, flags, sliceFloorGwei } = word;
  return packWord(VERSION_WORD, {
    model: BigInt(model),
    royalty,
    outputBytes: BigInt(outputBytes),
    cost: BigInt(cost),
    flags: BigInt(flags),
    sliceFloorGwei,
  });
}

export function unpackVersionWord(word: bigint): VersionWord {
  const {
    model = 0n,
    royalty = 0n,
    outputBytes = 0n,
    cost = 0n,
    flags = 0n,
    sliceFloorGwei = 0n,
  } = unpackWord(VERSION_WORD, word);
  return {
    model: toModelId(model),
    royalty,
    outputBytes: Number(outputBytes),
    cost: Number(cost),
    flags: Number(flags),
    sliceFloorGwei,
  };
}
