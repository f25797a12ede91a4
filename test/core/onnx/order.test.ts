import { expect } from 'chai';
import type { Graph } from '#core/onnx/graph.ts';
import { readModel } from '#core/onnx/read.ts';
import { rejects } from '../../support/rejects.ts';
import { seeded } from '../../support/seeded.ts';
import { type Bytes, model, node } from './wire.ts';

const order = (nodes: readonly Bytes[]) => readModel(model({ nodes })).nodes.map(({ op }) => op);

/** Every operand of every node is made before it. */
function expectOrdered({ inputs, constants, nodes }: Graph): void {
  const made = new Set(['', ...inputs.map(({ name }) => name), ...constants.keys()]);
  for (const { op, inputs, outputs } of nodes) {
    for (const input of inputs) if (!made.has(input)) expect.fail(`${op} reads ${input} before it is made`);
    for (const output of outputs) made.add(output);
  }
}

describe('the order of nodes', () => {
  const A = node('A', ['x'], ['a']);
  const B = node('B', ['x'], ['b']);
  const C = node('C', ['a', 'b'], ['c']);
  const D = node('D', ['c', 'a'], ['d']);
  const E = node('E', ['d'], ['y']);

  it("should be the file's where every node follows what it reads", () => {
    expect(order([A, B, C, D, E])).to.deep.equal(['A', 'B', 'C', 'D', 'E']);
    expect(order([B, A, C, D, E])).to.deep.equal(['B', 'A', 'C', 'D', 'E']);
  });

  it("should move a node's operands before it, in the order it names them", () => {
    expect(order([E, D, C, B, A])).to.deep.equal(['A', 'B', 'C', 'D', 'E']);
    expect(order([C, E, B, D, A])).to.deep.equal(['A', 'B', 'C', 'D', 'E']);
    expect(order([B, E, D, A, C])).to.deep.equal(['B', 'A', 'C', 'D', 'E']);
  });

  it('should not stumble over an operand that is read twice, or left out', () => {
    expect(order([node('S', ['a', '', 'a'], ['y']), A])).to.deep.equal(['A', 'S']);
  });

  it('should be the same whenever the same file is read, and hold for any shuffling', () => {
    const random = seeded(1).int;
    for (let round = 0; round < 200; round++) {
      const count = 2 + random(30);
      const nodes = Array.from({ length: count }, (_, i) => {
        const inputs = Array.from({ length: 1 + random(3) }, () => (i === 0 ? 'x' : `v${random(i)}`));
        return node(`N${i}`, inputs, [i === count - 1 ? 'y' : `v${i}`]);
      });
      for (let i = count - 1; i > 0; i--) {
        const j = random(i + 1);
        [nodes[i], nodes[j]] = [nodes[j] as Bytes & number[], nodes[i] as Bytes & number[]];
      }
      const bytes = model({ nodes });
      const graph = readModel(bytes);
      expectOrdered(graph);
      expect(graph.nodes).to.have.length(count);
      expect(readModel(bytes)).to.deep.equal(graph);
    }
  });

  it('should be found for a chain of 50,000 nodes that is written backwards', () => {
    const length = 50_000;
    const nodes = Array.from({ length }, (_, i) =>
      node(`${i}`, [i === 0 ? 'x' : `v${i - 1}`], [i === length - 1 ? 'y' : `v${i}`]),
    );
    expect(order(nodes.reverse())).to.deep.equal(Array.from({ length }, (_, i) => `${i}`));
  });

  it('should not exist for a ring of 50,000 nodes', () => {
    const length = 50_000;
    const nodes = Array.from({ length }, (_, i) => node('R', [`v${i}`], [`v${(i + 1) % length}`]));
    const bytes = model({ nodes: [...nodes, node('R', ['v0'], ['y'])] });
    expect(rejects('onnx.malformed', () => readModel(bytes)).message).to.match(/depends on its own output/);
  });
});
