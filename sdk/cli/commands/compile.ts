/** `opg compile`: the program of a model, in figures. */
import { DTYPES } from '#core/commitment/dtype.ts';
import { readModel } from '#core/onnx/read.ts';
import { compileGraph } from '#core/semantics/compile/compile.ts';
import {
  dearestProof,
  MAX_LEVELS,
  MAX_PROOF_BYTES,
  MAX_STEP_GAS,
  multiplyAdds,
  treeLevels,
} from '#core/semantics/cost.ts';
import type { Program } from '#core/semantics/program.ts';
import { programRoot } from '#core/semantics/record.ts';
import { elementCount, type TensorType } from '#core/tensor.ts';
import { columns, thousands } from '../../table.ts';
import { type Command, DIM, dims, EXIT } from '../command.ts';
import { readBytes } from '../files.ts';

/** Compiling cannot report how far it is; from this size on it takes about a second. */
const LARGE_FILE = 2 ** 24;

export const compileCommand: Command = {
  name: 'compile',
  summary: 'Compiles a model: operators, primitives, program root, cost.',
  positionals: ['FILE.onnx'],
  options: DIM.option,
  explained: [DIM.explained],
  finding: 'the model has no program; the error says why',
  run({ positionals: [file = ''], values, json, positionals }, { out, err }) {
    const sizes = dims({ values, json, positionals });
    const bytes = readBytes(file);
    if (bytes.length >= LARGE_FILE) err(`compiling ${file}, ${(bytes.length / 1e6).toFixed(1)} MB\n`);
    const graph = readModel(bytes);
    const report = describe(graph, compileGraph(graph, { dims: sizes }));
    out(json ? `${JSON.stringify({ ok: true, ...report })}\n` : table(report));
    return EXIT.ok;
  },
};

type Described = ReturnType<typeof describe>;

function describe({ opset, nodes }: ReturnType<typeof readModel>, program: Program) {
  const { inputs, outputs, operators, constants } = program;
  const { gas, bytes } = dearestProof(program);
  return {
    programRoot: programRoot(program),
    opset,
    /** Nodes of the file by ONNX operator. */
    operators: counts(nodes.map(({ domain, op }) => (domain === '' ? op : `${domain}.${op}`))),
    /** Operators of the program by kind. */
    primitives: counts(operators.map(({ kind }) => kind)),
    constants: { count: constants.length, bytes: sum(constants.map(bytesOf)) },
    multiplyAdds: String(multiplyAdds(program)),
    /** Outputs of all operators. */
    traceBytes: sum(operators.map(bytesOf)),
    largestStepGas: gas,
    largestProofBytes: bytes,
    levels: treeLevels(program),
    inputs: inputs.map(({ name, dtype, shape, rows }) => ({ name, dtype, shape, rows })),
    outputs: outputs.map(({ name, dtype, shape, rows }) => ({ name, dtype, shape, rows })),
  };
}

const sum = (list: readonly number[]) => list.reduce((total, one) => total + one, 0);
const bytesOf = ({ dtype, shape }: TensorType) => elementCount(shape) * DTYPES[dtype].bytes;

/** The most frequent first. */
function counts(names: readonly string[]): Record<string, number> {
  const found = new Map<string, number>();
  for (const name of names) found.set(name, (found.get(name) ?? 0) + 1);
  return Object.fromEntries([...found].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}

function table(report: Described): string {
  const { operators, primitives, constants, inputs, outputs } = report;
  const total = (by: Readonly<Record<string, number>>) => thousands(sum(Object.values(by)));
  const list = (by: Readonly<Record<string, number>>) =>
    Object.entries(by)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const tensors = (side: Described['inputs']) =>
    side.map(({ name, dtype, shape, rows }) => `${name} ${dtype} [${shape.join(', ')}]${rows ? ', by rows' : ''}`);
  return `${columns([
    ['program root', report.programRoot],
    ['opset', String(report.opset)],
    ...tensors(inputs).map((tensor, i) => [i === 0 ? 'inputs' : '', tensor]),
    ...tensors(outputs).map((tensor, i) => [i === 0 ? 'outputs' : '', tensor]),
    ['operators', `${total(operators)}: ${list(operators)}`],
    ['primitives', `${total(primitives)}: ${list(primitives)}`],
    ['constants', `${constants.count}, ${thousands(constants.bytes)} bytes`],
    ['multiply-adds', thousands(BigInt(report.multiplyAdds))],
    ['trace', `${thousands(report.traceBytes)} bytes`],
    ['largest step', `${thousands(report.largestStepGas)} gas of at most ${thousands(MAX_STEP_GAS)}`],
    ['largest proof', `${thousands(report.largestProofBytes)} bytes of at most ${thousands(MAX_PROOF_BYTES)}`],
    ['levels', `${report.levels} of at most ${MAX_LEVELS}`],
  ]).join('\n')}\n`;
}
