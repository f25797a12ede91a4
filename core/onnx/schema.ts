/**
 * ONNX's protobuf schema (onnx.in.proto, IR version 13): every field of every message that a model's own graph is made of. Field
 * numbers are the standard's. Messages that no reader here looks into are declared as bytes: copied verbatim, never decoded.
 */
import protobuf from 'protobufjs/light.js';

/** A protobuf scalar, or the name of another message of the table. */
export type FieldTable = Readonly<Record<string, readonly [id: number, kind: string, rule?: 'repeated']>>;

export const MESSAGES = {
  ModelProto: {
    irVersion: [1, 'int64'],
    producerName: [2, 'string'],
    producerVersion: [3, 'bytes'],
    domain: [4, 'bytes'],
    modelVersion: [5, 'int64'],
    docString: [6, 'bytes'],
    graph: [7, 'GraphProto'],
    opsetImport: [8, 'OperatorSetIdProto', 'repeated'],
    metadataProps: [14, 'bytes', 'repeated'],
    trainingInfo: [20, 'bytes', 'repeated'],
    functions: [25, 'FunctionProto', 'repeated'],
    configuration: [26, 'bytes', 'repeated'],
  },
  OperatorSetIdProto: { domain: [1, 'string'], version: [2, 'int64'] },
  FunctionProto: {
    name: [1, 'string'],
    input: [4, 'bytes', 'repeated'],
    output: [5, 'bytes', 'repeated'],
    attribute: [6, 'bytes', 'repeated'],
    node: [7, 'bytes', 'repeated'],
    docString: [8, 'bytes'],
    opsetImport: [9, 'bytes', 'repeated'],
    domain: [10, 'string'],
    attributeProto: [11, 'bytes', 'repeated'],
    valueInfo: [12, 'bytes', 'repeated'],
    overload: [13, 'bytes'],
    metadataProps: [14, 'bytes', 'repeated'],
  },
  GraphProto: {
    node: [1, 'NodeProto', 'repeated'],
    name: [2, 'string'],
    initializer: [5, 'TensorProto', 'repeated'],
    docString: [10, 'bytes'],
    input: [11, 'ValueInfoProto', 'repeated'],
    output: [12, 'ValueInfoProto', 'repeated'],
    valueInfo: [13, 'bytes', 'repeated'],
    quantizationAnnotation: [14, 'bytes', 'repeated'],
    sparseInitializer: [15, 'bytes', 'repeated'],
    metadataProps: [16, 'bytes', 'repeated'],
  },
  NodeProto: {
    input: [1, 'string', 'repeated'],
    output: [2, 'string', 'repeated'],
    name: [3, 'string'],
    opType: [4, 'string'],
    attribute: [5, 'AttributeProto', 'repeated'],
    docString: [6, 'bytes'],
    domain: [7, 'string'],
    overload: [8, 'string'],
    metadataProps: [9, 'bytes', 'repeated'],
    deviceConfigurations: [10, 'bytes', 'repeated'],
  },
  AttributeProto: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int64'],
    s: [4, 'bytes'],
    t: [5, 'TensorProto'],
    g: [6, 'GraphProto'],
    floats: [7, 'float', 'repeated'],
    ints: [8, 'int64', 'repeated'],
    strings: [9, 'bytes', 'repeated'],
    tensors: [10, 'bytes', 'repeated'],
    graphs: [11, 'bytes', 'repeated'],
    docString: [13, 'bytes'],
    tp: [14, 'bytes'],
    typeProtos: [15, 'bytes', 'repeated'],
    type: [20, 'int32'],
    refAttrName: [21, 'string'],
    sparseTensor: [22, 'bytes'],
    sparseTensors: [23, 'bytes', 'repeated'],
  },
  TensorProto: {
    dims: [1, 'int64', 'repeated'],
    dataType: [2, 'int32'],
    segment: [3, 'bytes'],
    floatData: [4, 'float', 'repeated'],
    int32Data: [5, 'int32', 'repeated'],
    stringData: [6, 'bytes', 'repeated'],
    int64Data: [7, 'int64', 'repeated'],
    name: [8, 'string'],
    rawData: [9, 'bytes'],
    doubleData: [10, 'double', 'repeated'],
    uint64Data: [11, 'uint64', 'repeated'],
    docString: [12, 'bytes'],
    externalData: [13, 'bytes', 'repeated'],
    dataLocation: [14, 'int32'],
    metadataProps: [16, 'bytes', 'repeated'],
  },
  ValueInfoProto: {
    name: [1, 'string'],
    type: [2, 'TypeProto'],
    docString: [3, 'bytes'],
    metadataProps: [4, 'bytes', 'repeated'],
  },
  TypeProto: {
    tensorType: [1, 'TensorTypeProto'],
    sequenceType: [4, 'bytes'],
    mapType: [5, 'bytes'],
    denotation: [6, 'bytes'],
    opaqueType: [7, 'bytes'],
    sparseTensorType: [8, 'bytes'],
    optionalType: [9, 'bytes'],
  },
  TensorTypeProto: { elemType: [1, 'int32'], shape: [2, 'TensorShapeProto'] },
  TensorShapeProto: { dim: [1, 'Dimension', 'repeated'] },
  Dimension: { dimValue: [1, 'int64'], dimParam: [2, 'string'], denotation: [3, 'bytes'] },
} as const satisfies Readonly<Record<string, FieldTable>>;

export type MessageName = keyof typeof MESSAGES;

/** The library's types. Their edition is proto2: whether a field was there at all can be told. */
export function schema(messages: Readonly<Record<string, FieldTable>>): protobuf.Root {
  const root = new protobuf.Root();
  for (const [name, fields] of Object.entries(messages)) {
    const type = new protobuf.Type(name);
    for (const [field, [id, kind, rule]] of Object.entries(fields)) type.add(fieldOf(field, id, kind, rule));
    root.add(type);
  }
  return root;
}

function fieldOf(name: string, id: number, kind: string, rule: string | undefined): protobuf.Field {
  // Names must be UTF-8: otherwise two different ones could read as one.
  return new protobuf.Field(name, id, kind, rule, undefined, { features: { utf8_validation: 'VERIFY' } });
}
