/**
 * Peak memory of one model, in a process of its own: `node --expose-gc alone.ts FILE.onnx [traced]` prints an AloneReport. Linux only:
 * elsewhere nothing is known.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { DTYPES } from '#core/commitment/dtype.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { dotTools } from '#core/semantics/execute/dot.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import { elementCount, type Tensor } from '#core/tensor.ts';

export interface AloneReport {
  /** Most resident bytes while compiling, beyond those with the file read. */
  readonly compiled: number | undefined;
  /** Most resident bytes of three executions with one set of tools, beyond those with the program loaded. */
  readonly executed: number | undefined;
}

/** Garbage of one execution may still be there in the next. */
const RUNS = 3;

/** Any finite values will do; those of integers are 0 or 1, so that they are indices. */
function inputOf(dtype: Tensor['dtype'], shape: readonly number[]): Tensor {
  const data = new DTYPES[dtype].Data(elementCount(shape));
  if (data instanceof Float32Array) for (let i = 0; i < data.length; i++) data[i] = ((i * 7919) % 2003) / 1000 - 1;
  else for (let i = 0; i < data.length; i++) data[i] = typeof data[i] === 'bigint' ? BigInt(i & 1) : i & 1;
  return { dtype, shape, data };
}

function resident(field: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes] = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** Collects garbage, lets the peak begin anew (5: see proc(5), clear_refs), and gives the most that `work` had resident beyond that. */
function peakOf<T>(work: () => T): { readonly made: T; readonly peak: number | undefined } {
  globalThis.gc?.();
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    return { made: work(), peak: undefined };
  }
  const before = resident('VmRSS');
  const made = work();
  return { made, peak: resident('VmHWM') - before };
}

if (import.meta.main) {
  const [, , file, traced] = process.argv;
  const onnx = readFileSync(file as string);
  const { made: program, peak: compiled } = peakOf(() => compile(onnx));
  const inputs = program.inputs.map(({ dtype, shape }) => inputOf(dtype, shape));
  const options = {
    tools: dotTools(),
    ...(traced === 'traced' && { observe: (_: number, output: Tensor) => void commitTensor(output) }),
  };
  const { peak: executed } = peakOf(() => {
    for (let run = 0; run < RUNS; run++) execute(program, inputs, options);
  });
  const report: AloneReport = { compiled, executed };
  console.log(JSON.stringify(report));
}
