/**
 * Reads ONNX files of unknown origin. The same bytes always give the same graph; anything that could be read in two ways, or that no
 * program can hold, is refused with its name: onnx.malformed, onnx.unsupported, onnx.too_large. Time and memory are linear in the
 * file and bounded by the limits. docs/spec/reference-semantics.md says what the graph then means.
 */
import { dtypeOfCode } from '../commitment/dtype.ts';
import { type FlatAttribute, type FlatWhole, readAttribute } from './attributes.ts';
import { isElementType, wholeOf } from './elementTypes.ts';
import type { AttributeValue, Graph, GraphNode, GraphValue, OnnxTensor } from './graph.ts';
import { type Budget, budgetOf, checkLimit, type ReadLimits } from './limits.ts';
import { nodeTitle, orderedNodes } from './order.ts';
import { decoding, malformed, quote, unsupported } from './refusals.ts';
import { schema } from './schema.ts';
import { checkStructure, FLAT_MESSAGES, readerOf } from './structure.ts';
import { readTensor } from './tensorProto.ts';

export type { ReadLimits } from './limits.ts';

/** ONNX Runtime 1.30 refuses IR version 14; before 3, files did not say which operators they mean. */
export const IR_VERSIONS = { oldest: 3, newest: 13 } as const;
/** Of the default domain. ONNX Runtime 1.30 has the operators of 26 released and those of 27 as a preview. */
export const OPSETS = { oldest: 1, newest: 27 } as const;

/** Messages as the library reads them: absent strings are '', absent lists empty, and whether a field was there is Object.hasOwn. */
interface FlatModel {
  readonly irVersion: FlatWhole;
  readonly graph: FlatGraph | null;
  readonly opsetImport: readonly { readonly domain: string; readonly version: FlatWhole }[];
  readonly functions: readonly { readonly domain: string; readonly name: string }[];
}

interface FlatGraph {
  readonly node: readonly FlatNode[];
  readonly initializer: readonly Uint8Array[];
  readonly input: readonly FlatValue[];
  readonly output: readonly FlatValue[];
  readonly sparseInitializer: readonly Uint8Array[];
}

interface FlatNode {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly overload: string;
  readonly attribute: readonly FlatAttribute[];
}

interface FlatDim {
  readonly dimValue: FlatWhole;
  readonly dimParam: string;
}

interface FlatValue {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: { readonly dim: readonly FlatDim[] } | null;
    } | null;
  } | null;
}

const ModelType = schema(FLAT_MESSAGES).lookupType('ModelProto');

/** Limits that are not given are READ_LIMITS. */
export function readModel(bytes: Uint8Array, limits?: Partial<ReadLimits>): Graph {
  const budget = budgetOf(limits);
  checkLimit('bytes', bytes.length, budget.limits);
  const model = decoding(() => {
    checkStructure(bytes, 'ModelProto', budget);
    return ModelType.decode(readerOf(bytes)) as unknown as FlatModel;
  });
  if (!model.graph) throw malformed('it has no graph');
  const irVersion = version(model.irVersion, 'IR version', IR_VERSIONS);
  const opsets = readOpsets(model);
  const standard = opsets.get('');
  if (standard === undefined) throw malformed('it does not say which version of the standard operators it uses');
  const opset = version(standard, 'opset', OPSETS);
  return { opset, irVersion, ...readGraph(model.graph, model, opsets, budget) };
}

function version(value: FlatWhole, what: string, { oldest, newest }: { oldest: number; newest: number }): number {
  const whole = wholeOf(value);
  if (whole < oldest || whole > newest) throw unsupported(`${what} ${whole}, outside ${oldest} to ${newest}`);
  return Number(whole);
}

/** The default domain has two spellings. */
const domainOf = (domain: string) => (domain === 'ai.onnx' ? '' : domain);

function readOpsets({ opsetImport }: FlatModel): Map<string, FlatWhole> {
  const opsets = new Map<string, FlatWhole>();
  for (const { domain, version } of opsetImport) {
    const known = domainOf(domain);
    if (opsets.has(known)) throw malformed(`it names the version of the operators of ${quote(domain)} twice`);
    opsets.set(known, version);
  }
  return opsets;
}

