/** An operator's record in words that need no ONNX. */
import { floatOfBits } from '../semantics/primitives/elementwise.ts';
import type { Access, Operator } from '../semantics/program.ts';
import { elementCount } from '../tensor.ts';

/** `Dot of operator 3 float32, constant 0 float32 over 64 terms, to float32 [1, 10]`. */
export function describe({ kind, operands, inner, dtype, shape, attribute }: Operator): string {
  const from = operands.map((access) => (access ? source(access) : 'nothing')).join(', ');
  const over = inner.length > 0 ? ` over ${elementCount(inner)} ${kind.endsWith('Dot') ? 'terms' : 'candidates'}` : '';
  return `${kind}${meaning(kind, attribute)} of ${from}${over}, to ${dtype} [${shape.join(', ')}]`;
}

const source = ({ source: { from, index }, dtype }: Access): string => `${from} ${index} (${dtype})`;

function meaning(kind: Operator['kind'], attribute: number): string {
  if (kind === 'Pow') return ` ${floatOfBits(attribute)}`;
  if (kind === 'TopK') return attribute === 1 ? ', the largest' : ', the smallest';
  if (kind === 'Dot' && attribute === 1) return ' of a range';
  return '';
}
