/** One ONNX case through the compiler and the executor. A case may be of unknown origin: whatever it is, there is a verdict. */
import { isProtocolError } from '#core/errors.ts';
import type { Graph, OnnxTensor } from '#core/onnx/graph.ts';
import { readModel } from '#core/onnx/read.ts';
import { compileGraph } from '#core/semantics/compile/compile.ts';
import { executeNamed } from '#core/semantics/execute/named.ts';
import type { Program } from '#core/semantics/program.ts';
import type { Tensor } from '#core/tensor.ts';
import { compareTensors, type Tolerance } from '#core/tolerance.ts';
import { type DataSet, loadDataSets, loadModel } from './cases.ts';

export interface Verdict {
  readonly name: string;
  /** unsupported: the model, or a tensor of the case, is outside the semantics. failed: any other way not to pass. */
  readonly status: 'passed' | 'failed' | 'unsupported';
  /** Model inputs that had to be constants of the program: their values are in it. */
  readonly bound: readonly string[];
  /** Largest |got - want| and |got - want| / |want| over all outputs that could be compared. */
  readonly worstAbs: number;
  readonly worstRel: number;
  /** Of the first failure. */
  readonly reason?: string;
}

/** Of the suite itself, for floats that were computed. */
const COMPUTED: Tolerance = { abs: 1e-7, rel: 1e-3 };
const EXACT: Tolerance = { abs: 0, rel: 0 };
/** A model of these alone moves elements: then floats must be exact too. */
const MOVING: ReadonlySet<string> = new Set(
  (
    'Concat Constant ConstantOfShape DepthToSpace Expand EyeLike Flatten Gather GatherElements GatherND Identity OneHot Pad Reshape ' +
    'Shape Size Slice SpaceToDepth Split Squeeze Tile Transpose Trilu Unsqueeze Where'
  ).split(' '),
);

class Unsupported extends Error {}

export function judge(dir: string, name: string): Verdict {
  const bound = new Set<string>();
  const worst = { abs: 0, rel: 0 };
  const verdict = (status: Verdict['status'], reason?: string): Verdict => ({
    name,
    status,
    bound: [...bound],
    worstAbs: worst.abs,
    worstRel: worst.rel,
    ...(reason === undefined ? {} : { reason }),
  });
  try {
    const graph = readModel(loadModel(dir, name));
    const dataSets = loadDataSets(dir, name);
    if (dataSets.length === 0) return verdict('failed', 'it has no folder test_data_set_<k>');
    for (const dataSet of dataSets) {
      const reason = check(graph, dataSet, bound, worst);
      if (reason !== undefined) return verdict('failed', dataSets.length > 1 ? `${dataSet.name}: ${reason}` : reason);
    }
    return verdict('passed');
  } catch (error) {
    const { message } = error as Error;
    return verdict(isOutside(error) ? 'unsupported' : 'failed', message);
  }
}

/** A refusal by the reader or the compiler; a fault of the compiler has a cause and is a failure. */
function isOutside(error: unknown): boolean {
  if (error instanceof Unsupported) return true;
  if (!isProtocolError(error)) return false;
  return error.code.startsWith('compile.')
    ? error.cause === undefined
    : error.code === 'onnx.unsupported' || error.code === 'onnx.too_large';
}

/** Why the data set fails. */
function check(
  graph: Graph,
  { inputs, outputs }: DataSet,
  bound: Set<string>,
  worst: { abs: number; rel: number },
): string | undefined {
  if (inputs.length !== graph.inputs.length)
    return `the model takes ${graph.inputs.length} inputs, the case has ${inputs.length}`;
  const { program, feeds } = prepare(graph, inputs, bound);
  const found = executeNamed(program, feeds);
  if (outputs.length !== program.outputs.length)
    return `the model has ${program.outputs.length} outputs, the case ${outputs.length}`;
  const tolerance = graph.nodes.every(({ op }) => MOVING.has(op)) ? EXACT : COMPUTED;
  for (const [i, { name }] of program.outputs.entries()) {
    const want = tensorOf(outputs[i] as OnnxTensor, `output ${name}`);
    const reason = differs(name, found[name] as Tensor, want, tolerance, worst);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

export interface Prepared {
  readonly program: Program;
  /** Without those that were bound. */
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/** Compiles for the inputs of a case, in the graph's order: their sizes are those of free dimensions. Adds the names it binds. */
export function prepare(graph: Graph, inputs: readonly OnnxTensor[], bound: Set<string>): Prepared {
  const given = new Map(graph.inputs.map(({ name }, i) => [name, tensorOf(inputs[i] as OnnxTensor, `input ${name}`)]));
  const shaped: Graph = {
    ...graph,
    inputs: graph.inputs.map((input) => ({ ...input, shape: (given.get(input.name) as Tensor).shape })),
  };
  const program = compileBinding(shaped, given, bound);
  return { program, feeds: Object.fromEntries([...given].filter(([name]) => !bound.has(name))) };
}

function tensorOf({ tensor, elemType }: OnnxTensor, what: string): Tensor {
  if (tensor) return tensor;
  throw new Unsupported(`${what} is of element type ${elemType}, not one of the six dtypes`);
}

/** Inputs that have to be known when compiling are bound to the case's values, as exporters do that fold them. */
function compileBinding(graph: Graph, given: ReadonlyMap<string, Tensor>, bound: Set<string>): Program {
  for (;;) {
    const bindings = new Map([...bound].map((name) => [name, given.get(name) as Tensor]));
    try {
      return compileGraph(graph, { bindings });
    } catch (error) {
      if (!isProtocolError(error, 'compile.not_constant')) throw error;
      const depends = String(error.payload.depends).split(', ');
      const fresh = graph.inputs.map(({ name }) => name).filter((name) => depends.includes(name) && !bound.has(name));
      if (fresh.length === 0) throw error;
      for (const name of fresh) bound.add(name);
    }
  }
}

function differs(
  name: string,
  got: Tensor,
  want: Tensor,
  tolerance: Tolerance,
  worst: { abs: number; rel: number },
): string | undefined {
  const type = ({ dtype, shape }: Tensor) => `${dtype} [${shape.join(', ')}]`;
  if (type(got) !== type(want)) return `output ${name} is ${type(got)}, wanted ${type(want)}`;
  const allowed = want.dtype === 'float32' ? tolerance : EXACT;
  const { outside, worstAbs, worstRel } = compareTensors(got, want, allowed, name);
  worst.abs = Math.max(worst.abs, worstAbs);
  worst.rel = Math.max(worst.rel, worstRel);
  if (outside === 0) return undefined;
  const first = want.data.findIndex((_: number | bigint, i: number) => isOutsideAt(got, want, i, allowed));
  return (
    `output ${name}: element ${first} is ${got.data[first]}, wanted ${want.data[first]}; ${outside} of ` +
    `${want.data.length} elements are outside, the worst error is ${worstAbs}`
  );
}

function isOutsideAt(got: Tensor, want: Tensor, i: number, tolerance: Tolerance): boolean {
  const at = ({ dtype, data }: Tensor): Tensor => ({ dtype, shape: [1], data: data.slice(i, i + 1) });
  return !compareTensors(at(got), at(want), tolerance).within;
}
