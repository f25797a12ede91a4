/** Single functions: hashing, and the correctly rounded ones. */
import { commitTensor } from '#core/commitment/tensor.ts';
import { erf } from '#core/semantics/functions/erf.ts';
import { exp } from '#core/semantics/functions/exp.ts';
import { log } from '#core/semantics/functions/log.ts';
import { cos, sin } from '#core/semantics/functions/sinCos.ts';
import { tanh } from '#core/semantics/functions/tanh.ts';
import { tensor } from '#core/tensor.ts';
import { best } from './timing.ts';

export interface SingleReport {
  /** Megabytes (10^6) of tensor per second, leaves and nodes. */
  readonly hashing: number;
  /** Nanoseconds per call, inputs from -8 to 8. */
  readonly functions: Readonly<Record<string, number>>;
}

export function benchSingle(): SingleReport {
  const values = Float32Array.from({ length: 2_500_000 }, (_, i) => Math.fround(Math.sin(i) * 3));
  const whole = tensor('float32', [values.length], values);
  const hashing = values.byteLength / 1e3 / best(() => commitTensor(whole), 0.5);
  const inputs = Float32Array.from({ length: 100_000 }, (_, i) => ((i * 7919) % 100_003) / 6250 - 8);
  const out = new Float32Array(inputs.length);
  const perCall = (apply: (x: number) => number) =>
    (best(() => {
      for (let i = 0; i < inputs.length; i++) out[i] = apply(inputs[i] as number);
    }, 0.2) *
      1e6) /
    inputs.length;
  const functions = { Exp: exp, Log: (x: number) => log(Math.abs(x)), Tanh: tanh, Erf: erf, Sin: sin, Cos: cos };
  return {
    hashing,
    functions: Object.fromEntries(Object.entries(functions).map(([name, apply]) => [name, perCall(apply)])),
  };
}
