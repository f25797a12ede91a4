import { keccak_256 } from '@noble/hashes/sha3.js';
import { expect } from 'chai';
import { encodeTensor } from '#core/commitment/elements.ts';
import { fromHex, toAddress, toBytes32, toHex } from '#core/hex.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import { traceOf, traceRoot } from '#core/semantics/trace.ts';
import { type Tensor, tensor } from '#core/tensor.ts';

const hash = (tag: number, ...parts: readonly Uint8Array[]) =>
  keccak_256(Uint8Array.of(tag, ...parts.flatMap((part) => [...part])));

function word(value: bigint | number): Uint8Array {
  const bytes = new Uint8Array(32);
  let rest = BigInt(value);
  for (let i = 31; i >= 0; i--) {
    bytes[i] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}

/** The tree of docs/spec/commitments.md by recursion: the leaves padded to a power of two with empty hashes. */
function root(leaves: readonly Uint8Array[]): Uint8Array {
  const size = 2 ** Math.ceil(Math.log2(leaves.length));
  const empty = (level: number): Uint8Array => (level === 0 ? word(0) : hash(1, empty(level - 1), empty(level - 1)));
  const node = (level: number, index: number): Uint8Array => {
    if (index * 2 ** level >= leaves.length) return empty(level);
    if (level === 0) return leaves[index] as Uint8Array;
    return hash(1, node(level - 1, 2 * index), node(level - 1, 2 * index + 1));
  };
  return node(Math.log2(size), 0);
}

/** H(TENSOR, header, root) of a float32 or int32 tensor, from the page. */
function commitment(output: Tensor): Uint8Array {
  const { dtype, shape } = output;
  const canonical = encodeTensor(output);
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < canonical.length; at += 256) {
    const leaf = new Uint8Array(256);
    leaf.set(canonical.subarray(at, at + 256));
    leaves.push(hash(0, leaf));
  }
  const dims = [...shape, 0, 0, 0, 0, 0, 0, 0].slice(0, 7);
  const header = [
    dtype === 'float32' ? 1 : 6,
    shape.length,
    ...dims.flatMap((dim) => [dim >>> 24, dim >>> 16, dim >>> 8, dim].map((b) => b & 255)),
    0,
    0,
  ];
  return hash(2, Uint8Array.from(header), root(leaves));
}

describe('the trace of an execution', () => {
  const weights = tensor(
    'float32',
    [200, 3],
    Float32Array.from({ length: 600 }, (_, i) => Math.fround(Math.sin(i))),
  );
  const program = compile(
    buildModel({
      inputs: { x: ['float32', [2, 200]] },
      outputs: { y: ['float32', [2, 3]] },
      constants: { weights },
      nodes: [node('Tanh', ['x'], ['t']), node('MatMul', ['t', 'weights'], ['m']), node('Softmax', ['m'], ['y'])],
    }),
  );
  const x = tensor(
    'float32',
    [2, 200],
    Float32Array.from({ length: 400 }, (_, i) => Math.fround(Math.cos(i * i))),
  );
  const salt = {
    request: toBytes32(`0x${'ab'.repeat(32)}`),
    item: 3,
    challenger: toAddress(`0x${'cd'.repeat(20)}`),
  };

  it('should be the root over salted slots of what every operator puts out', () => {
    const outputs: Tensor[] = [];
    execute(program, [x], { observe: (_, output) => outputs.push(output) });
    expect(outputs).to.have.length(program.operators.length);
    const slots = outputs.map((output, k) =>
      hash(0x0e, fromHex(salt.request), word(3), word(BigInt(salt.challenger)), word(k), commitment(output)),
    );
    const { tensors } = traceOf(program, [x]);
    expect(tensors).to.deep.equal(outputs.map((output) => toHex(commitment(output))));
    expect(traceRoot(tensors, salt)).to.equal(toHex(root(slots)));
  });

  it('should differ for another request, item and challenger', () => {
    const { tensors } = traceOf(program, [x]);
    const roots = [
      salt,
      { ...salt, request: toBytes32(`0x${'ac'.repeat(32)}`) },
      { ...salt, item: 4 },
      { ...salt, challenger: toAddress(`0x${'ce'.repeat(20)}`) },
    ].map((other) => traceRoot(tensors, other));
    expect(new Set(roots).size).to.equal(4);
  });

  it('should keep no outputs of a run that stops early', () => {
    const seen: number[] = [];
    const { outputs } = execute(program, [x], { until: 1, observe: (index) => seen.push(index) });
    expect(seen).to.deep.equal([0, 1]);
    expect(outputs).to.deep.equal([]);
  });
});
