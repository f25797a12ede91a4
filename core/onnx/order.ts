/** Who makes which value, and an order in which everything is made before it is read. */
import type { Graph, GraphNode } from './graph.ts';
import { malformed, quote } from './refusals.ts';

/** How errors speak of a node. */
export function nodeTitle(op: string, name: string, index: number): string {
  const operator = op.length > 80 ? quote(op) : op;
  return name === '' ? `node ${index} (${operator})` : `node ${quote(name)} (${operator})`;
}

type Unordered = Omit<Graph, 'opset' | 'irVersion'>;

/**
 * Every name is made exactly once (static single assignment), every value that is read or returned is made, and no node waits for
 * itself. Returns the nodes in the file's order, except that a node whose operands come later follows them. Linear, not recursive.
 */
export function orderedNodes({ inputs, outputs, constants, nodes }: Unordered): GraphNode[] {
  const maker = makers(nodes, new Set([...inputs.map(({ name }) => name), ...constants.keys()]));
  const requireMade = (name: string, reader: () => string) => {
    if (!maker.has(name)) throw malformed(`${reader()} reads ${quote(name)}, which nothing makes`);
  };
  nodes.forEach(({ op, name, inputs }, index) => {
    for (const input of inputs) if (input !== '') requireMade(input, () => nodeTitle(op, name, index));
  });
  for (const { name } of outputs) requireMade(name, () => 'the list of outputs');
  return sorted(nodes, maker);
}

/** -1: an input or a constant. */
const GIVEN = -1;

function makers(nodes: readonly GraphNode[], given: ReadonlySet<string>): Map<string, number> {
  const maker = new Map<string, number>();
  for (const name of given) maker.set(name, GIVEN);
  nodes.forEach(({ op, name, outputs }, index) => {
    for (const output of outputs) {
      if (output === '') continue;
      if (maker.has(output))
        throw malformed(`${nodeTitle(op, name, index)} makes ${quote(output)}, which is made already`);
      maker.set(output, index);
    }
  });
  return maker;
}

/** Depth first from each node in the file's order, with a stack of our own: chains are as long as the file likes. */
function sorted(nodes: readonly GraphNode[], maker: ReadonlyMap<string, number>): GraphNode[] {
  const order: GraphNode[] = [];
  /** Operands of each node that have been followed; -1: not begun, Infinity: placed. */
  const followed = new Float64Array(nodes.length).fill(-1);
  const waiting: number[] = [];
  for (let start = 0; start < nodes.length; start++) {
    if (followed[start] === -1) waiting.push(start);
    while (waiting.length > 0) {
      const index = waiting.at(-1) as number;
      const node = nodes[index] as GraphNode;
      const next = Math.max(0, followed[index] as number);
      followed[index] = next + 1;
      const input = node.inputs[next];
      if (input === undefined) {
        followed[index] = Number.POSITIVE_INFINITY;
        order.push(node);
        waiting.pop();
        continue;
      }
      const from = maker.get(input) ?? GIVEN;
      if (from === GIVEN || followed[from] === Number.POSITIVE_INFINITY) continue;
      if (followed[from] !== -1) throw malformed(`${nodeTitle(node.op, node.name, index)} depends on its own output`);
      waiting.push(from);
    }
  }
  return order;
}
