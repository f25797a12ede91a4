import { expect } from 'chai';
import type { Dtype } from '#core/commitment/dtype.ts';
import { buildModel, type GraphParts, node as op } from '#core/onnx/build.ts';
import type { Tensor } from '#core/tensor.ts';
import { tensorFrom } from '#core/tensor.ts';
import { type AskedOne, request, waitForResult } from '../../sdk/index.ts';
import { identity } from '../support/graphs.ts';
import { type E2e, e2e, serve, sumsAddUp, until } from './network.ts';

type Tensors = Readonly<Record<string, Tensor>>;

interface Case {
  readonly what: string;
  readonly graph: GraphParts;
  readonly input: Tensors;
  readonly output: Tensors;
}

/** The ends of each range, and what is easily mistaken for something else on the way: signs, bytes, order. */
const EXTREMES: Readonly<Record<Dtype, readonly (number | bigint | boolean)[]>> = {
  float32: [0, -0, 1.5, -3.402_823_466e38, 1e-45, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 16_777_216],
  int32: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 256, -256, 65_537],
  int64: [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 256n, -65_537n],
  uint8: [0, 1, 127, 128, 255, 2, 3, 4],
  int8: [0, 1, -1, 127, -128, 2, 3, 4],
  bool: [true, false, false, true, true, true, false, true],
};

const same = (dtype: Dtype): Case => {
  const x = tensorFrom(dtype, [2, 4], EXTREMES[dtype]);
  return { what: `${dtype}, to the ends of its range`, graph: identity(dtype, [2, 4]), input: { x }, output: { y: x } };
};

const CASES: readonly Case[] = [
  ...(['float32', 'int32', 'int64', 'uint8', 'int8', 'bool'] as const).map(same),
  {
    what: 'inputs and outputs of four dtypes and ranks, by name',
    graph: {
      inputs: { flags: ['bool', [3]], bytes: ['uint8', [2, 2]], counts: ['int64', []], scale: ['float32', [1]] },
      outputs: { not: ['bool', [3]], wide: ['int32', [2, 2]], twice: ['int64', []], halves: ['float32', [1]] },
      constants: { half: tensorFrom('float32', [1], [0.5]) },
      nodes: [
        op('Not', ['flags'], ['not']),
        op('Cast', ['bytes'], ['wide'], { to: 6 }),
        op('Add', ['counts', 'counts'], ['twice']),
        op('Mul', ['scale', 'half'], ['halves']),
      ],
    },
    input: {
      flags: tensorFrom('bool', [3], [true, false, true]),
      bytes: tensorFrom('uint8', [2, 2], [0, 1, 200, 255]),
      counts: tensorFrom('int64', [], [2n ** 40n]),
      scale: tensorFrom('float32', [1], [3]),
    },
    output: {
      not: tensorFrom('bool', [3], [false, true, false]),
      wide: tensorFrom('int32', [2, 2], [0, 1, 200, 255]),
      twice: tensorFrom('int64', [], [2n ** 41n]),
      halves: tensorFrom('float32', [1], [1.5]),
    },
  },
  {
    what: 'a list of more than one leaf: 1,000 int32',
    graph: {
      inputs: { x: ['int32', [10, 100]] },
      outputs: { y: ['int32', [100, 10]] },
      nodes: [op('Transpose', ['x'], ['y'], { perm: [1, 0] })],
    },
    input: {
      x: tensorFrom(
        'int32',
        [10, 100],
        Array.from({ length: 1_000 }, (_, i) => i),
      ),
    },
    output: {
      y: tensorFrom(
        'int32',
        [100, 10],
        Array.from({ length: 1_000 }, (_, i) => (i % 10) * 100 + Math.floor(i / 10)),
      ),
    },
  },
];

describe('every dtype, through storage, chain and node', function () {
  this.timeout(120_000);
  let net: E2e;
  const asked = new Map<Case, Promise<AskedOne>>();

  before(async () => {
    net = await e2e();
    let previous: Promise<unknown> = Promise.resolve();
    for (const one of CASES) {
      const asking = previous.then(() => ask(net, one));
      asking.catch(() => {});
      asked.set(one, asking);
      previous = asking;
    }
  });

  for (const one of CASES)
    it(one.what, async () => {
      const { id, block } = (await asked.get(one)) as AskedOne;
      const { items } = await waitForResult(net.net, { id, block }, { pollMs: 50 });
      expect(items).to.deep.equal([one.output]);
    });

  it('are all paid for, and the sums add up', async () => {
    const ids = (await Promise.all(asked.values())).map(({ id }) => id);
    expect((await until(net, 'Finalised', ids)).events).to.have.length(CASES.length);
    await sumsAddUp(net);
  });
});

async function ask(net: E2e, { graph, input }: Case): Promise<AskedOne> {
  const side = (tensors: GraphParts['inputs']) =>
    Object.entries(tensors).map(([name, [dtype, shape]]) => ({ name, dtype, shape }));
  const card = { inputs: side(graph.inputs), outputs: side(graph.outputs) };
  const { version } = await serve(net, buildModel(graph), card);
  return await request(net.accounts.requester, { version, node: net.accounts.node.address }, input);
}
