/** Whole models: ONNX Runtime, the reference by several means, compiling, committing, memory. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { DTYPES } from '#core/commitment/dtype.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { multiplyAdds } from '#core/semantics/cost.ts';
import { type DotTools, dotTools } from '#core/semantics/execute/dot.ts';
import { executeNamed } from '#core/semantics/execute/named.ts';
import type { Program } from '#core/semantics/program.ts';
import { programRoot } from '#core/semantics/record.ts';
import { elementCount, type Tensor } from '#core/tensor.ts';
import { sessionOptions } from '../../../workers/adapters/onnx/session.ts';
import { createCrew } from '../../../workers/adapters/reference/crew.ts';
import type { AloneReport } from './alone.ts';
import { type Network, networks } from './networks.ts';
import { best, bestOf } from './timing.ts';

export interface ModelRow {
  readonly name: string;
  readonly multiplyAdds: number;
  readonly operators: number;
  readonly runtimeMs: number;
  readonly fastMs: number;
  readonly crewMs: number;
  readonly exact: number;
  readonly compileMs: number;
  readonly rootMs: number;
  readonly traceBytes: number;
  readonly hashMs: number;
  /** In a process of its own. */
  readonly alone: AloneReport;
}

const traceBytes = ({ operators }: Program) =>
  operators.reduce((sum, { dtype, space }) => sum + elementCount(space) * DTYPES[dtype].bytes, 0);

function alone(onnx: Uint8Array): AloneReport {
  const folder = mkdtempSync(path.join(tmpdir(), 'opg-bench-'));
  const file = path.join(folder, 'model.onnx');
  writeFileSync(file, onnx);
  const script = fileURLToPath(new URL('./alone.ts', import.meta.url));
  const { stdout, status, stderr } = spawnSync(process.execPath, [script, file], { encoding: 'utf8' });
  rmSync(folder, { recursive: true, force: true });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as AloneReport;
}

async function benchModel({ name, onnx, inputs }: Network): Promise<ModelRow> {
  const program = compile(onnx);
  const session = await InferenceSession.create(onnx, sessionOptions(1));
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([key, { dtype, data, shape }]) => [
      key,
      new OrtTensor(dtype, data as Float32Array, shape),
    ]),
  );
  /** Long enough for twenty runs of the largest model: compilers of the engine need some to settle. */
  const seconds = Math.min(4, Math.max(0.3, Number(multiplyAdds(program)) / 1e8));
  const run = (tools: DotTools) => best(() => executeNamed(program, inputs, { tools }), seconds);
  const runtimeMs = await bestOf(() => session.run(feeds));
  await session.release();
  const tools = dotTools();
  const fastMs = run(tools);
  const crew = createCrew(1);
  const crewMs = run(crew.tools());
  await crew.close();
  const outputs: Tensor[] = [];
  executeNamed(program, inputs, { observe: (_, tensor) => outputs.push(tensor) });
  return {
    name,
    multiplyAdds: Number(multiplyAdds(program)),
    operators: program.operators.length,
    runtimeMs,
    fastMs,
    crewMs,
    exact: tools.counters.decided === 0 ? 0 : tools.counters.exact / tools.counters.decided,
    compileMs: best(() => compile(onnx), 0.1),
    rootMs: best(() => programRoot(program), 0.1),
    traceBytes: traceBytes(program),
    hashMs: best(() => outputs.map(commitTensor), 0.2),
    alone: alone(onnx),
  };
}

export async function benchModels(): Promise<ModelRow[]> {
  const rows: ModelRow[] = [];
  for (const network of networks()) rows.push(await benchModel(network));
  return rows;
}
