import { expect } from 'chai';
import type { ErrorCode } from '#core/errors.ts';
import { readModel } from '#core/onnx/read.ts';
import { rejects } from '../../support/rejects.ts';
import {
  attribute,
  type Bytes,
  float32,
  int,
  key,
  message,
  model,
  node,
  packed,
  part,
  tensor,
  text,
  value,
  varint,
} from './wire.ts';

const withNodes = (...nodes: readonly Bytes[]) => model({ nodes });
const withAttributes = (...fields: readonly Bytes[]) => withNodes(node('Any', ['x'], ['y'], text(3, 'n'), ...fields));
const withConstants = (...constants: readonly Bytes[]) => model({ constants });
const withInput = (...fields: readonly Bytes[]) => model({ inputs: [fields.flat()] });
const constant = (name: string) => tensor(2, [1], text(8, name), part(9, 1));
const one = [int(1, 1)];

type Refusal = readonly [title: string, bytes: Uint8Array, reason: RegExp];

const MALFORMED: readonly Refusal[] = [
  ['no bytes', new Uint8Array(0), /no graph/],
  ['text', Buffer.from('this is no protobuf'), /ModelProto/],
  ['a web page', Buffer.from('<!DOCTYPE html><html></html>'), /ModelProto/],
  ['a field 0', model({ fields: [0, 0] }), /field 0/],
  ['an unknown field behind the model', model({ fields: int(99, 1) }), /field 99/],
  ['zeros behind the model', model({ fields: [0, 0, 0, 0] }), /ModelProto has a field 0/],
  ['half a tag behind the model', model({ fields: [0x80] }), /no protobuf/],
  ['a tag of six bytes', model({ fields: [0x88, 0x80, 0x80, 0x80, 0x80, 0x01, 0] }), /no protobuf/],
  ['a group', model({ fields: [...key(7, 3), ...key(7, 4)] }), /there twice|wire type 3/],
  ['a length beyond the file', model({ fields: [...key(14, 2), ...varint(100), 1] }), /ends after the message/],
  [
    'a field that ends after its message',
    model({ fields: [...part(8, 0x10), 1] }),
    /OperatorSetIdProto ends inside a field/,
  ],
  ['a length of 2^35', model({ fields: [...key(14, 2), ...varint(2n ** 35n)] }), /no protobuf/],
  ['two graphs', model({ fields: part(7) }), /ModelProto.graph is there twice/],
  ['a graph of another wire type', Uint8Array.from([...int(1, 8), ...int(7, 1)]), /ModelProto.graph has wire type 0/],
  ['no graph', Uint8Array.from([...int(1, 8), ...part(8, ...int(2, 17))]), /no graph/],
  ['no operator versions', model({ opset: [] }), /which version of the standard operators/],
  ['only other operator versions', model({ opset: part(8, ...text(1, 'org'), ...int(2, 1)) }), /which version/],
  ['two versions of the standard operators', model({ fields: part(8, ...text(1, 'ai.onnx'), ...int(2, 9)) }), /twice/],
  ['an operator of an unnamed domain', withNodes(node('Relu', ['x'], ['y'], text(7, 'org'))), /domain "org"/],
  ['no outputs', model({ outputs: [] }), /no outputs/],
  ['two equal inputs', model({ inputs: [value('x', 1, one), value('x', 1, one)] }), /inputs are called "x"/],
  ['two equal outputs', model({ outputs: [value('y', 1, one), value('y', 1, one)] }), /outputs are called "y"/],
  ['two equal initialisers', withConstants(constant('k'), constant('k')), /two initialisers "k"/],
  ['a nameless initialiser', withConstants(tensor(2, [1], part(9, 1))), /initialiser 0 has no name/],
  ['a nameless input', withInput(value('', 1, one)), /input has no name/],
  ['an input without a type', withInput(text(1, 'x')), /input "x" is of data type 0/],
  ['an input of data type 99', withInput(value('x', 99, one)), /data type 99/],
  ['a negative size', withInput(value('x', 1, [int(1, -1)])), /input "x" has a dimension of -1/],
  ['a size beyond 2^53', withInput(value('x', 1, [int(1, 2n ** 53n)])), /beyond 2\^53/],
  ['a size with a name', withInput(value('x', 1, [[...int(1, 2), ...text(2, 'n')]])), /both a size and a name/],
  ['a node without an operator', withNodes(node('', ['x'], ['y'])), /no operator/],
  ['a node without outputs', withNodes(node('Relu', ['x'], ['y']), node('Relu', ['x'], [])), /no outputs/],
  ['an undefined operand', withNodes(node('Add', ['x', 'w'], ['y'], text(3, 'sum'))), /node "sum" \(Add\) reads "w"/],
  ['an output that nobody makes', withNodes(node('Relu', ['x'], ['z'])), /list of outputs reads "y"/],
  ['a value made twice', withNodes(node('A', ['x'], ['y']), node('B', ['x'], ['y'])), /node 1 \(B\) makes "y"/],
  ['a value made twice by one node', withNodes(node('A', ['x'], ['y', 'y'])), /makes "y", which is made already/],
  ['an input overwritten', withNodes(node('A', ['x'], ['x', 'y'])), /makes "x", which is made already/],
  [
    'a constant overwritten',
    model({ constants: [constant('k')], nodes: [node('A', ['x'], ['k', 'y'])] }),
    /makes "k", which is made already/,
  ],
  ['a node that reads its own output', withNodes(node('A', ['y'], ['y'])), /node 0 \(A\) depends on its own output/],
  [
    'a cycle',
    withNodes(node('A', ['x', 'c'], ['a']), node('B', ['a'], ['b']), node('C', ['b'], ['c']), node('D', ['a'], ['y'])),
    /depends on its own output/,
  ],
  [
    'two equal attributes',
    withAttributes(attribute('a', 2), attribute('a', 2)),
    /node "n" \(Any\) has two attributes "a"/,
  ],
  ['a nameless attribute', withAttributes(attribute('', 2)), /attribute of node "n" \(Any\) has no name/],
  ['an attribute without a type', withAttributes(part(5, ...text(1, 'a'), ...int(3, 1))), /is of type 0/],
  ['an attribute of type 15', withAttributes(attribute('a', 15)), /is of type 15/],
  [
    'an attribute of two kinds',
    withAttributes(attribute('a', 2, int(3, 1), packed(8, 1))),
    /type int, and has a value in "ints"/,
  ],
  [
    'an attribute of another kind than its type',
    withAttributes(attribute('a', 2, [...key(2, 5), ...float32(1)])),
    /type int, and has a value in "f"/,
  ],
  ['a tensor attribute without a tensor', withAttributes(attribute('a', 4)), /has no tensor/],
  [
    'a bad tensor in an attribute',
    withAttributes(attribute('a', 4, part(5, ...tensor(1, [1])))),
    /attribute "a" of node "n"/,
  ],
  ['a text that is no UTF-8', withAttributes(attribute('a', 3, part(4, 0xc3, 0x28))), /no UTF-8/],
  ['a name that is no UTF-8', withNodes([...node('A', ['x'], ['y']), ...part(3, 0xff)]), /no protobuf/],
  ['half an integer in a list', withAttributes(attribute('a', 7, part(8, 0x80))), /ends inside an element/],
];

