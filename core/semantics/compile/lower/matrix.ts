/** MatMul (opset 1 to 13) and Gemm (opset 1 to 13): Dots over the shared axis. */
import { broadcastShape } from '../broadcast.ts';
import type { Lowering } from '../context.ts';
import { contraction } from '../contraction.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { expand, squeeze, transpose, unsqueeze } from '../value.ts';

const matmul: Lowering = (c) => {
  const [a, b] = [c.input(0, 'A'), c.input(1, 'B')];
  c.dtypes(['float32'], a, b);
  return [product(c, a, b)];
};

/** numpy.matmul: a vector on the left is a row, on the right a column, and that axis vanishes again. */
const product = (c: Parameters<Lowering>[0], a: Value, b: Value): Value => {
  if (a.shape.length === 0 || b.shape.length === 0) c.refuse('a scalar has no matrix product');
  const x = a.shape.length === 1 ? unsqueeze(a, 0) : a;
  const y = b.shape.length === 1 ? unsqueeze(b, 1) : b;
  const [rows, terms] = x.shape.slice(-2) as [number, number];
  const [depth, columns] = y.shape.slice(-2) as [number, number];
  const batch = broadcastShape([x.shape.slice(0, -2), y.shape.slice(0, -2)]);
  if (terms !== depth || batch === undefined) return c.refuse(`[${a.shape}] and [${b.shape}] have no matrix product`);
  const space = [...batch, rows, columns];
  const left = expand(unsqueeze(x, x.shape.length - 1), [...space, terms]);
  const flipped = transpose(y, [...y.shape.slice(0, -2).map((_, i) => i), y.shape.length - 1, y.shape.length - 2]);
  const right = expand(unsqueeze(flipped, y.shape.length - 2), [...space, terms]);
  const result = contraction(c.builder, { space, inner: [terms], left: { view: left }, right: { view: right } });
  const rank = space.length;
  return squeeze(result, [...(a.shape.length === 1 ? [rank - 2] : []), ...(b.shape.length === 1 ? [rank - 1] : [])]);
};

/** alpha * A' * B' + beta * C. With alpha = beta = 1 and C one row, C is the bias of the Dots; otherwise every step rounds. */
const gemm: Lowering = (c) => {
  const [a, b, added] = [c.input(0, 'A'), c.input(1, 'B'), c.inputs[2]];
  c.dtypes(['float32'], a, b);
  if (a.shape.length !== 2 || b.shape.length !== 2) c.refuse(`[${a.shape}] and [${b.shape}] are not matrices`);
  const x = c.int('transA', 0) === 0 ? a : transpose(a, [1, 0]);
  const y = c.int('transB', 0) === 0 ? transpose(b, [1, 0]) : b;
  const [rows = 0, terms = 0] = x.shape;
  const [columns = 0, depth = 0] = y.shape;
  if (terms !== depth) c.refuse(`[${x.shape}] and [${depth}, ${columns}] have no matrix product`);
  const [alpha, beta] = [c.float('alpha', 1), c.float('beta', 1)];
  const space = [rows, columns];
  if (added && broadcastShape([space, added.shape])?.join() !== space.join())
    c.refuse(`C [${added.shape}] does not broadcast to [${space}]`);
  const left = { view: expand(unsqueeze(x, 1), [...space, terms]) };
  const right = { view: expand(unsqueeze(y, 0), [...space, terms]) };
  const inBias = added !== undefined && alpha === 1 && beta === 1 && (added.shape.length < 2 || added.shape[0] === 1);
  const dots = contraction(c.builder, { space, inner: [terms], left, right, bias: inBias ? added : undefined });
  if (inBias) return [dots];
  const scaled = alpha === 1 ? dots : c.float32('Mul', dots, alpha);
  if (!added || beta === 0) return [scaled];
  return [c.float32('Add', scaled, beta === 1 ? added : c.float32('Mul', added, beta))];
};

export const matrix: Family = { MatMul: { since: 1, lower: matmul }, Gemm: { since: 1, lower: gemm } };
