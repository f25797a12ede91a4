// Terms, ids and state tags by hand, from the pictures in contracts/types and the tables of docs/spec/request-lifecycle.md.
import { concat, keccak256, toBeHex } from 'ethers';

export type Terms = {
  version: string;
  input: string;
  requesterFee: bigint;
  nodeSlice: bigint;
  shares: bigint;
  shape: bigint;
  outputSchema: string;
};

export type Fields = {
  version: string;
  input: string;
  outputSchema: string;
  requester: string;
  fee: bigint;
  node: string;
  slice: bigint;
  royalty: bigint;
  deadline: bigint;
  tc: bigint;
  openAt: bigint;
  protocolBps: bigint;
  model: bigint;
  callbackGas: bigint;
  set: bigint;
  mode: bigint;
  outputBytes: bigint;
  flags: bigint;
  tipBps: bigint;
  items: bigint;
  lane: bigint;
  penaltyBps: bigint;
};

/** Fields from the most significant bit down; the rest of the word is zero. */
function pack(...fields: [value: bigint, bits: number][]): bigint {
  let left = 256;
  let word = 0n;
  for (const [value, bits] of fields) {
    if (value < 0n || value >> BigInt(bits) !== 0n) throw new Error(`${value} is not ${bits} bits wide`);
    left -= bits;
    word |= value << BigInt(left);
  }
  return word;
}

export const packTerms = (f: Fields): Terms => ({
  version: f.version,
  input: f.input,
  requesterFee: pack([BigInt(f.requester), 160], [f.fee, 96]),
  nodeSlice: pack([BigInt(f.node), 160], [f.slice, 96]),
  shares: pack([f.royalty, 96], [f.deadline, 40], [f.tc, 32], [f.openAt, 40], [f.protocolBps, 16]),
  shape: pack(
    [f.model, 48],
    [f.callbackGas, 24],
    [f.set, 16],
    [f.mode, 8],
    [f.outputBytes, 24],
    [f.flags, 8],
    [f.tipBps, 16],
    [f.items, 8],
    [f.lane, 16],
    [f.penaltyBps, 16],
  ),
  outputSchema: f.outputSchema,
});

const H = (tag: number, ...words: (string | bigint)[]) =>
  keccak256(concat([toBeHex(tag, 1), ...words.map((word) => toBeHex(word, 32))]));

export const termsHash = (t: Terms) =>
  H(0x08, t.version, t.input, t.requesterFee, t.nodeSlice, t.shares, t.shape, t.outputSchema);

export const requestId = (chain: bigint, requests: string, requester: string, nonce: bigint, hash: string) =>
  H(0x09, chain, requests, requester, nonce, hash);

export const submissionId = (id: string, node: string, outputHash: string) => H(0x0a, id, node, outputHash);

export const tagOf = {
  requested: (hash: string) => H(0x11, hash),
  declined: (hash: string) => H(0x12, hash),
  accepted: (hash: string, node: string) => H(0x13, hash, node),
  submitted: (hash: string, node: string, output: string, challengeEnd: bigint, end: bigint) =>
    H(0x14, hash, node, output, challengeEnd, end),
  frozen: (hash: string, node: string, output: string, challengeEnd: bigint, end: bigint) =>
    H(0x15, hash, node, output, challengeEnd, end),
};

/** A lock word: keccak256(tag, nonce 64 | slice 96 | fee 96). */
export const lockWord = (tag: string, nonce: bigint, slice: bigint, fee: bigint) =>
  keccak256(concat([tag, toBeHex(pack([nonce, 64], [slice, 96], [fee, 96]), 32)]));
