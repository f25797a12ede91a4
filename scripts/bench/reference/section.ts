/** The section "The reference" of docs/benchmarks.md. */

import { figure, number, table } from '../text.ts';
import { benchReference, type ReferenceReport } from './bench.ts';
import type { ModelRow } from './models.ts';

/** What the reference was built to cost at most. */
const AIMS = { plain: 0.6, fast: 0.2, timesRuntime: 16, hashing: 1 } as const;
/** Multiply-adds below which a model is all overhead: the aims do not speak of such. */
const COUNTS = 1_000_000;

const ms = (value: number) => (value < 0.995 ? value.toFixed(3) : value < 9.95 ? value.toFixed(2) : value.toFixed(1));
const percent = (share: number | undefined) => (share === undefined ? '-' : `${(100 * share).toFixed(3)} %`);
const mib = (bytes: number | undefined) => (bytes === undefined ? 'unknown' : (bytes / 2 ** 20).toFixed(1));

const perTerm = ({ multiplyAdds }: ModelRow, milliseconds: number) => (milliseconds * 1e6) / multiplyAdds;
const judged = (got: number, aim: number) => `${figure(got)}, ${got <= aim ? 'met' : 'missed'}`;

export function referenceSection({ shapes, models, single }: ReferenceReport): string {
  const large = models.filter(({ multiplyAdds }) => multiplyAdds >= COUNTS);
  const most = models.reduce((found, row) => (row.constantBytes > found.constantBytes ? row : found));
  return `What checking costs: the bit-exact reference execution (docs/spec/reference-semantics.md) on one core unless it says otherwise, everything
included: gathering, products, certificates, exact sums, elementwise operators. ONNX Runtime with one thread and all optimisations. Best of
many runs that took turns in one process. The network "pyramid" is a residual network of the usual shape with synthetic weights
(scripts/generate/perfPyramid.ts).

### Aims

Of the models with a million multiply-adds or more; smaller ones are all overhead. Where products are small against their outputs, hashing
a trace costs more than computing it; it is done when a dispute opens, not to check a result.

${table(
  ['aim', ...large.map(({ name }) => name)],
  [
    [
      `plain TypeScript: at most ${AIMS.plain} ns per multiply-add`,
      ...large.map((row) => judged(perTerm(row, row.plainMs), AIMS.plain)),
    ],
    [
      `WebAssembly: at most ${AIMS.fast} ns per multiply-add`,
      ...large.map((row) => judged(perTerm(row, row.fastMs), AIMS.fast)),
    ],
    [
      `WebAssembly: at most ${AIMS.timesRuntime} times ONNX Runtime`,
      ...large.map((row) => judged(row.fastMs / row.runtimeMs, AIMS.timesRuntime)),
    ],
    [
      'hashing the trace: no dearer than the execution it is of',
      ...large.map((row) => judged(row.hashMs / row.fastMs, AIMS.hashing)),
    ],
  ],
)}

### Whole models

${table(
  [
    'model',
    'multiply-adds',
    'operators',
    'ONNX Runtime, ms',
    'TypeScript, ms',
    'WebAssembly, ms',
    'WebAssembly on 2 threads, ms',
    'ns per multiply-add',
    'times ONNX Runtime',
    'exact sums',
  ],
  models.map((row) => [
    row.name,
    number(row.multiplyAdds),
    number(row.operators),
    ms(row.runtimeMs),
    ms(row.plainMs),
    ms(row.fastMs),
    ms(row.crewMs),
    figure(perTerm(row, row.fastMs)),
    figure(row.fastMs / row.runtimeMs),
    percent(row.exact),
  ]),
)}

Nanoseconds and times are of WebAssembly on one thread. Exact sums: share of the elements of Dots that float64 did not decide.

### Compiling, committing, memory

${table(
  [
    'model',
    'compile, ms',
    'program root, ms',
    'trace, bytes',
    'hashing it, ms',
    'to compile, MiB',
    'to execute, MiB',
    'to execute and hash, MiB',
  ],
  models.map(({ name, compileMs, rootMs, traceBytes, hashMs, memory }) => [
    name,
    ms(compileMs),
    ms(rootMs),
    number(traceBytes),
    ms(hashMs),
    mib(memory.compiled),
    mib(memory.executed),
    mib(memory.traced),
  ]),
)}

MiB: most resident memory beyond that before the phase, in a process per model: before compiling, the file was read; before executing (three
times, prepared weights kept), the program was loaded. Garbage that the engine has not collected counts, so a few MiB come and go.

Hashing: ${number(single.hashing)} MB/s of a 10 MB float32 tensor, leaves and nodes; ${number(most.constantBytes / 1e3 / most.rootMs)} MB/s of the program root of ${most.name} with ${(most.constantBytes / 1e6).toFixed(1)} MB of constants.

### Dots by shape

Nanoseconds per multiply-add of one operator; WebAssembly with and without fused multiply-add.

${table(
  ['shape', 'multiply-adds', 'TypeScript', 'WebAssembly', 'WebAssembly, fused', 'exact sums'],
  shapes.map((row) => [
    row.name,
    number(row.multiplyAdds),
    figure(row.plain),
    figure(row.simd),
    figure(row.fused),
    percent(row.exact),
  ]),
)}

### Functions

Correctly rounded, nanoseconds per call: ${Object.entries(single.functions)
    .map(([name, ns]) => `${name} ${ns.toFixed(0)}`)
    .join(', ')}.
`;
}

if (import.meta.main) console.log(referenceSection(await benchReference()));
