/** ONNX Runtime as nodes run it, in this process: the model is the caller's own. */
import { createHash } from 'node:crypto';
import { ProtocolError } from '#core/errors.ts';
import type { NamedTensors } from '#core/protocol/rows.ts';

export interface OpenRuntime {
  /** `what` is used in errors only. */
  readonly run: (inputs: NamedTensors, what: string) => Promise<NamedTensors>;
  readonly close: () => Promise<void>;
}

/** Throws `runtime.model_invalid` if the file cannot be loaded; run throws `runtime.input_rejected`. */
export async function openRuntime(onnx: Uint8Array): Promise<OpenRuntime> {
  // Only now: loading the library takes longer than most other commands.
  const { InferenceSession } = await import('onnxruntime-node');
  const { runSession, sessionOptions } = await import('../../../../workers/adapters/onnx/session.ts');
  const sha256 = createHash('sha256').update(onnx).digest('hex');
  const session = await InferenceSession.create(onnx, sessionOptions(1)).catch((error: Error) => {
    throw new ProtocolError('runtime.model_invalid', { sha256, reason: error.message }, { cause: error });
  });
  return {
    run: (inputs, what) =>
      runSession(session, inputs).catch((error: Error) => {
        throw new ProtocolError(
          'runtime.input_rejected',
          { sha256, reason: `${what}: ${error.message}` },
          { cause: error },
        );
      }),
    close: () => session.release(),
  };
}
