/**
 * One model in a process of its own: peak memory, and the time of the plain kernel, which the engine compiles worse once it has run many
 * models. `node alone.ts FILE.onnx` prints an AloneReport.
 */
import { readFileSync } from 'node:fs';
import { DTYPES } from '#core/commitment/dtype.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { plainKernel } from '#core/semantics/dot/kernel.ts';
import { dotTools } from '#core/semantics/execute/dot.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import { elementCount, type Tensor } from '#core/tensor.ts';
import { best } from './timing.ts';

export interface AloneReport {
  /** Resident bytes beyond those with the file read and nothing compiled: the most at any time so far; 0 where the system does not tell. */
  readonly compiled: number;
  readonly executed: number;
  readonly traced: number;
  readonly plainMs: number;
}

/** Linux only: resourceUsage().maxRSS would begin with the parent's. */
function peak(): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Any finite values will do; whole numbers small enough to be indices. */
function inputOf(dtype: Tensor['dtype'], shape: readonly number[]): Tensor {
  const data = new DTYPES[dtype].Data(elementCount(shape));
  if (data instanceof Float32Array) for (let i = 0; i < data.length; i++) data[i] = ((i * 7919) % 2003) / 1000 - 1;
  return { dtype, shape, data };
}

if (import.meta.main) {
  const onnx = readFileSync(process.argv[2] as string);
  const before = peak();
  const program = compile(onnx);
  const compiled = peak() - before;
  const inputs = program.inputs.map(({ dtype, shape }) => inputOf(dtype, shape));
  execute(program, inputs);
  const executed = peak() - before;
  execute(program, inputs, { observe: (_, tensor) => commitTensor(tensor) });
  const traced = peak() - before;
  const tools = dotTools(plainKernel);
  const plainMs = best(() => execute(program, inputs, { tools }), 2);
  const report: AloneReport = { compiled, executed, traced, plainMs };
  console.log(JSON.stringify(report));
}
