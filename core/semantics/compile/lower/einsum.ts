/** Einsum (opset 12) as sums of products: operands are contracted from the left, two at a time, each time over what nobody needs later. */
import type { Context, Lowering } from '../context.ts';
import { contraction } from '../contraction.ts';
import { integerContraction } from '../integerContraction.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { empty, expand } from '../value.ts';

/** A value whose axes have names; no name twice. Axes of an ellipsis are named by their place from the end: .0, .1, ... */
interface Named {
  readonly value: Value;
  readonly names: readonly string[];
}

const einsum: Lowering = (c) => {
  const inputs = [c.input(0, 'Inputs'), ...c.inputs.slice(1).map((_, i) => c.input(i + 1, 'Inputs'))];
  const [first] = inputs as [Value];
  c.dtypes(['float32', 'int32', 'int64'], ...inputs);
  for (const { dtype } of inputs) if (dtype !== first.dtype) c.refuse(`its inputs are ${first.dtype} and ${dtype}`);
  const equation = c.string('equation', '').replaceAll(' ', '');
  if (!/^[A-Za-z.,]*(->[A-Za-z.]*)?$/.test(equation)) c.refuse(`equation "${equation}" is not one`);
  const [left = '', right] = equation.split('->');
  const terms = left.split(',');
  if (terms.length !== inputs.length)
    c.refuse(`equation "${equation}" is for ${terms.length} inputs, not ${inputs.length}`);
  const operands = terms.map((term, i) => named(c, term, inputs[i] as Value));
  const sizes = sizesOf(c, operands);
  const output = right === undefined ? implied(left, operands) : outputNames(c, right, operands);
  for (const name of output) if (!sizes.has(name)) c.refuse(`output ${name} is in no input`);
  const shape = output.map((name) => sizes.get(name) as number);
  if (shape.includes(0)) return [empty(first.dtype, shape)];
  if (inputs.some(({ source }) => source === undefined)) return [expand(c.builder.scalar(first.dtype, 0), shape)];

  const [start, ...others] = operands as [Named, ...Named[]];
  let done = start;
  others.forEach((operand, i) => {
    const later = new Set([...output, ...others.slice(i + 1).flatMap(({ names }) => names)]);
    done = contracted(c, done, operand, later, sizes);
  });
  if (others.length === 0 && done.names.some((name) => !output.includes(name)))
    done = contracted(c, done, undefined, new Set(output), sizes);
  return [spread(done, output, sizes)];
};

/** The names of an operand's axes; a name twice is the diagonal. */
function named(c: Context, term: string, value: Value): Named {
  const rank = value.shape.length;
  const letters = term.replace('...', '');
  const open = rank - letters.length;
  if (letters.includes('.') || open < 0 || (open > 0 && !term.includes('...')))
    c.refuse(`term "${term}" does not fit [${value.shape}]`);
  const ellipsis = Array.from({ length: open }, (_, i) => `.${open - 1 - i}`);
  const at = term.includes('...') ? term.indexOf('...') : letters.length;
  const names = [...letters.slice(0, at), ...ellipsis, ...letters.slice(at)];
  const unique = [...new Set(names)];
  const shape: number[] = [];
  const strides: number[] = [];
  for (const name of unique) {
    const axes = names.flatMap((other, axis) => (other === name ? [axis] : []));
    const dims = new Set(axes.map((axis) => value.shape[axis] as number));
    if (dims.size > 1) c.refuse(`axes ${name} of [${value.shape}] differ`);
    shape.push(value.shape[axes[0] as number] as number);
    strides.push(axes.reduce((sum, axis) => sum + (value.strides[axis] as number), 0));
  }
  return { value: { ...value, shape, strides }, names: unique };
}

function sizesOf(c: Context, operands: readonly Named[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { names, value } of operands)
    names.forEach((name, axis) => {
      const dim = value.shape[axis] as number;
      const known = sizes.get(name) ?? 1;
      if (known !== 1 && dim !== 1 && known !== dim) c.refuse(`axis ${name} is ${known} and ${dim}`);
      sizes.set(name, known === 1 ? dim : known);
    });
  return sizes;
}

const ellipsisOf = (operands: readonly Named[]) => {
  const names = operands.flatMap((operand) => operand.names).filter((name) => name.startsWith('.'));
  return [...new Set(names)].sort((a, b) => Number(b.slice(1)) - Number(a.slice(1)));
};

/** Without an arrow: the ellipsis, then every letter that stands once, in alphabetical order. */
function implied(left: string, operands: readonly Named[]): string[] {
  const letters = [...left.replaceAll(/[.,]/g, '')];
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  return [...ellipsisOf(operands), ...once.sort()];
}

function outputNames(c: Context, right: string, operands: readonly Named[]): string[] {
  const letters = right.replace('...', '');
  if (letters.includes('.') || new Set(letters).size !== letters.length) c.refuse(`output "${right}" is not one`);
  const ellipsis = ellipsisOf(operands);
  const at = right.indexOf('...');
  if (at < 0 && ellipsis.length > 0) c.refuse(`output "${right}" leaves out the axes of the ellipsis`);
  if (at < 0) return [...letters];
  return [...letters.slice(0, at), ...ellipsis, ...letters.slice(at)];
}

/** The view of a value over named axes: stride 0 where it has no such axis, or one of 1. */
function spread({ value, names }: Named, wanted: readonly string[], sizes: ReadonlyMap<string, number>): Value {
  const axes = wanted.map((name) => names.indexOf(name));
  return {
    ...value,
    shape: wanted.map((name) => sizes.get(name) as number),
    strides: axes.map((axis) => (axis < 0 || value.shape[axis] === 1 ? 0 : (value.strides[axis] as number))),
  };
}

/** The product of two operands, or one alone, summed over the names that are not needed later. */
function contracted(
  c: Context,
  x: Named,
  y: Named | undefined,
  later: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
): Named {
  const all = [...new Set([...x.names, ...(y?.names ?? [])])];
  const kept = all.filter((name) => later.has(name));
  const summed = all.filter((name) => !later.has(name));
  const order = [...kept, ...summed];
  const space = kept.map((name) => sizes.get(name) as number);
  const inner = summed.map((name) => sizes.get(name) as number);
  const left = { view: spread(x, order, sizes) };
  const { dtype } = x.value;
  const view = y && spread(y, order, sizes);
  if (dtype === 'float32') {
    const value = contraction(c.builder, { space, inner, left, right: view && { view } });
    return { value, names: kept };
  }
  const ones = c.builder.scalar(dtype, 1);
  const right = { view: view ?? { ...ones, shape: left.view.shape, strides: left.view.shape.map(() => 0) } };
  return { value: integerContraction(c.builder, { dtype: dtype as 'int32', space, inner, left, right }), names: kept };
}

export const einsums: Family = { Einsum: { since: 12, lower: einsum } };
