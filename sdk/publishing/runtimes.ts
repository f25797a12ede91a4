/** ONNX Runtime in the ways that nodes may run it: what a published tolerance has to bear. */
import { InferenceSession } from 'onnxruntime-node';
import { ProtocolError } from '#core/errors.ts';
import { joinRows, namedFrom, splitRows } from '#core/protocol/rows.ts';
import type { IoSchema } from '#core/protocol/schema.ts';
import type { Program } from '#core/semantics/program.ts';
import type { Tensor } from '#core/tensor.ts';
import { addsNarrowly } from '../../workers/adapters/onnx/narrowSums.ts';
import { runSession, sessionOptions } from '../../workers/adapters/onnx/session.ts';

interface Way {
  readonly name: string;
  readonly threads: number;
  readonly level: 'disabled' | 'all';
  /** Several items as rows of one execution: kernels differ by the number of rows. */
  readonly together?: true;
}

const WAYS: readonly Way[] = [
  { name: '1 thread', threads: 1, level: 'all' },
  { name: '2 threads', threads: 2, level: 'all' },
];
/** No node runs it so; it stands for runtimes that fuse less. */
const UNOPTIMISED: Way = { name: 'unoptimised', threads: 1, level: 'disabled' };
const TOGETHER: Way = { name: '16 rows', threads: 1, level: 'all', together: true };
const ROWS = 16;

/** By way: one item's outputs in schema order, or undefined where the graph refused the input. */
export type Results = ReadonlyMap<string, readonly (readonly Tensor[] | undefined)[]>;

/**
 * Throws `runtime.model_invalid` if ONNX Runtime cannot load the file. `isNarrow`: whether sums of bytes may stop at 2^15 here; asked of ONNX
 * Runtime where it is left out.
 */
export async function runAllWays(
  onnx: Uint8Array,
  sha256: string,
  program: Program,
  schema: IoSchema,
  items: readonly (readonly Tensor[])[],
  isNarrow?: boolean,
): Promise<Results> {
  const results = new Map<string, readonly (readonly Tensor[] | undefined)[]>();
  // Without the optimisations that keep them wide, sums of bytes may be wrong here, not rounded otherwise.
  const isWrong = program.operators.some(({ kind }) => kind === 'IntegerDot') && (isNarrow ?? (await addsNarrowly()));
  for (const way of [...WAYS, ...(isWrong ? [] : [UNOPTIMISED]), ...(schema.rows ? [TOGETHER] : [])]) {
    const options = { ...sessionOptions(way.threads), graphOptimizationLevel: way.level };
    const session = await InferenceSession.create(onnx, options).catch((error: Error) => {
      throw new ProtocolError('runtime.model_invalid', { sha256, reason: error.message }, { cause: error });
    });
    results.set(way.name, await (way.together ? runTogether : runEach)(session, schema, items));
    await session.release();
  }
  return results;
}

type Run = (
  session: InferenceSession,
  schema: IoSchema,
  items: readonly (readonly Tensor[])[],
) => Promise<(readonly Tensor[] | undefined)[]>;

const runEach: Run = async (session, { inputs, outputs }, items) => {
  const all: (readonly Tensor[] | undefined)[] = [];
  for (const item of items) {
    const found = await runSession(session, namedFrom(inputs, item)).catch(() => undefined);
    all.push(found && outputs.map(({ name }) => found[name] as Tensor));
  }
  return all;
};

const runTogether: Run = async (session, { inputs, outputs }, items) => {
  const all: (readonly Tensor[] | undefined)[] = [];
  for (let at = 0; at < items.length; at += ROWS) {
    const part = items.slice(at, at + ROWS);
    const found = await runSession(session, namedFrom(inputs, joinRows(inputs, part))).catch(() => undefined);
    const side =
      found &&
      splitRows(
        outputs,
        outputs.map(({ name }) => found[name] as Tensor),
      );
    part.forEach((_, i) => {
      all.push(side?.[i]);
    });
  }
  return all;
};
