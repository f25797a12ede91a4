import type { Tensor } from '#core/tensor.ts';

/** A model whose bytes were verified against the registered sha256 before anybody could load them. */
export interface LoadableModel {
  /** Lower-case hex of the sha256, without 0x: the cache key. */
  readonly sha256: string;
  /** Where the verified bytes are on this machine's disk. */
  readonly path: string;
  /** Bytes of the file: the estimate of what a session costs until it is measured. */
  readonly size: number;
}

/** Runs models off the caller's loop. Sessions are cached by hash within a memory bound. */
export interface Runtime {
  /**
   * One execution. Inputs and outputs by the names of the ONNX graph. Throws `runtime.model_invalid` (final) when the file
   * cannot be loaded, `runtime.input_rejected` (final) when the graph refuses the input, `runtime.crashed` (retryable) when the
   * child died, `runtime.timeout` (retryable) after `timeoutMs`, when the child is killed.
   */
  run(
    model: LoadableModel,
    inputs: Readonly<Record<string, Tensor>>,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<Readonly<Record<string, Tensor>>>;
  /** Loads a session ahead of the first request. */
  warm(model: LoadableModel): Promise<void>;
  stats(): {
    readonly sessions: number;
    readonly bytes: number;
    readonly running: number;
    readonly children: number;
    /** Sessions loaded since the start. */
    readonly loads: number;
  };
  close(): Promise<void>;
}
