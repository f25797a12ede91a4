/** Where lies are dearest to refute: the deployed step contracts are asked about elements of every sort of operator of the true trace. */
import { KnownTree } from '#core/challenges/knownTree.ts';
import { padded } from '#core/challenges/openings.ts';
import { depthOf, leafCount, WHOLE_LEAVES } from '#core/challenges/position.ts';
import { ReferenceTrace } from '#core/challenges/reference.ts';
import { stepProof } from '#core/challenges/stepProof.ts';
import { DTYPES } from '#core/commitment/dtype.ts';
import { LEAF_ELEMENTS } from '#core/commitment/leaf.ts';
import { commitList } from '#core/commitment/list.ts';
import { rootOf, type Tree } from '#core/commitment/opening.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import type { Bytes32 } from '#core/hex.ts';
import { toHex } from '#core/hex.ts';
import type { OpenTensor } from '#core/semantics/opening.ts';
import type { Operator } from '#core/semantics/program.ts';
import { stepCost } from '#core/semantics/stepGas.ts';
import { elementCount } from '#core/tensor.ts';
import { asArgument } from '../../../sdk/mutable.ts';
import type { Publication } from './contest.ts';
import type { DisputeSystem } from './system.ts';

export interface Step {
  readonly operator: number;
  readonly element: number;
  /** Of a transaction that does nothing but decide it. */
  readonly gas: number;
  /** What the program's root says that it costs at most. */
  readonly bound: number;
  /** Demands that lead from the operator's slot to the element. */
  readonly demands: number;
}

/** Elements that are looked at, per sort of operator: both ends, and others evenly in between. */
const LOOKED_AT = 48;
/** Those among them with the dearest calldata, which the contracts are asked about. */
const ASKED = 3;
/** Below the most that Ethereum lets a transaction have (EIP-7825). */
const GAS_LIMIT = 16_000_000;
const REQUEST = `0x${'5a'.repeat(32)}` as Bytes32;

/** The dearest element found of every sort of operator. */
export async function dearestSteps(s: DisputeSystem, publication: Publication): Promise<Step[]> {
  const { program, commitment, item, meaning, compiled } = publication;
  const trace = new ReferenceTrace(program, commitment, item, { tools: compiled.tools });
  const salt = { request: REQUEST, item: 0, challenger: s.parties.challenger.address };
  const slotTree = trace.slots(salt);
  const slots = wholly(program.operators.length, slotTree);
  const tensors = item.map(commitTensor);
  const roots = {
    ...salt,
    root: toHex(rootOf(slotTree)) as Bytes32,
    items: 1,
    input: commitList(tensors),
    operators: meaning.program.operators,
    records: meaning.program.records,
  };
  const found: Step[] = [];
  for (const k of sortsOf(program.operators)) {
    const operator = program.operators[k] as Operator;
    const candidates = spread(elementCount(operator.space)).map((element) => {
      const [open] = trace.open(k) as [OpenTensor];
      const proof = stepProof(trace, k, element, claimedOf(open), slots, { tensors, path: [] });
      const data = s.steps.interface.encodeFunctionData('isInconsistent', [roots, asArgument(proof)]);
      return { element, data, price: calldataPrice(data) };
    });
    const steps: Step[] = [];
    for (const { element, data } of candidates.sort((a, b) => b.price - a.price).slice(0, ASKED)) {
      const gas = await gasOf(s, data);
      steps.push({ operator: k, element, gas, bound: stepCost(operator, program).gas, demands: demandsOf(operator) });
    }
    found.push(dearest(steps));
  }
  return found;
}

/** Of the question as a transaction; an estimate would run it a dozen times. */
async function gasOf({ steps, parties }: DisputeSystem, data: string): Promise<number> {
  const { signer } = parties.helper;
  const sent = await signer.sendTransaction({ to: steps.target, data, gasLimit: GAS_LIMIT });
  return Number((await sent.wait())?.gasUsed);
}

export const dearest = (steps: readonly Step[]): Step =>
  steps.reduce((most, step) => (step.gas > most.gas ? step : most));

/** The first operator of each record that differs in more than what it reads from. */
function sortsOf(operators: readonly Operator[]): number[] {
  const found = new Map<string, number>();
  for (const [k, operator] of operators.entries()) {
    const operands = operator.operands.map((access) => access && { ...access, source: access.source.from });
    const sort = JSON.stringify({ ...operator, operands });
    if (!found.has(sort)) found.set(sort, k);
  }
  return [...found.values()];
}

/** Of 0 to count - 1. */
function spread(count: number): number[] {
  const at = (i: number) => Math.round(((count - 1) * i) / (LOOKED_AT - 1));
  return [...new Set(Array.from({ length: LOOKED_AT }, (_, i) => at(i)))];
}

/** In units of a zero byte: four times as much for any other. */
function calldataPrice(data: string): number {
  const bytes = Buffer.from(data.slice(2), 'hex');
  return bytes.reduce((sum, byte) => sum + (byte === 0 ? 1 : 4), 0);
}

/** Below the operator's slot (docs/spec/challenge-game.md, section 5): one for a small tensor, else one per six levels and one for the leaf. */
function demandsOf({ shape }: Operator): number {
  const leaves = leafCount(shape);
  return leaves <= WHOLE_LEAVES ? 1 : 1 + Math.ceil(depthOf(leaves) / 6);
}

/** One's own output, as if another party had revealed all of it. */
function claimedOf(open: OpenTensor) {
  const { dtype, shape } = open.tensor;
  const size = LEAF_ELEMENTS * DTYPES[dtype].bytes;
  return {
    tree: wholly(leafCount(shape), open.tree),
    leaf: (index: number) => padded(open.leaves(index).bytes, size),
  };
}

function wholly(leaves: number, own: Tree): KnownTree {
  const tree = new KnownTree(leaves, own);
  tree.agreeUpTo(leaves);
  return tree;
}
