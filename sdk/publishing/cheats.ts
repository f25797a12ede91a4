/** What a tolerance catches of the ways to save work that a node may be tempted by, on the sampled items. */
import type { PublishedTolerance } from '#core/protocol/publishedTolerance.ts';
import { unpackTolerance } from '#core/protocol/publishedTolerance.ts';
import type { ExecuteOptions } from '#core/semantics/execute/execute.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import type { Program } from '#core/semantics/program.ts';
import { acceptable } from '#core/semantics/tolerance/accept.ts';
import {
  int8RoundTrip,
  roundedProducts,
  roundToHalf,
  roundToTf32,
  withWeights,
} from '#core/semantics/tolerance/coarser.ts';
import { type Deviations, deviationsOf, excessOf } from '#core/semantics/tolerance/fit.ts';
import type { Tensor } from '#core/tensor.ts';
import type { AssessedCheat } from './assessment.ts';

export interface Referenced {
  readonly item: readonly Tensor[];
  readonly reference: readonly Tensor[];
}

/** One way to cheat, done to every sampled item. */
export interface Cheat {
  readonly name: string;
  readonly done: readonly { readonly reference: readonly Tensor[]; readonly outputs: readonly Tensor[] }[];
}

export function cheatsOn(program: Program, sampled: readonly Referenced[]): Cheat[] {
  const cheat = (name: string, coarser: Program, options?: ExecuteOptions): Cheat => ({
    name,
    done: sampled.map(({ item, reference }) => ({ reference, outputs: execute(coarser, item, options).outputs })),
  });
  return [
    cheat('TF32 products', program, { alter: roundedProducts(roundToTf32) }),
    cheat(
      'fp16 weights',
      withWeights(program, (weights) => weights.map(roundToHalf)),
    ),
    cheat('int8 weights', withWeights(program, int8RoundTrip)),
  ];
}

/** Of every item under every cheat, all outputs together. */
export function deviationsOfCheats(cheats: readonly Cheat[]): Deviations[] {
  return cheats.flatMap(({ done }) => done.map(({ reference, outputs }) => together(reference, outputs)));
}

function together(reference: readonly Tensor[], outputs: readonly Tensor[]): Deviations {
  const found = reference.map((tensor, i) => deviationsOf(tensor, [outputs[i] as Tensor]));
  const joined = (lists: readonly Float64Array[]) => Float64Array.from(lists.flatMap((list) => [...list]));
  return { size: joined(found.map(({ size }) => size)), deviation: joined(found.map(({ deviation }) => deviation)) };
}

export function assessCheat({ name, done }: Cheat, tolerance: PublishedTolerance): AssessedCheat {
  const stated = unpackTolerance(tolerance);
  const excesses = done.map(({ reference, outputs }) => excessOf(together(reference, outputs), stated));
  excesses.sort((a, b) => a - b);
  const caught = done.filter(({ reference, outputs }) => !acceptable(outputs, reference, tolerance)).length;
  const samples = done.length;
  const [least = 0, median = 0] = [excesses[0], excesses[samples >> 1]];
  return { name, samples, caught: samples === 0 ? 0 : caught / samples, least, median };
}