function readGraph(
  flat: FlatGraph,
  { functions }: FlatModel,
  opsets: ReadonlyMap<string, FlatWhole>,
  budget: Budget,
): Omit<Graph, 'opset' | 'irVersion'> {
  if (flat.sparseInitializer.length > 0) throw unsupported('sparse initialisers');
  const constants = readConstants(flat.initializer, budget);
  const declared = flat.input.map((value) => readValue(value, 'input', budget));
  const outputs = flat.output.map((value) => readValue(value, 'output', budget));
  if (outputs.length === 0) throw malformed('its graph has no outputs');
  checkDistinct(declared, 'inputs');
  checkDistinct(outputs, 'outputs');
  const inputs = declared.filter(({ name }) => !constants.has(name));
  const own = new Set(functions.map(({ domain, name }) => JSON.stringify([domainOf(domain), name])));
  const nodes = flat.node.map((one, index) => {
    const node = readNode(one, index, budget);
    const title = nodeTitle(node.op, node.name, index);
    if (own.has(JSON.stringify([node.domain, node.op]))) throw unsupported(`a function of its own (${title})`);
    if (!opsets.has(node.domain))
      throw malformed(`${title} is of domain ${quote(node.domain)}, of which it names no version`);
    return node;
  });
  const graph = { inputs, outputs, constants, nodes };
  return { ...graph, nodes: orderedNodes(graph) };
}

function readConstants(initializers: readonly Uint8Array[], budget: Budget): Map<string, OnnxTensor> {
  const constants = new Map<string, OnnxTensor>();
  initializers.forEach((bytes, index) => {
    const { name, value } = readTensor(bytes, `initialiser ${index}`, budget);
    if (name === '') throw malformed(`initialiser ${index} has no name`);
    if (constants.has(name)) throw malformed(`there are two initialisers ${quote(name)}`);
    constants.set(name, value);
  });
  return constants;
}

function checkDistinct(values: readonly GraphValue[], what: string): void {
  const names = new Set<string>();
  for (const { name } of values) {
    if (names.has(name)) throw malformed(`two of its ${what} are called ${quote(name)}`);
    names.add(name);
  }
}

function readValue({ name, type }: FlatValue, side: 'input' | 'output', { limits }: Budget): GraphValue {
  const what = `${side} ${quote(name)}`;
  if (name === '') throw malformed(`an ${side} has no name`);
  // ONNX wants a type of both; an output's follows from the graph.
  if (!type && side === 'output') return { name, elemType: 0, dtype: undefined, shape: undefined };
  for (const kind of ['sequenceType', 'mapType', 'optionalType', 'sparseTensorType', 'opaqueType'])
    if (type && Object.hasOwn(type, kind)) throw unsupported(`${what}, which is no tensor`);
  const { elemType, shape } = type?.tensorType ?? { elemType: 0, shape: null };
  if (!isElementType(elemType)) throw malformed(`${what} is of data type ${elemType}, which ONNX does not define`);
  const dims = shape?.dim;
  if (dims) checkLimit('rank', dims.length, limits, what);
  return { name, elemType, dtype: dtypeOfCode(elemType), shape: dims?.map((dim) => readDim(dim, what)) };
}

function readDim(dim: FlatDim, what: string): number | string {
  if (!Object.hasOwn(dim, 'dimValue')) return dim.dimParam;
  if (Object.hasOwn(dim, 'dimParam')) throw malformed(`a dimension of ${what} has both a size and a name`);
  const size = wholeOf(dim.dimValue);
  if (size < 0n) throw malformed(`${what} has a dimension of ${size}`);
  if (size > Number.MAX_SAFE_INTEGER) throw malformed(`${what} has a dimension of ${size}, beyond 2^53`);
  return Number(size);
}

function readNode(flat: FlatNode, index: number, budget: Budget): GraphNode {
  const { opType, name, input, output, overload } = flat;
  const title = nodeTitle(opType, name, index);
  if (opType === '') throw malformed(`${title} has no operator`);
  if (overload !== '') throw unsupported(`an overloaded operator (${title})`);
  if (output.length === 0) throw malformed(`${title} has no outputs`);
  const attributes = new Map<string, AttributeValue>();
  for (const attribute of flat.attribute) {
    if (attributes.has(attribute.name)) throw malformed(`${title} has two attributes ${quote(attribute.name)}`);
    attributes.set(attribute.name, readAttribute(attribute, title, budget));
  }
  return { op: opType, domain: domainOf(flat.domain), name, inputs: input, outputs: output, attributes };
}
