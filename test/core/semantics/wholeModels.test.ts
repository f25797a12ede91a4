/** Every model under models/: the reference against outputs that another implementation computed, ONNX Runtime against the reference. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { compile } from '#core/semantics/compile/compile.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import { executeNamed } from '#core/semantics/execute/named.ts';
import { type Tensor, tensorFrom } from '#core/tensor.ts';
import { compareTensors } from '#core/tolerance.ts';
import { type ExampleModel, exampleModel, exampleModels } from '../../support/models.ts';
import { type OrtOptions, runOrt } from '../../support/semantics.ts';

/** The ways that nodes may run the library; "all" with one thread is the one that cards state errors for. */
const WAYS: readonly OrtOptions[] = [
  { optimisation: 'all', threads: 1 },
  { optimisation: 'all', threads: 2 },
  { optimisation: 'disabled', threads: 1 },
];

function expectWithin(model: ExampleModel, got: Readonly<Record<string, Tensor>>, want: typeof got, what: string) {
  expect(Object.keys(got).sort(), what).to.deep.equal(Object.keys(want).sort());
  for (const [name, wanted] of Object.entries(want)) {
    const { within, worstAbs, worstIndex } = compareTensors(got[name] as Tensor, wanted, model.tolerance(name), name);
    expect(within, `${what}, ${name}: ${worstAbs} off at ${worstIndex}`).to.equal(true);
  }
}

describe('the reference semantics of the example models', () => {
  for (const model of exampleModels())
    it(`${model.name}: reference, recorded outputs and ONNX Runtime are within the card's tolerance of each other`, async () => {
      const onnx = readFileSync(model.file);
      const program = compile(onnx);
      expect(model.vectors).to.have.length(model.card.vectors.count);
      for (const [i, { id, inputs, outputs }] of model.vectors.entries()) {
        const reference = executeNamed(program, inputs);
        expectWithin(model, reference, outputs, `vector ${id}`);
        // The other ways differ in the last bits only: a few vectors show that.
        for (const way of i < 4 ? WAYS : WAYS.slice(0, 1))
          expectWithin(model, await runOrt(onnx, inputs, way), reference, `vector ${id}, ${JSON.stringify(way)}`);
      }
    });

  it('char-lm: the greedy texts are those that PyTorch wrote', () => {
    const { file } = exampleModel('char-lm');
    const { context, generations }: Greedy = JSON.parse(readFileSync(new URL('greedy.json', file), 'utf8'));
    const program = compile(readFileSync(file));
    expect(generations).to.have.length(3);
    for (const { prompt, prompt_bytes, generated_bytes } of generations) {
      const bytes = [...prompt_bytes];
      expect(generated_bytes).to.have.length(64);
      for (const expected of generated_bytes) {
        const window = bytes.slice(-context);
        const tokens = [...window, ...new Array<number>(context - window.length).fill(0)];
        const logits = execute(program, [tensorFrom('int64', [1, context], tokens)]).outputs[0] as Tensor;
        const width = logits.shape[2] as number;
        const last = (logits.data as Float32Array).subarray((window.length - 1) * width, window.length * width);
        const best = last.indexOf(Math.max(...last));
        expect(best, `after ${bytes.length - prompt_bytes.length} bytes of "${prompt}"`).to.equal(expected);
        bytes.push(best);
      }
    }
  });
});

interface Greedy {
  readonly context: number;
  readonly generations: readonly {
    readonly prompt: string;
    readonly prompt_bytes: readonly number[];
    readonly generated_bytes: readonly number[];
  }[];
}
