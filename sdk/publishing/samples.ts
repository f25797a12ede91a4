/** Inputs to measure a model with, when there are none or too few: numbers of the kind that each input takes. Seeded. */
import { DTYPES } from '#core/commitment/dtype.ts';
import type { Program, ProgramInput } from '#core/semantics/program.ts';
import type { Tensor } from '#core/tensor.ts';
import { elementCount } from '#core/tensor.ts';

/** What whole numbers an input takes: 0 <= value < limit. By input number; absent where nothing says. */
export type IndexRanges = ReadonlyMap<number, number>;

/**
 * An input that reaches a Gather as its index has as many values as there is to gather from. Integer arithmetic on the way (a fix for
 * negative indices) is looked through.
 */
export function indexRanges({ operators }: Program): IndexRanges {
  const ranges = new Map<number, number>();
  const origins: Set<number>[] = [];
  operators.forEach(({ kind, dtype, inner, operands }) => {
    const reach = new Set<number>();
    const from = operands.map((access) => {
      if (access?.source.from === 'input') return new Set([access.source.index]);
      return (access?.source.from === 'operator' && origins[access.source.index]) || new Set<number>();
    });
    if (kind === 'Gather')
      for (const input of from[1] ?? [])
        ranges.set(input, Math.min(ranges.get(input) ?? Number.POSITIVE_INFINITY, elementCount(inner)));
    if (dtype !== 'float32') for (const set of from) for (const input of set) reach.add(input);
    origins.push(reach);
  });
  return ranges;
}

/** `count` items, each with one tensor per program input. Floats are normal with deviation 1. */
export function generateItems(program: Program, count: number, seed = 1): Tensor[][] {
  const ranges = indexRanges(program);
  const uniform = generator(seed);
  return Array.from({ length: count }, () =>
    program.inputs.map((input, index) => generate(input, ranges.get(index), uniform)),
  );
}

function generate({ dtype, shape }: ProgramInput, limit: number | undefined, uniform: () => number): Tensor {
  const { Data, min, max } = DTYPES[dtype];
  const data = new Data(elementCount(shape));
  const below = (n: number) => Math.floor(uniform() * n);
  for (let i = 0; i < data.length; i++) {
    if (data instanceof BigInt64Array) data[i] = BigInt(below(limit ?? FEW));
    else if (dtype === 'float32') data[i] = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    else if (limit !== undefined || dtype === 'int32') data[i] = below(limit ?? FEW);
    else data[i] = Number(min) + below(Number(max - min) + 1);
  }
  return { dtype, shape, data };
}

/** Values of a wide integer input of which nothing says what it means: labels, counts, flags are small. */
const FEW = 10;

/** xorshift32, in [0, 1). */
function generator(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
