/** Whole models: ONNX Runtime, the reference by several means, compiling, committing, memory. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { commitTensor } from '#core/commitment/tensor.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { multiplyAdds } from '#core/semantics/cost.ts';
import { plainKernel } from '#core/semantics/dot/kernel.ts';
import { type DotTools, dotTools } from '#core/semantics/execute/dot.ts';
import { executeNamed } from '#core/semantics/execute/named.ts';
import { programRoot } from '#core/semantics/record.ts';
import type { Tensor } from '#core/tensor.ts';
import { sessionOptions } from '../../../workers/adapters/onnx/session.ts';
import { type Crew, createCrew } from '../../../workers/adapters/reference/crew.ts';
import type { AloneReport } from './alone.ts';
import { type Network, networks } from './networks.ts';
import { fastest } from './timing.ts';

export interface ModelRow {
  readonly name: string;
  readonly multiplyAdds: number;
  readonly operators: number;
  /** ONNX Runtime, one thread. */
  readonly runtimeMs: number;
  /** The reference with the TypeScript kernel, with the fastest one, and with that on two threads. */
  readonly plainMs: number;
  readonly fastMs: number;
  readonly crewMs: number;
  /** Share of the elements of Dots that float64 did not decide; undefined without such elements. */
  readonly exact: number | undefined;
  readonly compileMs: number;
  readonly constantBytes: number;
  readonly rootMs: number;
  readonly traceBytes: number;
  readonly hashMs: number;
  readonly memory: AloneReport & { readonly traced: number | undefined };
}

const sizeOf = (tensors: readonly Tensor[]) => tensors.reduce((sum, { data }) => sum + data.byteLength, 0);

/** Large pieces that are freed go back to the system at once, so that each phase is seen without what the one before it left. */
const RETURN_MEMORY = { MALLOC_TRIM_THRESHOLD_: '65536', MALLOC_MMAP_THRESHOLD_: '65536' };

function memoryOf(onnx: Uint8Array): ModelRow['memory'] {
  const folder = mkdtempSync(path.join(tmpdir(), 'opg-bench-'));
  const file = path.join(folder, 'model.onnx');
  const script = fileURLToPath(new URL('./alone.ts', import.meta.url));
  const alone = (...options: string[]) => {
    const env = { ...process.env, ...RETURN_MEMORY };
    const child = spawnSync(process.execPath, ['--expose-gc', script, file, ...options], { encoding: 'utf8', env });
    if (child.status !== 0) throw new Error(child.stderr);
    return JSON.parse(child.stdout) as AloneReport;
  };
  try {
    writeFileSync(file, onnx);
    return { ...alone(), traced: alone('traced').executed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchModel({ name, onnx, inputs }: Network, crew: Crew): Promise<ModelRow> {
  const program = compile(onnx);
  const cost = Number(multiplyAdds(program));
  const session = await InferenceSession.create(onnx, sessionOptions(1));
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([key, { dtype, data, shape }]) => [
      key,
      new OrtTensor(dtype, data as Float32Array, shape),
    ]),
  );
  const outputs: Tensor[] = [];
  executeNamed(program, inputs, { observe: (_, tensor) => outputs.push(tensor) });
  const [plain, fast, shared] = [dotTools(plainKernel), dotTools(), crew.tools()];
  const run = (tools: DotTools) => () => executeNamed(program, inputs, { tools });
  const times = await fastest(
    {
      runtimeMs: () => session.run(feeds),
      plainMs: run(plain),
      fastMs: run(fast),
      crewMs: run(shared),
      hashMs: () => outputs.map(commitTensor),
    },
    Math.min(2.5, Math.max(0.4, cost / 1e8)),
  );
  crew.release(shared);
  await session.release();
  const { decided, exact } = fast.counters;
  return {
    name,
    multiplyAdds: cost,
    operators: program.operators.length,
    exact: decided === 0 ? undefined : exact / decided,
    constantBytes: sizeOf(program.constants),
    traceBytes: sizeOf(outputs),
    ...times,
    ...(await fastest({ compileMs: () => compile(onnx) }, 0.3)),
    ...(await fastest({ rootMs: () => programRoot(program) }, 0.5)),
    memory: memoryOf(onnx),
  };
}

export async function benchModels(): Promise<ModelRow[]> {
  const crew = createCrew(1);
  const rows: ModelRow[] = [];
  for (const network of networks()) rows.push(await benchModel(network, crew));
  await crew.close();
  return rows;
}
