/** What a demand for a submitted output asks for, out of outputs that one holds (contracts/challenges/ChallengeTypes.sol, OutputProof). */
import { LEAF_ELEMENTS } from '../commitment/leaf.ts';
import type { Bytes32 } from '../hex.ts';
import { OpenTensor } from '../semantics/opening.ts';
import type { Tensor } from '../tensor.ts';
import type { OutputDemand } from './events.ts';
import { shownItems } from './evidence.ts';
import type { ShownItem } from './hiddenOutputs.ts';
import { type LeafOpening, openLeaf } from './openings.ts';

export interface OutputProof {
  readonly leaf: LeafOpening;
  /** Commitments of the item's outputs. */
  readonly submitted: readonly Bytes32[];
  readonly itemPath: readonly Bytes32[];
}

/** Outputs of every item, as they were submitted: hashed once, whatever is demanded of them. */
export class OpenOutputs {
  readonly #outputs: readonly (readonly Tensor[])[];
  readonly #shown: (item: number) => ShownItem;

  constructor(outputs: readonly (readonly Tensor[])[]) {
    this.#outputs = outputs;
    this.#shown = shownItems(outputs);
  }

  /** In the order of the positions; several of one tensor cost its leaf tree once. */
  open(positions: readonly OutputDemand['position'][]): OutputProof[] {
    const proofs = new Array<OutputProof>(positions.length);
    const byTensor = Map.groupBy(positions.entries(), ([, { item, output }]) => `${item} ${output}`);
    for (const wanted of byTensor.values()) {
      const [[, first] = []] = wanted;
      const open = new OpenTensor(this.#outputs[first?.item as number]?.[first?.output as number] as Tensor);
      for (const [at, { item, leaf }] of wanted) {
        const { submitted, itemPath } = this.#shown(item);
        proofs[at] = { leaf: openLeaf(open, leaf * LEAF_ELEMENTS), submitted, itemPath };
      }
    }
    return proofs;
  }
}
