// A registry with one model of `owner`, and content that is well formed until a test breaks one field of it.
import { concat, keccak256, Result, toBeHex, zeroPadValue } from 'ethers';
import { network } from 'hardhat';
import type { ModelRegistry } from '#types';
import type { VersionContentStruct } from '../../../types/ethers-contracts/models/ModelRegistry.ts';

export const { ethers, networkHelpers } = await network.create('local');

export type Content = {
  [K in keyof VersionContentStruct]: Extract<VersionContentStruct[K], string | bigint | boolean>;
};

export const FLAG = { PUBLISHED: 1n, RETIRED: 2n, POLICY: 4n, EXACT: 8n, ROWS: 16n, VERIFIABLE: 32n } as const;
export const MAX_ROYALTY = 2n ** 90n;
export const word = (fill: string) => `0x${fill.repeat(32)}`;

export function contentOf(overrides: Partial<Content> = {}): Content {
  return {
    sha256Hash: word('a1'),
    size: 13_863n,
    inputSchema: word('b2'),
    outputSchema: word('c3'),
    programRoot: word('d4'),
    atol: 0x38d1b717n, // 1e-4
    rtol: 429_497n, // 1e-4
    outputBytes: 80n,
    cost: (1_234n << 8n) | 3n,
    sliceFloorGwei: 5_000_000_000n,
    exact: false,
    rows: false,
    licenceHash: word('e5'),
    ...overrides,
  };
}

export const publish = (registry: ModelRegistry, content: Content, royalty = 7n, model = 1n) =>
  registry.publish(model, content, royalty, ['walrus://blob'], '{"inputs":[]}', '{"task":"test"}');

/** The hot word, taken apart by hand: the picture in contracts/types/VersionWord.sol. */
export function readWord(w: bigint) {
  const field = (from: number, bits: number) => (w >> BigInt(from)) & ((1n << BigInt(bits)) - 1n);
  return {
    model: field(208, 48),
    royalty: field(112, 96),
    outputBytes: field(88, 24),
    cost: field(56, 32),
    flags: field(48, 8),
    sliceFloorGwei: field(8, 40),
    spare: field(0, 8),
  };
}

const tagged = (tag: number, ...words: (string | bigint)[]) =>
  keccak256(
    concat([toBeHex(tag, 1), ...words.map((w) => (typeof w === 'bigint' ? toBeHex(w, 32) : zeroPadValue(w, 32)))]),
  );

export const schemaOf = (c: Content) => tagged(0x06, String(c.inputSchema), String(c.outputSchema));

/** The version id by the formula of docs/contracts/ModelRegistry.md, independently of the contract. */
export function idOf(chainId: bigint, registry: string, model: bigint, c: Content): string {
  const flags = (c.exact ? FLAG.EXACT : 0n) | (c.rows ? FLAG.ROWS : 0n);
  const n = (field: keyof Content) => BigInt(c[field]);
  return tagged(
    0x07,
    chainId,
    registry,
    model,
    String(c.sha256Hash),
    String(c.programRoot),
    schemaOf(c),
    (n('atol') << 32n) | n('rtol'),
    (n('size') << 104n) | (flags << 96n) | (n('sliceFloorGwei') << 56n) | (n('cost') << 24n) | n('outputBytes'),
  );
}

/** What contentOf answered, as the object that was published. */
export async function readContent(models: ModelRegistry, version: string) {
  const content: unknown = await models.contentOf(version);
  if (!(content instanceof Result)) throw new Error('contentOf answered no struct');
  return content.toObject();
}

/** Storage reads of a call, counted in its trace. */
export async function readsOf(call: { to: string; data: string }): Promise<number> {
  const { structLogs }: { structLogs: { op: string }[] } = await ethers.provider.send('debug_traceCall', [
    call,
    'latest',
  ]);
  return structLogs.filter(({ op }) => op === 'SLOAD').length;
}

export async function registry() {
  const [owner, stranger, buyer] = await ethers.getSigners();
  if (!owner || !stranger || !buyer) throw new Error('the local network has no accounts');
  const models = await ethers.deployContract('ModelRegistry');
  await models.createModel('acme', 'digits');
  const { chainId } = await ethers.provider.getNetwork();
  return { models, owner, stranger, buyer, chainId };
}

export async function published() {
  const all = await registry();
  const content = contentOf();
  await publish(all.models, content);
  const version = await all.models.versionId(1n, content);
  return { ...all, content, version };
}
