/** Terms, ids, state tags, costs and tolerances, from the layouts drawn in contracts/types. */
import { digits, H, randomFrom, word } from './words.ts';

const [VERSION, TERMS, REQUEST, SUBMISSION] = [7, 8, 9, 10];
const SCHEMA = 6;
const CHAIN_ID = 84532;

/** Terms with amounts as decimal text. */
interface PlainTerms {
  [field: string]: string | number;
}

const random = randomFrom(2);
const randomHex = (bytes: number) => `0x${Array.from({ length: bytes }, () => digits(random() & 0xff, 8)).join('')}`;
const text = (terms: PlainTerms, field: string) => String(terms[field]).replace(/^0x/, '');
const number = (terms: PlainTerms, field: string, bits: number) => digits(BigInt(terms[field] ?? 0), bits);

function packed(t: PlainTerms) {
  const shape = [
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
  ] as const;
  return {
    version: t['version'],
    input: t['input'],
    requesterFee: `0x${text(t, 'requester')}${number(t, 'fee', 96)}`,
    nodeSlice: `0x${text(t, 'node')}${number(t, 'slice', 96)}`,
    shares: `0x${number(t, 'royalty', 96)}${number(t, 'deadline', 40)}${number(t, 'tc', 32)}${number(t, 'openAt', 40)}${number(t, 'protocolBps', 16)}${digits(0, 32)}`,
    shape: `0x${shape.map(([field, bits]) => number(t, field, bits)).join('')}${digits(0, 72)}`,
    outputSchema: t['outputSchema'],
  };
}

const ZERO: PlainTerms = {
  version: `0x${word(0)}`,
  input: `0x${word(0)}`,
  requester: `0x${digits(0, 160)}`,
  fee: '0',
  node: `0x${digits(0, 160)}`,
  slice: '0',
  royalty: '0',
  deadline: 0,
  tc: 0,
  openAt: 0,
  protocolBps: 0,
  model: 0,
  callbackGas: 0,
  set: 0,
  mode: 0,
  outputBytes: 0,
  flags: 0,
  tipBps: 0,
  items: 0,
  lane: 0,
  penaltyBps: 0,
  outputSchema: `0x${word(0)}`,
};

const ordinary = (): PlainTerms => ({
  version: randomHex(32),
  input: randomHex(32),
  requester: randomHex(20),
  fee: '1000000000000000000',
  node: randomHex(20),
  slice: '25000000000000000000',
  royalty: '10000000000000000',
  deadline: 1_800_000_000,
  tc: 600,
  openAt: 1_799_999_400,
  protocolBps: 500,
  model: 7,
  callbackGas: 100_000,
  set: 1,
  mode: 0,
  outputBytes: 40,
  flags: 0,
  tipBps: 100,
  items: 1,
  lane: 3,
  penaltyBps: 500,
  outputSchema: randomHex(32),
});

const full: PlainTerms = {
  ...ordinary(),
  fee: String(2n ** 96n - 1n),
  slice: String(2n ** 96n - 1n),
  royalty: String(2n ** 96n - 1n),
  deadline: 2 ** 40 - 1,
  tc: 2 ** 32 - 1,
  openAt: 2 ** 40 - 1,
  protocolBps: 65535,
  model: 2 ** 48 - 1,
  callbackGas: 2 ** 24 - 1,
  set: 65535,
  mode: 255,
  outputBytes: 2 ** 24 - 1,
  flags: 255,
  tipBps: 65535,
  items: 255,
  lane: 65535,
  penaltyBps: 65535,
};

function termsVector(name: string, terms: PlainTerms, nonce: string) {
  const words = packed(terms);
  const hash = H(TERMS, ...Object.values(words).map(String));
  const requests = randomHex(20);
  const node = randomHex(20);
  const outputHash = randomHex(32);
  const [challengeEnd, end] = [1_800_000_600, 1_800_001_200];
  const id = H(
    REQUEST,
    word(CHAIN_ID),
    padded(requests),
    padded(String(terms['requester'])),
    word(BigInt(nonce)),
    hash,
  );
  const submitted = [hash, padded(node), outputHash, word(challengeEnd), word(end)];
  return {
    name,
    terms,
    packed: words,
    hash,
    chainId: CHAIN_ID,
    requests,
    nonce,
    id,
    submission: { node, outputHash, challengeEnd, end, id: H(SUBMISSION, id, padded(node), outputHash) },
    tags: {
      Requested: H(0x11, hash),
      Declined: H(0x12, hash),
      Accepted: H(0x13, hash, padded(node)),
      Submitted: H(0x14, ...submitted),
      Frozen: H(0x15, ...submitted),
    },
  };
}

const padded = (address: string) => digits(BigInt(address), 256);

function versionVector(name: string, content: Record<string, string | number | boolean>) {
  const registry = randomHex(20);
  const model = 11;
  const field = (key: string, bits: number) => digits(BigInt(content[key] as string), bits);
  const flags = (content['exact'] ? 8 : 0) + (content['rows'] ? 16 : 0);
  const id = H(
    VERSION,
    word(CHAIN_ID),
    padded(registry),
    word(model),
    String(content['sha256Hash']),
    String(content['programRoot']),
    H(SCHEMA, String(content['inputSchema']), String(content['outputSchema'])),
    `${digits(0, 192)}${field('atol', 32)}${field('rtol', 32)}`,
    `${digits(0, 88)}${field('size', 64)}${digits(flags, 8)}${field('sliceFloorGwei', 40)}${field('cost', 32)}${field('outputBytes', 24)}`,
  );
  return { name, chainId: CHAIN_ID, registry, model, content, id };
}

const content = () => ({
  sha256Hash: randomHex(32),
  size: '191772',
  inputSchema: randomHex(32),
  outputSchema: randomHex(32),
  programRoot: randomHex(32),
  atol: 0x3727c5ac,
  rtol: 42950,
  outputBytes: 40,
  cost: 0x0f424003,
  sliceFloorGwei: '1000000000',
  exact: false,
  rows: true,
  licenceHash: `0x${word(0)}`,
});

export function protocolVectors() {
  return {
    terms: [
      termsVector('all zero', ZERO, '0'),
      termsVector('ordinary', ordinary(), '41'),
      termsVector('no node, callback, flags', { ...ordinary(), node: `0x${digits(0, 160)}`, flags: 3 }, '1'),
      termsVector('every field at its limit', full, String(2n ** 64n - 1n)),
    ],
    versions: [
      versionVector('rows, tolerant', content()),
      versionVector('exact, one shape', { ...content(), exact: true, rows: false, atol: 0, rtol: 0 }),
      versionVector('limits', {
        ...content(),
        size: String(2n ** 64n - 1n),
        outputBytes: 2 ** 24 - 1,
        cost: 2 ** 32 - 1,
        sliceFloorGwei: String(2n ** 40n - 1n),
      }),
    ],
    purses: [0, 1, 11, 2 ** 48 - 1].map((model) => ({ model, purse: `0x${digits(0, 84)}00a0de1${digits(model, 48)}` })),
  };
}
