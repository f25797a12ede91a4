// One challenge whose trace is wrong in every operator, so that the gas of deciding any of them is that of a real `prove` transaction.
import { type Challenge, openDemands } from '#core/challenges/follow.ts';
import { demandsTo } from '#core/challenges/path.ts';
import { isAbove } from '#core/challenges/position.ts';
import { ReferenceTrace } from '#core/challenges/reference.ts';
import type { TensorData } from '#core/commitment/dtype.ts';
import { LEAF_ELEMENTS } from '#core/commitment/leaf.ts';
import { OpenTensor, tensorsOf } from '#core/semantics/opening.ts';
import type { Access, Operator, Program, Source } from '#core/semantics/program.ts';
import { type Tensor, tensor } from '#core/tensor.ts';
import { asArgument } from '../../../sdk/mutable.ts';
import { at, ethers, networkHelpers, time } from './chain.ts';
import { Dispute, type DisputeSystem, publishProgram, wireDemand } from './disputes.ts';
import { demandOf, positionsOf } from './positions.ts';
import { BITS } from './trials.ts';

/** An operator to decide, with what its operands read. */
export interface Specimen {
  readonly operator: Operator;
  /** By operand. Operands with one tensor have one source. */
  readonly tensors: readonly (Tensor | undefined)[];
  /** Where each distinct tensor stands. An input of a request has to be small. */
  readonly from: readonly Source['from'][];
  /** Elements that are claimed wrongly. */
  readonly elements: readonly number[];
  /** What is claimed instead of the right value; else another number. */
  readonly claim?: (right: TensorData, element: number) => number | bigint;
}

export interface Assembly {
  readonly program: Program;
  readonly inputs: readonly Tensor[];
  /** The operator of each specimen. */
  readonly places: readonly number[];
}

const whole = (source: Source, { dtype, data }: Tensor): Access => ({
  source,
  dtype,
  elements: data.length,
  base: 0,
  outer: [1],
  inner: [],
  guards: [],
});

const moveOf = (source: Source, from: Tensor): Operator => ({
  kind: 'Move',
  dtype: from.dtype,
  shape: [from.data.length],
  space: [from.data.length],
  inner: [],
  attribute: 0,
  operands: [whole(source, from)],
});

/** One program with all specimens, and `fillers` operators besides, so that its trees are as deep as wanted. */
export function assemble(specimens: readonly Specimen[], fillers = 0): Assembly {
  const first = tensor('float32', [1], Float32Array.of(1));
  const constants: Tensor[] = [first];
  const inputs: Tensor[] = [first];
  const operators: Operator[] = [];
  const places: number[] = [];
  for (let i = 0; i < fillers; i++) operators.push(moveOf({ from: 'constant', index: 0 }, first));
  for (const { operator, tensors, from } of specimens) {
    const distinct = [...new Set(tensors.filter((one) => one !== undefined))];
    const sources = distinct.map((one, i): Source => {
      if (from[i] === 'input') return { from: 'input', index: inputs.push(one) - 1 };
      const source = { from: 'constant', index: constants.push(one) - 1 } as const;
      if (from[i] === 'constant') return source;
      return { from: 'operator', index: operators.push(moveOf(source, one)) - 1 };
    });
    const operands = operator.operands.map(
      (access, i) => access && { ...access, source: sources[distinct.indexOf(tensors[i] as Tensor)] as Source },
    );
    places.push(operators.push({ ...operator, operands }) - 1);
  }
  const output = operators.push(moveOf({ from: 'constant', index: 0 }, first)) - 1;
  const program: Program = {
    inputs: inputs.map(({ dtype, shape }, i) => ({ name: `x${i}`, dtype, shape, rows: false })),
    constants,
    operators,
    outputs: [{ name: 'y', dtype: 'float32', shape: [1], operator: output, rows: false }],
  };
  return { program, inputs, places };
}

/** Keeps all tensors: each is opened often. */
class KeptTrace extends ReferenceTrace {
  #kept: Map<number, OpenTensor> | undefined;
  readonly #after: (k: number, data: TensorData) => TensorData;

  constructor(base: ReferenceTrace, after: (k: number, data: TensorData) => TensorData) {
    super(base.program, base.commitment, base.inputs, { after });
    this.#after = after;
  }