const UNSUPPORTED: readonly Refusal[] = [
  ['opset 0', model({ opset: part(8, ...int(2, 0)) }), /opset 0, outside 1 to 27/],
  ['opset 28', model({ opset: part(8, ...int(2, 28)) }), /opset 28/],
  ['opset -1', model({ opset: part(8, ...int(2, -1)) }), /opset -1/],
  ['opset 2^32 + 17', model({ opset: part(8, ...int(2, 2n ** 32n + 17n)) }), /opset 4294967313/],
  ['IR version 2', model({ ir: 2 }), /IR version 2, outside 3 to 13/],
  ['IR version 14', model({ ir: 14 }), /IR version 14/],
  ['external data', withConstants(tensor(1, [1], text(8, 'k'), int(14, 1))), /external data \(tensor "k"\)/],
  ['sparse initialisers', model({ graphFields: part(15) }), /sparse initialisers/],
  ['a sequence as an input', withInput(text(1, 'x'), part(2, ...part(4))), /input "x", which is no tensor/],
  ['a map as an input', withInput(text(1, 'x'), part(2, ...part(5))), /no tensor/],
  ['an opaque input', withInput(text(1, 'x'), part(2, ...part(7))), /no tensor/],
  ['a sparse tensor as an input', withInput(text(1, 'x'), part(2, ...part(8))), /no tensor/],
  ['an optional input', withInput(text(1, 'x'), part(2, ...part(9))), /no tensor/],
  ['a sequence as an output', model({ outputs: [[...text(1, 'y'), ...part(2, ...part(4))]] }), /output "y"/],
  [
    'a function of its own',
    model({ fields: part(25, ...text(1, 'Relu'), ...text(10, 'ai.onnx')) }),
    /function of its own/,
  ],
  ['an overloaded operator', withNodes(node('Relu', ['x'], ['y'], text(8, 'fast'))), /overloaded operator/],
  [
    'a reference to a function',
    withAttributes(part(5, ...text(1, 'a'), ...int(20, 2), ...text(21, 'b'))),
    /function's attribute/,
  ],
];

