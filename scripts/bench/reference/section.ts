/** The section "The reference" of docs/benchmarks.md. */
import { fileURLToPath } from 'node:url';
import { benchReference, type ReferenceReport } from './bench.ts';
import type { ModelRow } from './models.ts';

const AIMS = { plain: 0.6, fast: 0.2, timesRuntime: 16 } as const;

const number = (value: number) => Math.round(value).toLocaleString('en-US');
const figure = (value: number | undefined) =>
  value === undefined ? '-' : value < 0.01 ? value.toFixed(4) : value < 1 ? value.toFixed(3) : value.toFixed(1);
const ms = (value: number) => (value < 0.995 ? value.toFixed(3) : value < 9.95 ? value.toFixed(2) : value.toFixed(1));
const percent = (share: number) => `${(100 * share).toFixed(3)} %`;
const mib = (bytes: number) => `${number(bytes / 2 ** 20)}`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const perTerm = ({ multiplyAdds }: ModelRow, milliseconds: number) => (milliseconds * 1e6) / multiplyAdds;
const verdict = (got: number, aim: number) => (got <= aim ? 'met' : 'missed');

export function referenceSection({ shapes, models, single }: ReferenceReport): string {
  const largest = models.reduce((most, row) => (row.multiplyAdds > most.multiplyAdds ? row : most));
  const [plain, fast] = [perTerm(largest, largest.alone.plainMs), perTerm(largest, largest.fastMs)];
  const times = largest.fastMs / largest.runtimeMs;
  const aims = [
    ['plain TypeScript, ns per multiply-add', AIMS.plain, plain],
    ['WebAssembly, ns per multiply-add', AIMS.fast, fast],
    ['WebAssembly, times ONNX Runtime on one thread', AIMS.timesRuntime, times],
    ['hashing the trace, times the execution it is of', 1, largest.hashMs / largest.fastMs],
  ] as const;
  return `## The reference

What checking costs: the bit-exact reference execution (docs/spec/reference-semantics.md) on one core unless it says otherwise, everything included: gathering,
products, certificates, exact sums, elementwise operators. ONNX Runtime 1.30 with one thread, all optimisations. Best of many runs, all models
in one process (the TypeScript kernel and memory: in a process per model). The network "pyramid" is a residual network of the usual shape with synthetic weights (scripts/generate/perfPyramid.ts).

${table(
  ['aims, for pyramid', 'aim', 'measured', ''],
  aims.map(([name, aim, got]) => [name, String(aim), figure(got), verdict(got, aim)]),
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
    '2 threads, ms',
    'ns per multiply-add',
    'times ONNX Runtime',
    'exact sums',
  ],
  models.map((row) => [
    row.name,
    number(row.multiplyAdds),
    number(row.operators),
    ms(row.runtimeMs),
    ms(row.alone.plainMs),
    ms(row.fastMs),
    ms(row.crewMs),
    figure(perTerm(row, row.fastMs)),
    figure(row.fastMs / row.runtimeMs),
    percent(row.exact),
  ]),
)}

Exact sums: share of the elements of Dots that float64 did not decide. Small models are all overhead: one or two microseconds per operator. Where products are small against
their outputs (char-lm), hashing a trace costs more than computing it; it is done when a dispute opens, not to check a result.

### Compiling, committing, memory

${table(
  [
    'model',
    'compile, ms',
    'program root, ms',
    'trace, bytes',
    'hashing it, ms',
    'compiled, MiB',
    '+ executed, MiB',
    '+ traced, MiB',
  ],
  models.map(({ name, compileMs, rootMs, traceBytes, hashMs, alone }) => [
    name,
    ms(compileMs),
    ms(rootMs),
    number(traceBytes),
    ms(hashMs),
    mib(alone.compiled),
    mib(alone.executed),
    mib(alone.traced),
  ]),
)}

MiB: most resident memory beyond that of the process before it compiled, in a process of its own. Hashing: ${number(single.hashing)} MB/s of a large float32 tensor, leaves and nodes.

### Dots by shape

Nanoseconds per multiply-add of one operator.

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

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(referenceSection(await benchReference()));
