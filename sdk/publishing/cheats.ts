/** What a tolerance catches of the ways to save work that a node may be tempted by, on the sampled items. */
import type { PublishedTolerance } from '#core/protocol/publishedTolerance.ts';
import { unpackTolerance } from '#core/protocol/publishedTolerance.ts';
import type { ExecuteOptions } from '#core/semantics/execute/execute.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import type { Program } from '#core/semantics/program.ts';
import { firstUnacceptable } from '#core/semantics/tolerance/accept.ts';
import {
  int8RoundTrip,
  roundedProducts,
  roundToHalf,
  roundToTf32,
  withWeights,
} from '#core/semantics/tolerance/coarser.ts';
import type { Tensor } from '#core/tensor.ts';
import type { AssessedCheat } from './assessment.ts';

interface Cheat {
  readonly name: string;
  readonly program: Program;
  readonly options: ExecuteOptions;
}

export interface Referenced {
  readonly item: readonly Tensor[];
  readonly reference: readonly Tensor[];
}

export function assessCheats(
  program: Program,
  sampled: readonly Referenced[],
  tolerance: PublishedTolerance,
): AssessedCheat[] {
  const cheats: readonly Cheat[] = [
    { name: 'TF32 products', program, options: { alter: roundedProducts(roundToTf32) } },
    { name: 'fp16 weights', program: withWeights(program, (weights) => weights.map(roundToHalf)), options: {} },
    { name: 'int8 weights', program: withWeights(program, int8RoundTrip), options: {} },
  ];
  return cheats.map((cheat) => assessCheat(cheat, sampled, tolerance));
}

function assessCheat(
  { name, program, options }: Cheat,
  sampled: readonly Referenced[],
  tolerance: PublishedTolerance,
): AssessedCheat {
  const overshoots: number[] = [];
  let caught = 0;
  for (const { item, reference } of sampled) {
    const { outputs } = execute(program, item, options);
    if (reference.some((tensor, i) => firstUnacceptable(outputs[i] as Tensor, tensor, tolerance) >= 0)) caught++;
    overshoots.push(Math.max(...reference.map((tensor, i) => overshoot(outputs[i] as Tensor, tensor, tolerance))));
  }
  overshoots.sort((a, b) => a - b);
  const samples = sampled.length;
  const [least = 0, median = 0] = [overshoots[0], overshoots[samples >> 1]];
  return { name, samples, caught: samples === 0 ? 0 : caught / samples, least, median };
}

/** Largest distance over allowance; in float64, for the report. */
function overshoot(got: Tensor, reference: Tensor, tolerance: PublishedTolerance): number {
  const { abs, rel } = unpackTolerance(tolerance);
  let most = 0;
  reference.data.forEach((value: number | bigint, i: number) => {
    const [r, y] = [Number(value), Number(got.data[i])];
    if (y === r || (Number.isNaN(y) && Number.isNaN(r))) return;
    const distance = reference.dtype === 'float32' ? Math.abs(y - r) : Number.POSITIVE_INFINITY;
    const allowed = abs + rel * Math.abs(r);
    most = Math.max(most, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance / allowed);
  });
  return most;
}
