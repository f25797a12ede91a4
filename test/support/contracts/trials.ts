// A published program with its inputs and reference outputs: what every story of a dispute begins with.

import type { Standard } from '#core/challenges/evidence.ts';
import type { Challenge } from '#core/challenges/follow.ts';
import { ReferenceTrace } from '#core/challenges/reference.ts';
import type { TensorData } from '#core/commitment/dtype.ts';
import type { Tensor } from '#core/tensor.ts';
import { loadFixture } from './chain.ts';
import { Dispute, type DisputeSystem, disputeSystem, PARAMETERS, type Published, publishProgram } from './disputes.ts';
import { checkMoney } from './money.ts';
import { FEE } from './system.ts';

export const SLICE = PARAMETERS.sliceFloor;
/** Of the slice: the requester's part, which the fee caps, and the challenger's. */
export const PSI = FEE < SLICE / 10n ? FEE : SLICE / 10n;
export const RHO = (SLICE * 4n) / 10n;
export const { windowSeconds: W, responseSeconds: R } = PARAMETERS;

/** Unix second from which on the pot can be claimed; windows are W because the programs cost nothing. */
export const hardEnd = ({ postedAt }: Challenge): number => postedAt + W + 17 * R + 1;

/** Every element counts to the last bit, and what is wrong is shown by an element. */
export const BITS: Standard = { atol: 0, rtol: 0 };

export class Trial {
  readonly s: DisputeSystem;
  readonly published: Published;
  /** Of every item. */
  readonly inputs: readonly (readonly Tensor[])[];
  /** Of every item. */
  readonly reference: readonly (readonly Tensor[])[];

  private constructor(s: DisputeSystem, published: Published, inputs: readonly (readonly Tensor[])[]) {
    this.s = s;
    this.published = published;
    this.inputs = inputs;
    this.reference = inputs.map((_, item) => this.trace(item).outputs);
  }

  static async of(
    s: DisputeSystem,
    onnx: Uint8Array,
    inputs: readonly (readonly Tensor[])[],
    standard: Standard = BITS,
  ): Promise<Trial> {
    return new Trial(s, await publishProgram(s, onnx, standard), inputs);
  }

  /** The reference trace of an item, or what `after` makes of it. */
  trace(item = 0, after?: (k: number, data: TensorData) => TensorData): ReferenceTrace {
    const { program, commitment } = this.published;
    return new ReferenceTrace(program, commitment, this.inputs[item] as readonly Tensor[], after ? { after } : {});
  }

  /** A trace of the first item that is wrong from the second operator on. */
  lie(): ReferenceTrace {
    return this.trace(0, (k, data) => (k === 1 ? alteredData(data, 2) : data));
  }

  /** A request that the node has answered rightly. */
  rightly(lane = 0): Promise<Dispute> {
    return Dispute.of(this.s, this.published, this.inputs, this.reference, lane);
  }

  /** A request that the node has answered wrongly in one element. */
  wrongly(output = 0, element = 0, item = 0, lane = 0): Promise<Dispute> {
    const submitted = this.reference.map((tensors, i) =>
      tensors.map((tensor, o) => (i === item && o === output ? altered(tensor, element) : tensor)),
    );
    return Dispute.of(this.s, this.published, this.inputs, submitted, lane);
  }
}

/** The tensor with another value in one element: canonical, of the same dtype. */
export const altered = (tensor: Tensor, element: number, by = 1): Tensor => ({
  ...tensor,
  data: alteredData(tensor.data, element, by),
});

export function alteredData(data: TensorData, element: number, by = 1): TensorData {
  const copy = data.slice();
  if (copy instanceof BigInt64Array) copy[element] = (copy[element] as bigint) + BigInt(by);
  else copy[element] = (copy[element] as number) + by;
  return copy;
}

/** Gives each test of the calling suite a system and a trial of its own; after it, the money is counted. */
export function eachTrial(onnx: Uint8Array, inputs: readonly (readonly Tensor[])[], use: (trial: Trial) => void): void {
  let s: DisputeSystem;
  beforeEach(async () => {
    s = await loadFixture(disputeSystem);
    use(await Trial.of(s, onnx, inputs));
  });
  afterEach(() => checkMoney(s));
}
