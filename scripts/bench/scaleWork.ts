/** Requests for measuring executors: what a node would put into its journal. */
import { createHash } from 'node:crypto';
import { encodeItems } from '#core/commitment/canonical.ts';
import { commitItems } from '#core/commitment/list.ts';
import { toHex } from '#core/hex.ts';
import { itemFrom } from '#core/protocol/rows.ts';
import { hashesOf, type IoSchema, parseSchema } from '#core/protocol/schema.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { multiplyAdds } from '#core/semantics/cost.ts';
import { programRoot } from '#core/semantics/record.ts';
import { tensorFrom } from '#core/tensor.ts';
import type { ExecutionFacts } from '#ports/work.ts';
import { perfModels } from '../generate/perfModels.ts';
import { loadInput, loadModel } from '../load/models.ts';

export interface Work {
  readonly name: string;
  readonly onnx: Uint8Array;
  readonly requests: number;
  /** Of the request of that number. */
  readonly facts: (number: number) => ExecutionFacts;
}

/** A result is held against the reference: a tolerance that any sum in float32 meets. */
const ATOL_BITS = 0x3727c5ac; // 1e-5
const SMALL_REQUESTS = 1_000;
const LARGE_REQUESTS = 150;

export function works(): readonly Work[] {
  const { onnx, card } = loadModel(0);
  const small = { onnx, schema: parseSchema(card), input: loadInput };
  const large = perfModels().find(({ name }) => name === 'resnet-5ms');
  if (!large) throw new Error('There is no model resnet-5ms.');
  const [name, shape] = large.input;
  const pixels = Array.from({ length: shape.reduce((product, dim) => product * dim, 1) }, (_, i) => Math.sin(i));
  const schema = parseSchema({
    inputs: [{ name, dtype: 'float32', shape: [...shape] }],
    outputs: [{ name: large.output[0], dtype: 'float32', shape: [...large.output[1]] }],
  });
  return [
    { ...work(small, true), name: 'perceptron, 4,352 multiply-adds, checked', requests: SMALL_REQUESTS },
    {
      ...work(
        { onnx: large.bytes, schema, input: () => ({ [name]: tensorFrom('float32', [...shape], pixels) }) },
        false,
      ),
      name: 'residual network of 5 ms, not checked',
      requests: LARGE_REQUESTS,
    },
  ];
}

interface Source {
  readonly onnx: Uint8Array;
  readonly schema: IoSchema;
  readonly input: (number: number) => ReturnType<typeof loadInput>;
}

/** `checked`: it names its program, so that each result is held against the reference. */
export function work({ onnx, schema, input }: Source, checked: boolean): Pick<Work, 'onnx' | 'facts'> {
  const sha256 = createHash('sha256').update(onnx).digest('hex');
  const { inputHeaders } = hashesOf(schema);
  const program = checked ? compile(onnx) : undefined;
  const version = {
    sha256,
    size: onnx.length,
    uris: [`file:${sha256}`],
    schema: { inputs: schema.inputs, outputs: schema.outputs },
    rows: schema.rows,
    exact: false,
    ...(program && {
      program: { root: programRoot(program), atol: ATOL_BITS, rtol: 0, multiplyAdds: Number(multiplyAdds(program)) },
    }),
  };
  return {
    onnx,
    facts: (number) => {
      const bytes = encodeItems(schema.inputs, [itemFrom(schema.inputs, input(number))]);
      const terms = { input: commitItems(inputHeaders, 1, bytes), deadline: 2 ** 33, items: 1, flags: 0 };
      return { terms, input: toHex(bytes), version };
    },
  };
}