  override open(...wanted: number[]): OpenTensor[] {
    if (this.#kept === undefined) {
      const all = new Set(this.program.operators.keys());
      this.#kept = new Map();
      for (const [k, made] of tensorsOf(this.program, this.inputs, all, { after: this.#after }))
        this.#kept.set(k, new OpenTensor(made));
    }
    return wanted.map((k) => this.#kept?.get(k) as OpenTensor);
  }
}

function otherThan(data: TensorData, e: number): number | bigint {
  const right = data[e] as number | bigint;
  if (data instanceof BigInt64Array) return right === 1n ? 2n : 1n;
  return right === 1 ? 0 : 1;
}

export interface Proved {
  readonly gas: number;
  readonly calldata: Uint8Array;
}

export class WrongEverywhere {
  readonly #dispute: Dispute;
  readonly #challenge: Challenge;
  readonly #trace: ReferenceTrace;
  readonly #assembly: Assembly;

  private constructor(dispute: Dispute, challenge: Challenge, trace: ReferenceTrace, assembly: Assembly) {
    this.#dispute = dispute;
    this.#challenge = challenge;
    this.#trace = trace;
    this.#assembly = assembly;
  }

  static async of(s: DisputeSystem, specimens: readonly Specimen[], fillers = 0, lane = 0): Promise<WrongEverywhere> {
    const assembly = assemble(specimens, fillers);
    const { program, inputs, places } = assembly;
    const published = await publishProgram(s, Uint8Array.of(lane), BITS, program);
    const honest = new ReferenceTrace(program, published.commitment, inputs);
    const dispute = await Dispute.of(s, published, [inputs], [honest.outputs], lane);
    const lies = new Map(places.map((k, i) => [k, specimens[i] as Specimen]));
    const output = program.outputs[0]?.operator as number;
    const trace = new KeptTrace(honest, (k, data) => {
      const specimen = lies.get(k);
      if (specimen === undefined && k !== output) return data;
      const altered = data.slice();
      for (const e of specimen?.elements ?? [0])
        (altered as Float32Array)[e] = (specimen?.claim?.(data, e) ?? otherThan(data, e)) as number;
      return altered;
    });
    const challenge = await dispute.challenge(s.attacker, trace, 0, lane);
    return new WrongEverywhere(dispute, challenge, trace, assembly);
  }

  get program(): Program {
    return this.#assembly.program;
  }

  operatorOf(specimen: number): Operator {
    return this.program.operators[this.#placeOf(specimen)] as Operator;
  }

  get #now(): Challenge {
    return this.#dispute.now(this.#challenge);
  }

  #placeOf(specimen: number): number {
    return this.#assembly.places[specimen] as number;
  }

  /** Demands everything on the way to the element, each by another account, and has it answered. Says how much that was. */
  async demandAll(specimen: number, element: number): Promise<number> {
    const { s } = this.#dispute;
    const demanders = [s.node, s.rival, s.other, s.requester];
    const k = this.#placeOf(specimen);
    const salt = this.#dispute.salt(s.attacker);
    const leaf = Math.floor(element / LEAF_ELEMENTS);
    const positions = positionsOf(this.program).filter((one) => isAbove(one, k, leaf));
    for (const [i, position] of positions.entries()) {
      const by = demanders[i % demanders.length] as (typeof demanders)[number];
      await this.#dispute.demand(by, this.#challenge, demandOf(this.#trace, salt, position));
      const [open] = openDemands(this.#now);
      if (open) await this.#dispute.answer(s.attacker, this.#challenge, this.#trace, open.demand);
    }
    return positions.length;
  }

  /** What a `prove` of the element takes, sent by somebody who has no account in Escrow; then all is as before. */
  async prove(specimen: number, element: number): Promise<Proved> {
    const { s, published } = this.#dispute;
    const k = this.#placeOf(specimen);
    const proof = this.#dispute.proofFrom(this.#challenge, this.#trace, this.#trace, k, element);
    const call = await s.game.prove.populateTransaction(
      this.#dispute.claimOf(this.#challenge),
      published.meaning,
      asArgument(proof),
      demandsTo(this.#now, k, Math.floor(element / LEAF_ELEMENTS)).map(wireDemand),
    );
    const snapshot = await networkHelpers.takeSnapshot();
    try {
      // However long the others took.
      await at((await time.latest()) + 1);
      const sent = await s.keeper.sendTransaction({ ...call, gasLimit: 2n ** 24n });
      const receipt = await sent.wait();
      return { gas: Number(receipt?.gasUsed), calldata: ethers.getBytes(call.data) };
    } finally {
      await snapshot.restore();
    }
  }
}
