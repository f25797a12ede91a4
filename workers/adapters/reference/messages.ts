/** What the pool and its threads say to each other, by structured clone. */
import type { ErrorCode, ErrorPayload } from '#core/errors.ts';
import type { Tensor } from '#core/tensor.ts';
import type { ModelProgram } from '#ports/reference.ts';
import type { LoadableModel } from '#ports/runtime.ts';
import type { TraceResult, TraceTask } from './traceTasks.ts';

export type Tensors = Readonly<Record<string, Tensor>>;

export type Call =
  | { readonly op: 'describe'; readonly model: LoadableModel }
  | { readonly op: 'run'; readonly model: LoadableModel; readonly inputs: Tensors }
  | { readonly op: 'trace'; readonly model: LoadableModel; readonly task: TraceTask };

/** `failed`: a named error, to be thrown again on the other side; `broken`: anything else. */
export type Reply =
  | { readonly op: 'described'; readonly program: ModelProgram }
  | { readonly op: 'ran'; readonly outputs: Tensors }
  | { readonly op: 'traced'; readonly result: TraceResult }
  | { readonly op: 'failed'; readonly code: ErrorCode; readonly payload: ErrorPayload<ErrorCode> }
  | { readonly op: 'broken'; readonly reason: string };

export interface ThreadOptions {
  /** Bytes that cached programs of one thread may take. */
  readonly cacheBytes: number;
  /** Threads beside it that share its computations. */
  readonly crew: number;
}
