// The two verifiers of the game without the game: traces of programs that nobody has published, asked about directly.
import { ReferenceTrace } from '#core/challenges/reference.ts';
import { commitList } from '#core/commitment/list.ts';
import { rootOf } from '#core/commitment/opening.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import { treeRoot } from '#core/commitment/tree.ts';
import { type Bytes32, fromHex, toAddress, toHex, wordOf } from '#core/hex.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { commitProgram } from '#core/semantics/record.ts';
import type { TraceSalt } from '#core/semantics/trace.ts';
import type { Tensor } from '#core/tensor.ts';
import { ethers } from './chain.ts';

export const STEPS = {
  dot: 'DotStep',
  integerDot: 'IntegerDotStep',
  movement: 'MovementStep',
  selection: 'SelectionStep',
  arithmetic: 'ArithmeticStep',
  functions: 'FunctionStep',
  logic: 'LogicStep',
  conversion: 'ConversionStep',
} as const;

/** StepVerifier over step contracts of its own. */
export async function stepVerifier() {
  const steps: Record<string, string> = {};
  for (const [field, name] of Object.entries(STEPS))
    steps[field] = await (await ethers.deployContract(name)).getAddress();
  return { verifier: await ethers.deployContract('StepVerifier', [steps]), steps };
}

export const SALT: TraceSalt = { request: wordOf(7n), item: 0, challenger: toAddress(`0x${'c0'.repeat(20)}`) };

/** A true trace of a model, and what the game would say of it. */
export function traced(onnx: Uint8Array, inputs: readonly Tensor[]) {
  const program = compile(onnx);
  const commitment = commitProgram(program);
  const reference = new ReferenceTrace(program, commitment, inputs);
  const tensors = inputs.map(commitTensor);
  const trace = {
    root: toHex(rootOf(reference.slots(SALT))) as Bytes32,
    request: SALT.request,
    challenger: SALT.challenger as string,
    item: 0,
    items: 1,
    input: commitList(tensors),
    operators: program.operators.length,
    records: toHex(treeRoot(commitment.recordHashes.map(fromHex))) as Bytes32,
  };
  return { program, commitment, reference, trace, link: { tensors, path: [] } };
}
