/** Single functions: hashing, and the correctly rounded ones. */
import { commitTensor } from '#core/commitment/tensor.ts';
import { erf } from '#core/semantics/functions/erf.ts';
import { exp } from '#core/semantics/functions/exp.ts';
import { log } from '#core/semantics/functions/log.ts';
import { cos, sin } from '#core/semantics/functions/sinCos.ts';
import { tanh } from '#core/semantics/functions/tanh.ts';
import { tensor } from '#core/tensor.ts';
import { fastest } from './timing.ts';

export interface SingleReport {
  /** Megabytes (10^6) per second of a 10 MB float32 tensor, leaves and nodes. */
  readonly hashing: number;
  /** Nanoseconds per call, inputs from -8 to 8. */
  readonly functions: Readonly<Record<string, number>>;
}

const VALUES = 2_500_000;
const CALLS = 100_000;

export async function benchSingle(): Promise<SingleReport> {
  const values = Float32Array.from({ length: VALUES }, (_, i) => Math.sin(i) * 3);
  const whole = tensor('float32', [VALUES], values);
  const { hashing } = await fastest({ hashing: () => commitTensor(whole) }, 1);
  const inputs = Float32Array.from({ length: CALLS }, (_, i) => ((i * 7919) % 100_003) / 6250 - 8);
  const out = new Float32Array(CALLS);
  const functions = { Exp: exp, Log: (x: number) => log(Math.abs(x)), Tanh: tanh, Erf: erf, Sin: sin, Cos: cos };
  const kinds = Object.entries(functions).map(([name, apply]) => {
    const all = () => {
      for (let i = 0; i < CALLS; i++) out[i] = apply(inputs[i] as number);
    };
    return [name, all] as const;
  });
  const times = await fastest(Object.fromEntries(kinds), 0.3);
  return {
    hashing: values.byteLength / 1e3 / hashing,
    functions: Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, (ms * 1e6) / CALLS])),
  };
}
