import { expect } from 'chai';
import { DTYPES } from '#core/commitment/dtype.ts';
import { decodeTensor } from '#core/commitment/elements.ts';
import { byteLength, decodeHeader } from '#core/commitment/header.ts';
import { leafHashes } from '#core/commitment/leaf.ts';
import { rootFromPath } from '#core/commitment/opening.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import { isProtocolError } from '#core/errors.ts';
import { taggedHash } from '#core/hash.ts';
import { type Bytes32, fromHex, toHex } from '#core/hex.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import { type LeafOpening, openOperator, openRecord, openStep } from '#core/semantics/opening.ts';
import { commitProgram } from '#core/semantics/record.ts';
import { elementCount, type Tensor, tensor } from '#core/tensor.ts';
import { seeded } from '../../support/seeded.ts';

/** The commitment that an opened run of leaves leads to. */
function commitmentOf({ header, firstLeaf, bytes, path }: LeafOpening): Bytes32 | undefined {
  const type = decodeHeader(header);
  const count = Math.ceil(elementCount(type.shape) / 64);
  const leaves = leafHashes(bytes, DTYPES[type.dtype].bytes);
  const hashes = Array.from({ length: leaves.length / 32 }, (_, i) => leaves.slice(32 * i, 32 * i + 32));
  const root = rootFromPath(hashes, firstLeaf, count, path.map(fromHex));
  return root && taggedHash(0x02, [header, toHex(root) as Bytes32]);
}

describe('openings of an execution', () => {
  const { normal, int } = seeded(61);
  const weights = (shape: readonly number[]) =>
    tensor('float32', shape, Float32Array.from({ length: elementCount(shape) }, normal));
  const program = compile(
    buildModel({
      inputs: { x: ['float32', [1, 3, 9, 9]] },
      outputs: { y: ['float32', [1, 5]] },
      constants: { w: weights([8, 3, 3, 3]), b: weights([8]), head: weights([8, 5]) },
      nodes: [
        node('Conv', ['x', 'w', 'b'], ['c'], { pads: [1, 1, 1, 1] }),
        node('Relu', ['c'], ['r']),
        node('MaxPool', ['r'], ['p'], { kernel_shape: [2, 2], strides: [2, 2] }),
        node('GlobalAveragePool', ['p'], ['g']),
        node('Flatten', ['g'], ['f']),
        node('MatMul', ['f', 'head'], ['m']),
        node('Softmax', ['m'], ['y']),
      ],
    }),
  );
  const inputs = [weights([1, 3, 9, 9])];
  const commitment = commitProgram(program);
  const outputs: Tensor[] = [];
  execute(program, inputs, { observe: (_, output) => outputs.push(output) });

  it('every leaf of every operator should lead to its commitment and hold its elements', () => {
    program.operators.forEach((_, k) => {
      const open = openOperator(program, inputs, k);
      expect(open.tensor).to.deep.equal(outputs[k]);
      const count = Math.ceil(open.tensor.data.length / 64);
      for (let first = 0; first < count; first++) {
        const opening = open.leaves(first, Math.min(count - 1, first + int(3)));
        expect(commitmentOf(opening)).to.equal(commitTensor(open.tensor));
        const { dtype } = open.tensor;
        const held = opening.bytes.length / DTYPES[dtype].bytes;
        const type = { dtype, shape: [held] };
        expect(byteLength(type)).to.equal(opening.bytes.length);
        expect(decodeTensor(type, opening.bytes).data).to.deep.equal(
          open.tensor.data.slice(64 * first, 64 * first + held),
        );
      }
    });
  });

  it('a step should show the operands it read, the record they follow from, and the element they give', () => {
    program.operators.forEach((operator, k) => {
      const { data, dtype } = outputs[k] as Tensor;
      for (let round = 0; round < 6; round++) {
        const e = round === 0 ? data.length - 1 : int(data.length);
        const step = openStep(program, inputs, commitment, k, e);
        const stored = data.slice(0, 1);
        stored[0] = step.value as never;
        expect(stored[0], `${operator.kind} ${k}, element ${e}`).to.equal(data[e]);
        expect(commitmentOf(step.result)).to.equal(commitTensor(outputs[k] as Tensor));
        for (const { source, leaves } of step.operands) {
          const { from, index } = source;
          const whole =
            from === 'operator' ? outputs[index] : from === 'input' ? inputs[index] : program.constants[index];
          for (const run of leaves)
            expect(commitmentOf(run), `${from} ${index}`).to.equal(commitTensor(whole as Tensor));
        }
        const hash = taggedHash(0x0b, step.record);
        expect(hash).to.equal(commitment.recordHashes[k]);
        const records = commitment.recordHashes.length;
        const root = rootFromPath([fromHex(hash)], k, records, step.recordPath.map(fromHex));
        expect(root).to.not.equal(undefined);
        expect(openRecord(program, commitment, k).recordPath).to.deep.equal(step.recordPath);
      }
      expect(dtype).to.equal(operator.dtype);
    });
  });

  it('a convolution in the corner should open no more than the taps that are there', () => {
    const conv = program.operators.findIndex(({ kind, inner }) => kind === 'Dot' && inner.length > 1);
    const step = openStep(program, inputs, commitment, conv, 0);
    const image = step.operands.find(({ source }) => source.from !== 'constant');
    // Two rows of two pixels of three channels: elements 0 to 5 and 27 to 32, all in the first leaf.
    expect(image?.leaves.map(({ firstLeaf, bytes }) => [firstLeaf, bytes.length])).to.deep.equal([[0, 256]]);
  });

  it('should refuse operators and elements that are not there', () => {
    const wrong = (error: unknown) => isProtocolError(error, 'execute.opening');
    expect(() => openOperator(program, inputs, program.operators.length))
      .to.throw()
      .that.satisfies(wrong);
    expect(() => openStep(program, inputs, commitment, 0, 1e9))
      .to.throw()
      .that.satisfies(wrong);
  });
});
