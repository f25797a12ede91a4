/**
 * The trace of one execution: the commitments of all operators' outputs, salted for one challenge (challenge game, section 2). Nothing is
 * kept but 32 bytes per operator; tensors are computed again when a piece of one is to be opened.
 */
import { commitTensor } from '../commitment/tensor.ts';
import { treeRoot } from '../commitment/tree.ts';
import { taggedHash } from '../hash.ts';
import type { Address, Bytes32 } from '../hex.ts';
import { fromHex, toHex, wordOf, wordOfAddress } from '../hex.ts';
import { Tags } from '../protocol/tags.ts';
import type { Tensor } from '../tensor.ts';
import { type ExecuteOptions, type Execution, execute } from './execute/execute.ts';
import type { Program } from './program.ts';

/** Whose trace it is: copied slots belong to nobody else. */
export interface TraceSalt {
  readonly request: Bytes32;
  /** Of a bundle, or the row of a free leading dimension; else 0. */
  readonly item: number;
  readonly challenger: Address;
}

export interface Traced extends Execution {
  /** H(TENSOR, header, root) of every operator's output, in order. */
  readonly tensors: readonly Bytes32[];
}

/** Executes and commits to every operator's output as it is made. */
export function traceOf(program: Program, inputs: readonly Tensor[], options: ExecuteOptions = {}): Traced {
  const tensors: Bytes32[] = [];
  const execution = execute(program, inputs, {
    ...options,
    observe(index, output) {
      tensors.push(commitTensor(output));
      options.observe?.(index, output);
    },
  });
  return { ...execution, tensors };
}

/** s_k = H(SLOT, request, item, challenger, k, tensor commitment of operator k). */
export function traceSlots(tensors: readonly Bytes32[], { request, item, challenger }: TraceSalt): Bytes32[] {
  const salt = [request, wordOf(BigInt(item)), wordOfAddress(challenger)];
  return tensors.map((tensor, k) => taggedHash(Tags.SLOT, [...salt, wordOf(BigInt(k)), tensor]));
}

/** T: the root of the slots, padded to a power of two with canonical empties. */
export function traceRoot(tensors: readonly Bytes32[], salt: TraceSalt): Bytes32 {
  return toHex(treeRoot(traceSlots(tensors, salt).map(fromHex))) as Bytes32;
}
