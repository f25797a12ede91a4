// A small program of Dots and a Relu, over tensors of 40 to 2,000 elements: some are revealed whole, some leaf by leaf.
import { buildModel, node } from '#core/onnx/build.ts';
import { type Tensor, tensor } from '#core/tensor.ts';
import { lyingTrace } from '../lies.ts';
import { loadFixture } from './chain.ts';
import { Dispute, type DisputeSystem, disputeSystem, type Published, publishProgram } from './disputes.ts';

const onnx = buildModel({
  inputs: { x: ['float32', [40, 12]] },
  outputs: { y: ['float32', [40, 3]] },
  nodes: [node('MatMul', ['x', 'w'], ['h']), node('Relu', ['h'], ['r']), node('MatMul', ['r', 'v'], ['y'])],
  constants: {
    w: tensor(
      'float32',
      [12, 50],
      Float32Array.from({ length: 600 }, (_, i) => ((i * 7) % 11) - 5),
    ),
    v: tensor(
      'float32',
      [50, 3],
      Float32Array.from({ length: 150 }, (_, i) => ((i * 5) % 7) - 3),
    ),
  },
});

export const x = tensor(
  'float32',
  [40, 12],
  Float32Array.from({ length: 480 }, (_, i) => ((i * 3) % 13) - 6),
);

export class SmallProgram {
  readonly s: DisputeSystem;
  readonly published: Published;
  readonly reference: readonly Tensor[];

  constructor(s: DisputeSystem, published: Published) {
    this.s = s;
    this.published = published;
    this.reference = new Dispute(s, published, undefined as never, [[x]], []).trace().outputs;
  }

  static async start(): Promise<SmallProgram> {
    const s = await loadFixture(disputeSystem);
    return new SmallProgram(s, await publishProgram(s, onnx, { atol: 0, rtol: 0 }));
  }

  /** One element of the output is another one. */
  get wrong(): Tensor[] {
    return this.reference.map((one) => ({
      ...one,
      data: (one.data as Float32Array).map((v, i) => (i === 7 ? v + 1 : v)),
    }));
  }

  right = (lane = 0): Promise<Dispute> => Dispute.of(this.s, this.published, [[x]], [this.reference], lane);
  wrongly = (lane = 0): Promise<Dispute> => Dispute.of(this.s, this.published, [[x]], [this.wrong], lane);

  lie = (k: number, e: number) => lyingTrace(this.published.program, this.published.commitment, [x], k, e);
}
