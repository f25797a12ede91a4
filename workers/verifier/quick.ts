import { decodeItems } from '#core/commitment/canonical.ts';
import { fromHex } from '#core/hex.ts';
import { packToleranceUp, unpackTolerance } from '#core/protocol/publishedTolerance.ts';
import { acceptable } from '#core/semantics/tolerance/accept.ts';
import type { Tensor } from '#core/tensor.ts';
import type { Hex } from '#ports/chain.ts';
import type { DisputedVersion } from '#ports/disputes.ts';
import type { Runtime } from '#ports/runtime.ts';
import type { TracedRequest } from '#ports/traces.ts';

/** Whether a result is beyond suspicion without its reference. */
export type QuickCheck = (
  version: DisputedVersion,
  traced: TracedRequest,
  output: Hex,
  signal: AbortSignal,
) => Promise<boolean>;

/**
 * ONNX Runtime's own result of this machine is a stand-in for the reference: a submission within `share` of the tolerance around it is taken for right.
 * The most that can slip is a result outside the tolerance by that share, if this machine's own deviation is as large as the tolerance; results
 * of exact versions are always held against the reference. A model that ONNX Runtime refuses is suspicious too.
 */
export function createQuickCheck(runtime: Pick<Runtime, 'run'>, share: number): QuickCheck {
  return async (version, traced, output, signal) => {
    const { standard, schema } = version;
    if (standard === 'exact' || share === 0) return false;
    const { abs, rel } = unpackTolerance(standard);
    const near = packToleranceUp({ abs: abs * share, rel: rel * share });
    const inputs = decodeItems(schema.inputs, fromHex(traced.input), traced.items);
    const submitted = decodeItems(schema.outputs, fromHex(output), traced.items);
    for (const [item, tensors] of inputs.entries()) {
      const named = Object.fromEntries(schema.inputs.map(({ name }, i) => [name as string, tensors[i] as Tensor]));
      const outputs = await runtime.run(traced.model, named, { signal });
      const own = schema.outputs.flatMap(({ name }) => outputs[name as string] ?? []);
      if (!acceptable(submitted[item] as readonly Tensor[], own, near)) return false;
    }
    return true;
  };
}