const TOO_LARGE: readonly Refusal[] = [
  ['nine dimensions of an input', withInput(value('x', 1, Array(9).fill(int(1, 1)))), /dimensions \(input "x"\) of 9/],
  ['an inflated initialiser', withConstants(tensor(1, [2 ** 40], text(8, 'k'), part(9, 0, 0, 0, 0))), /tensor "k"/],
  ['an inflated attribute', withAttributes(attribute('a', 4, part(5, ...tensor(1, [2 ** 40])))), /attribute "a"/],
];

describe('refusing a model', () => {
  const groups: readonly [ErrorCode, readonly Refusal[]][] = [
    ['onnx.malformed', MALFORMED],
    ['onnx.unsupported', UNSUPPORTED],
    ['onnx.too_large', TOO_LARGE],
  ];
  for (const [code, refusals] of groups)
    for (const [title, bytes, reason] of refusals)
      it(`should refuse ${title}: ${code}`, () => {
        expect(rejects(code, () => readModel(bytes)).message).to.match(reason);
      });

  it('should shorten and escape the names that it quotes', () => {
    const long = `line\n${'x'.repeat(100_000)}`;
    const { message } = rejects('onnx.malformed', () => readModel(withNodes(node(long, [long], ['y']))));
    expect(message.length).to.be.below(500);
    expect(message).not.to.include('\n');
  });

  it('should keep to each limit that it is given', () => {
    const bytes = model({
      constants: [constant('k'), constant('l')],
      nodes: [node('Add', ['x', 'k'], ['z']), node('Relu', ['z'], ['y'])],
    });
    readModel(bytes, { bytes: bytes.length, nodes: 2, elements: 2, rank: 1 });
    for (const limits of [{ bytes: bytes.length - 1 }, { nodes: 1 }, { entries: 10 }, { elements: 1 }, { rank: 0 }])
      rejects('onnx.too_large', () => readModel(bytes, limits));
  });

  it('should count before it decodes: a million nodes of two bytes', () => {
    const nodes = new Uint8Array(2_000_000);
    for (let i = 0; i < nodes.length; i += 2) nodes[i] = 0x0a;
    const bytes = Buffer.concat([Buffer.from([...int(1, 8), ...key(7, 2), ...varint(nodes.length)]), nodes]);
    expect(rejects('onnx.too_large', () => readModel(bytes)).message).to.match(/nodes of 200001/);
  });

  it('should count before it decodes: ten million integers of one byte', () => {
    const ints = Buffer.alloc(10_000_000, 1);
    const wrap = (id: number, ...chunks: readonly Uint8Array[]) => {
      const inner = Buffer.concat(chunks);
      return Buffer.concat([Buffer.from([...key(id, 2), ...varint(inner.length)]), inner]);
    };
    const list = wrap(5, Buffer.from([...text(1, 'a'), ...int(20, 7)]), wrap(8, ints));
    const bytes = wrap(7, wrap(1, list));
    expect(rejects('onnx.too_large', () => readModel(bytes)).message).to.match(/fields and list elements/);
  });

  /** `depth` messages, each the only field of the next, the last of `ids` outermost: built from the inside, in linear time. */
  const nested = (ids: readonly number[], depth: number): number[] => {
    const heads: number[][] = [];
    let size = 0;
    for (let level = 0; level < depth; level++) {
      const head = [...key(ids[level % ids.length] as number, 2), ...varint(size)];
      heads.push(head);
      size += head.length;
    }
    return heads.reverse().flat();
  };

  it('should not follow graphs inside graphs', () => {
    const body = [...text(1, 'then'), ...int(20, 5), ...nested([5, 1, 6], 60_000)];
    const bytes = model({ nodes: [[...node('If', ['x'], ['y']), ...message(5, body)]] });
    expect(readModel(bytes).nodes[0]?.attributes.get('then')).to.deep.equal({ kind: 'graph' });
  });

  it('should not follow types inside types, nor groups inside groups', () => {
    const ofType = (...ids: readonly number[]) =>
      model({ inputs: [[...text(1, 'x'), ...message(2, nested(ids, 60_000))]] });
    rejects('onnx.unsupported', () => readModel(ofType(1, 4)));
    rejects('onnx.malformed', () => readModel(ofType(4, 1)));
    rejects('onnx.malformed', () => readModel(new Uint8Array(100_000).fill(key(14, 3)[0] as number)));
  });
});
