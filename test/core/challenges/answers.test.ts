import { expect } from 'chai';
import { answersTo, answerTo } from '#core/challenges/answer.ts';
import type { OutputDemand } from '#core/challenges/events.ts';
import { OpenOutputs } from '#core/challenges/openOutput.ts';
import { leafAt, listAt, operatorAt, type Position } from '#core/challenges/position.ts';
import { ReferenceTrace } from '#core/challenges/reference.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import { toAddress, wordOf } from '#core/hex.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { commitProgram } from '#core/semantics/record.ts';
import { type Tensor, tensor } from '#core/tensor.ts';

/** More operators than a trace keeps open. */
const OPERATORS = 40;
const program = compile(
  buildModel({
    inputs: { x0: ['float32', [2]] },
    outputs: { [`x${OPERATORS}`]: ['float32', [2]] },
    nodes: Array.from({ length: OPERATORS }, (_, k) => node(k % 2 ? 'Exp' : 'Neg', [`x${k}`], [`x${k + 1}`])),
  }),
);
const salt = { request: wordOf(1n), item: 0, challenger: toAddress(`0x${'c0'.repeat(20)}`) };

/** A trace that counts how often its program was run. */
function counted(): { readonly trace: ReferenceTrace; readonly runs: () => number } {
  let runs = 0;
  const after = (k: number, output: Tensor['data']) => {
    if (k === 0) runs++;
    return output;
  };
  const inputs = [tensor('float32', [2], Float32Array.of(1, 2))];
  const trace = new ReferenceTrace(program, commitProgram(program), inputs, { after });
  return { trace, runs: () => runs };
}

describe('answers to many demands', () => {
  const operators = Array.from({ length: program.operators.length }, (_, k) => operatorAt(k));

  it('cost one run together, in whatever order they are asked for', () => {
    const { trace, runs } = counted();
    const before = runs();
    answersTo(trace, salt, [...operators].reverse());
    expect(runs() - before).to.equal(1);
  });

  it('are those to each', () => {
    const positions: Position[] = [listAt(6, 0), ...operators, leafAt(3, 0), ...operators.slice(0, 2), leafAt(3, 0)];
    const each = positions.map((position) => answerTo(counted().trace, salt, position));
    const { trace } = counted();
    expect(answersTo(trace, salt, positions)).to.deep.equal(each);
    expect(answersTo(trace, salt, positions), 'again, from what was kept').to.deep.equal(each);
  });
});

describe('demands for outputs', () => {
  const float = (length: number, first: number) =>
    tensor(
      'float32',
      [length],
      Float32Array.from({ length }, (_, i) => first + i),
    );
  const outputs = [0, 1, 2].map((item) => [float(200, item), float(3, 10 * item)]);
  const at = (item: number, output: number, leaf: number): OutputDemand['position'] => ({ item, output, leaf });

  it('are answered in their order, each with its own leaf and item', () => {
    const positions = [at(2, 0, 3), at(0, 1, 0), at(2, 0, 0), at(1, 0, 1)];
    const proofs = new OpenOutputs(outputs).open(positions);
    const alone = positions.map((position) => new OpenOutputs(outputs).open([position])[0]);
    expect(proofs).to.deep.equal(alone);
    for (const [i, { item }] of positions.entries())
      expect(proofs[i]?.submitted).to.deep.equal(outputs[item]?.map(commitTensor));
    expect(new Set(proofs.map(({ leaf }) => leaf.data)).size).to.equal(positions.length);
  });
});
