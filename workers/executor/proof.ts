/** Whether a version's program and schema are those of its model: found out here, remembered in the version's row. */
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import { sidesDifference } from '#core/semantics/sides.ts';
import type { Hex } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import type { ModelProgram, Reference } from '#ports/reference.ts';
import type { LoadableModel } from '#ports/runtime.ts';
import type { Log } from '#ports/telemetry.ts';
import { type ExecutionFacts, VERSION_ROWS } from '#ports/work.ts';

interface ProofParts {
  readonly journal: Journal;
  readonly reference: Reference;
  readonly log: Log;
}

/**
 * The program, if it is the one that the version names, with the tensors of its card in their order: then the version is `proven`. If not,
 * or if the model has none, it is `refused`, and `executor.root_mismatch`, `executor.schema_mismatch`, `compile.*` or `onnx.*` (final) is
 * thrown; else what the reference throws.
 */
export type Proof = (facts: ExecutionFacts, model: LoadableModel, signal: AbortSignal) => Promise<ModelProgram>;

export function createProof({ journal, reference, log }: ProofParts): Proof {
  const { track, stage } = VERSION_ROWS;

  async function compare({ version: { program, schema } }: ExecutionFacts, model: LoadableModel, signal: AbortSignal) {
    const compiled = await reference.describe(model, signal);
    const { sha256 } = model;
    if (compiled.root !== program?.root)
      throw new ProtocolError('executor.root_mismatch', { sha256, got: compiled.root, expected: program?.root ?? '' });
    // A right result in another order than the program's is a wrong one to the game.
    const reason = sidesDifference(schema, compiled);
    if (reason !== undefined) throw new ProtocolError('executor.schema_mismatch', { sha256, reason });
    return compiled;
  }

  return async (facts, model, signal) => {
    const id = facts.terms.version as Hex | undefined;
    try {
      const compiled = await compare(facts, model, signal);
      // Requests admitted from then on carry it in their own facts.
      if (id !== undefined && facts.version.proven !== true)
        await journal.advance(track, id, stage, stage, { facts: { proven: true } });
      return compiled;
    } catch (error) {
      if (id !== undefined && isProtocolError(error) && /^(executor\.(root|schema)|compile|onnx)/.test(error.code)) {
        await journal.advance(track, id, stage, stage, { facts: { refused: error.message } });
        log.error('a version refused for good', { version: id, reason: error.message });
      }
      throw error;
    }
  };
}
