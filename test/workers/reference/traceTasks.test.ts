import { expect } from 'chai';
import { encodeItems } from '#core/commitment/canonical.ts';
import { toAddress, toHex, wordOf } from '#core/hex.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { dotTools } from '#core/semantics/execute/dot.ts';
import { type Tensor, tensor } from '#core/tensor.ts';
import type { Accusation, TracedRequest } from '#ports/traces.ts';
import { TraceTasks } from '../../../workers/adapters/reference/traceTasks.ts';

/** More than traces are kept of. */
const ITEMS = 12;
const program = compile(
  buildModel({
    inputs: { x: ['float32', [3]] },
    outputs: { y: ['float32', [3]] },
    nodes: [node('Neg', ['x'], ['y'])],
  }),
);
const compiled = { program, tools: dotTools(), bytes: 0 };
const side = (name: string) => [{ name, dtype: 'float32', shape: [3] }] as const;
const inputs = Array.from({ length: ITEMS }, (_, n) => [tensor('float32', [3], Float32Array.of(n, n + 1, n + 2))]);
const traced: TracedRequest = {
  model: { sha256: '', path: '', size: 0 },
  schema: { inputs: side('x'), outputs: side('y') },
  request: wordOf(1n),
  input: toHex(encodeItems(side('x'), inputs)),
  items: ITEMS,
};
const challenger = toAddress(`0x${'c0'.repeat(20)}`);

describe('what the reference’s thread computes for disputes', () => {
  let runs: number;
  let tasks: TraceTasks;
  beforeEach(() => {
    runs = 0;
    const after = (_: number, output: Tensor['data']) => {
      runs++;
      return output;
    };
    tasks = new TraceTasks({ after });
  });

  it('says with an accusation what one run took, which is not asked again', () => {
    const output = toHex(encodeItems(side('y'), inputs));
    const accuse = () =>
      tasks.perform(compiled, { kind: 'accuse', traced, output, standard: 'exact', challenger }) as Accusation;
    const { runSeconds } = accuse();
    expect(runSeconds).to.be.greaterThan(0).and.lessThan(60);
    expect(accuse().runSeconds, 'of the trace that was kept').to.equal(runSeconds);
  });

  it('computes a result once that is demanded piece by piece, though it keeps fewer traces than that has items', () => {
    const demanded = (item: number) =>
      tasks.perform(compiled, {
        kind: 'openOutput',
        traced,
        positions: [{ item, output: 0, leaf: 0 }],
        output: undefined,
      });
    for (let item = 0; item < ITEMS; item++) expect(demanded(item)).to.have.length(1);
    expect(runs).to.equal(ITEMS);
  });
});
