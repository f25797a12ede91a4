import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { isProtocolError } from '#core/errors.ts';
import type { Graph } from '#core/onnx/graph.ts';
import { readModel } from '#core/onnx/read.ts';
import { exampleModels } from '../../support/models.ts';
import { seeded } from '../../support/seeded.ts';
import { model } from './wire.ts';

const CODES = ['onnx.malformed', 'onnx.unsupported', 'onnx.too_large'];

/** The graph, or undefined when it was refused; anything else that is thrown fails the test. */
function attempt(bytes: Uint8Array, what: string): Graph | undefined {
  try {
    return readModel(bytes);
  } catch (error) {
    if (isProtocolError(error) && CODES.includes(error.code)) return undefined;
    throw new Error(`${what}: ${error}`, { cause: error });
  }
}

/** What the reader promises of any graph it gives. */
function expectSound({ inputs, outputs, constants, nodes }: Graph): void {
  const made = new Set(['', ...inputs.map(({ name }) => name), ...constants.keys()]);
  for (const node of nodes) {
    for (const input of node.inputs) expect(made.has(input)).to.equal(true);
    for (const output of node.outputs) made.add(output);
  }
  for (const { name } of outputs) expect(made.has(name)).to.equal(true);
  for (const { dims, tensor, wide } of constants.values()) {
    const data = tensor?.data ?? wide;
    if (data) expect(data.length).to.equal(dims.reduce((count, dim) => count * dim, 1));
  }
}

const small = exampleModels()
  .filter(({ name }) => name === 'mlp-int8' || name === 'breast-cancer-mlp')
  .map(({ name, file }) => ({ name, bytes: new Uint8Array(readFileSync(file)) }));

describe('damaged models', () => {
  for (const { name, bytes } of [...small, { name: 'a model of one node', bytes: model() }])
    it(`should be refused or read when ${name} is cut short at any byte`, () => {
      let read = 0;
      for (let length = 0; length < bytes.length; length++)
        if (attempt(bytes.slice(0, length), `${length} bytes`)) read++;
      // The graph is in one field: only cuts between the fields behind it leave a model.
      expect(read).to.be.at.most(4);
    });

  for (const [seed, { name, bytes }] of small.entries())
    it(`should be refused or read in 2,000 mutants of ${name}`, () => {
      const random = seeded(seed + 1).int;
      let refused = 0;
      for (let round = 0; round < 2000; round++) {
        const mutant = bytes.slice();
        for (let flips = 1 + random(3); flips > 0; flips--) {
          const at = random(mutant.length);
          mutant[at] = (mutant[at] as number) ^ (1 << random(8));
        }
        const graph = attempt(mutant, `mutant ${round}`);
        if (graph) expectSound(graph);
        else refused++;
      }
      // Most bytes are weights, where any value is legal.
      expect(refused).to.be.within(100, 1900);
    });

  it('should be refused or read when a byte of a small model takes any value', () => {
    const bytes = model();
    for (let at = 0; at < bytes.length; at++)
      for (let byte = 0; byte < 256; byte++) {
        const mutant = bytes.slice();
        mutant[at] = byte;
        const graph = attempt(mutant, `byte ${at} = ${byte}`);
        if (graph) expectSound(graph);
      }
  });

  it('should be refused when they are noise', () => {
    const random = seeded(7).int;
    for (let round = 0; round < 2000; round++) {
      const noise = Uint8Array.from({ length: random(200) }, () => random(256));
      expect(attempt(noise, `noise ${round}`)).to.equal(undefined);
    }
  });
});
