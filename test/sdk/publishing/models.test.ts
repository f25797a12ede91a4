import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { itemFrom, splitRows } from '#core/protocol/rows.ts';
import { parseSchema } from '#core/protocol/schema.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import { acceptable } from '#core/semantics/tolerance/accept.ts';
import type { Tensor } from '#core/tensor.ts';
import { assess } from '../../../sdk/publishing/assess.ts';
import { runAllWays } from '../../../sdk/publishing/runtimes.ts';
import { exampleModels } from '../../support/models.ts';

/** A float scale decides which integer a value becomes. */
const QUANTISED = ['digits-conv-int8', 'mlp-int8'];
/** The output is a sigmoid, which is at its ends for most vectors. */
const SATURATED = 'breast-cancer-mlp';

describe('the tolerance of every model', function () {
  this.timeout(120_000);
  for (const { name, file, card, vectors } of exampleModels()) {
    const exact = QUANTISED.includes(name);
    it(`${name}: ${exact ? 'none, exact mode' : 'holds for vectors it was not fitted to, and excludes cheats'}`, async () => {
      const onnx = readFileSync(file);
      const schema = parseSchema(card);
      const inputs = vectors.map((vector) => vector.inputs);
      const found = await assess(onnx, card, { samples: inputs.filter((_, i) => i % 2 === 0) });
      expect(found.tolerance === undefined, found.refusals.join()).to.equal(exact);
      expect(found.rejected).to.equal(0);
      const { tolerance } = found;
      if (tolerance === undefined) return;

      const program = compile(onnx);
      const others = inputs
        .filter((_, i) => i % 2 === 1)
        .map((sample) => itemFrom(schema.inputs, sample))
        .flatMap((tensors) => (schema.rows ? splitRows(schema.inputs, tensors) : [tensors]));
      const references = others.map((item) => execute(program, item).outputs);
      for (const [way, results] of await runAllWays(onnx, found.sha256, program, schema, others))
        references.forEach((reference, i) => {
          expect(acceptable(results[i] as readonly Tensor[], reference, tolerance), `${way}, item ${i}`).to.equal(true);
        });
      if (name === SATURATED) expect(found.advice.join()).to.contain('before the sigmoid');
      else for (const cheat of found.cheats) expect(cheat.caught, cheat.name).to.be.at.least(0.8);
    });
  }
});

describe('the ways to run a model', () => {
  const waysOf = async (wanted: string, isNarrow: boolean) => {
    const model = exampleModels().find(({ name }) => name === wanted);
    if (model === undefined) throw new Error(`there is no model ${wanted}`);
    const onnx = readFileSync(model.file);
    const results = await runAllWays(onnx, '', compile(onnx), parseSchema(model.card), [], isNarrow);
    return [...results.keys()];
  };

  it('should be without the unoptimised one for sums of bytes, on a processor that may stop them at 2^15', async () => {
    for (const name of QUANTISED) {
      expect(await waysOf(name, false), name).to.include('unoptimised');
      expect(await waysOf(name, true), name)
        .to.include('1 thread')
        .and.not.include('unoptimised');
    }
    expect(await waysOf(SATURATED, true)).to.include('unoptimised');
  });
});
