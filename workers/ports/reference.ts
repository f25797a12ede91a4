import type { Sides } from '#core/semantics/sides.ts';
import type { Tensor } from '#core/tensor.ts';
import type { Hex } from './chain.ts';
import type { LoadableModel } from './runtime.ts';

/** What a model is by the reference semantics. Names are the file's own words, of any length. */
export interface ModelProgram extends Sides {
  readonly root: Hex;
  /** Of one item. */
  readonly multiplyAdds: number;
}

/** Computes what models mean, bit for bit, off the caller's loop. Programs are cached by hash within a memory bound. */
export interface Reference {
  /**
   * Compiles the model, for one item. Throws `onnx.*` or `compile.*` (final) for a model that has no program, `runtime.model_changed`
   * (retryable) if the file is not the one that was verified, `runtime.model_too_large` and `reference.quarantined` (final),
   * `reference.crashed` and `reference.timeout` (retryable), `runtime.closed`.
   */
  describe(model: LoadableModel, signal?: AbortSignal): Promise<ModelProgram>;
  /** The reference outputs of one item, by the names of the ONNX graph. Throws as `describe` does, and `execute.input` (final). */
  run(
    model: LoadableModel,
    inputs: Readonly<Record<string, Tensor>>,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, Tensor>>>;
  stats(): { readonly threads: number; readonly running: number; readonly waiting: number };
  close(): Promise<void>;
}
