import { DTYPES } from '#core/commitment/dtype.ts';
import type { Program } from '#core/semantics/program.ts';
import { elementCount, type Tensor } from '#core/tensor.ts';
import type { Seeded } from './seeded.ts';

/** Inputs of a program: normal floats, indices below 60 as int64, zeros and ones otherwise. */
export function randomInputs({ inputs }: Program, random: Seeded): Tensor[] {
  return inputs.map(({ dtype, shape }): Tensor => {
    const data = new DTYPES[dtype].Data(elementCount(shape));
    if (data instanceof Float32Array) for (let i = 0; i < data.length; i++) data[i] = random.normal();
    else if (data instanceof BigInt64Array) for (let i = 0; i < data.length; i++) data[i] = BigInt(random.int(60));
    else for (let i = 0; i < data.length; i++) data[i] = random.int(2);
    return { dtype, shape, data };
  });
}
