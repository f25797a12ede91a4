/** From the bytes of an ONNX file to its program. The same bytes and bindings give the same program everywhere. */
import { isProtocolError, ProtocolError } from '../../errors.ts';
import type { Graph } from '../../onnx/graph.ts';
import { type ReadLimits, readModel } from '../../onnx/read.ts';
import type { Tensor } from '../../tensor.ts';
import { checkDisputable } from '../cost.ts';
import type { Program } from '../program.ts';
import { checkRecords } from '../record.ts';
import { bindInput, dependencies } from './bind.ts';
import { BUILDER_LIMITS, Builder, type BuilderLimits } from './builder.ts';
import { Context, type Lowering, nameOf } from './context.ts';
import { finish } from './finish.ts';
import { loweringOf } from './operators.ts';
import type { Value } from './value.ts';

export interface CompileOptions {
  /** Sizes of free dimensions by name. A free leading dimension without a size is bound to 1: each row is an item. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Model inputs that become constants of the program: shapes, axes and counts that some exporters make inputs. */
  readonly bindings?: ReadonlyMap<string, Tensor>;
  readonly limits?: Partial<ReadLimits & BuilderLimits>;
}

/**
 * Throws `onnx.*` for a file that cannot be read and `compile.*` for a model that has no program, naming operator, node and
 * reason. Time and memory are linear in the file and the limits.
 */
export function compile(onnx: Uint8Array, options: CompileOptions = {}): Program {
  return compileGraph(readModel(onnx, options.limits), options);
}

/** A fault of ours must not look like another kind of failure to a caller that reads files of strangers. */
function guarded(context: Context, lowering: Lowering): ReturnType<Lowering> {
  try {
    return lowering(context);
  } catch (error) {
    if (isProtocolError(error)) throw error;
    const operator = context.node.op;
    const reason = `the compiler has no answer to it (${(error as Error).message}); please report this model`;
    throw new ProtocolError('compile.operator', { operator, node: nameOf(context.node), reason }, { cause: error });
  }
}

export function compileGraph(graph: Graph, { dims = {}, bindings = new Map(), limits }: CompileOptions = {}): Program {
  const builder = new Builder({ ...BUILDER_LIMITS, ...limits });
  const values = new Map<string, Value>();
  for (const [name, { tensor }] of graph.constants) if (tensor) values.set(name, builder.constant(tensor));
  for (const input of graph.inputs) values.set(input.name, bindInput(builder, input, dims, bindings.get(input.name)));

  const dependsOn = dependencies(builder);
  for (const node of graph.nodes) {
    const lowering = loweringOf(node, graph.opset);
    if (lowering === undefined)
      throw new ProtocolError('compile.unsupported_operator', {
        operator: node.domain === '' ? node.op : `${node.domain}.${node.op}`,
        opset: graph.opset,
        node: nameOf(node),
      });
    const inputs = node.inputs.map((name) => values.get(name));
    const context = new Context(builder, graph.opset, node, inputs, dependsOn);
    for (const name of node.inputs)
      if (name !== '' && !values.has(name)) context.refuse(`constant ${name} is not of the six dtypes`);
    const results = guarded(context, lowering);
    node.outputs.forEach((name, i) => {
      if (name === '') return;
      const value = results[i] ?? context.refuse(`its output ${i} is not defined`);
      values.set(name, value);
    });
  }
  const rows = builder.inputs.some((input) => input.rows);
  const outputs = graph.outputs.map(({ name, shape }) => {
    const value = values.get(name) as Value;
    return { name, value, rows: rows && typeof shape?.[0] === 'string' };
  });
  const program = finish(builder, outputs);
  checkRecords(program);
  checkDisputable(program);
  return program;
}
