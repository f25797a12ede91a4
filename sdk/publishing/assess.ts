/** Finds out what a version should promise: compiles the model, runs it by reference and by ONNX Runtime, and fits a tolerance. */
import { sha256 } from '@noble/hashes/sha2.js';
import { ProtocolError } from '#core/errors.ts';
import { toHex } from '#core/hex.ts';
import type { NamedTensors } from '#core/protocol/rows.ts';
import { itemFrom, splitRows } from '#core/protocol/rows.ts';
import type { IoSchema } from '#core/protocol/schema.ts';
import { parseSchema } from '#core/protocol/schema.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { multiplyAdds } from '#core/semantics/cost.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import type { Program } from '#core/semantics/program.ts';
import { programRoot } from '#core/semantics/record.ts';
import { sidesDifference, sidesOf } from '#core/semantics/sides.ts';
import { nudge, withWeights } from '#core/semantics/tolerance/coarser.ts';
import { continuityOf, type OutputContinuity } from '#core/semantics/tolerance/continuity.ts';
import { nonFiniteWeight } from '#core/semantics/tolerance/finiteWeights.ts';
import { type Deviations, deviationsOf, fitTolerance, MARGIN, withRounding } from '#core/semantics/tolerance/fit.ts';
import { saturationOf } from '#core/semantics/tolerance/saturation.ts';
import type { Tensor } from '#core/tensor.ts';
import type { AssessedCheat, AssessedOutput, Assessment } from './assessment.ts';
import { assessCheat, cheatsOn, deviationsOfCheats, type Referenced } from './cheats.ts';
import { type Results, runAllWays } from './runtimes.ts';
import { generateItems } from './samples.ts';

export interface AssessOptions {
  /** Inputs by name; of a ROWS version each row is an item. */
  readonly samples?: readonly NamedTensors[];
  /** Items to generate besides. Default: 64 without samples, else none, because inputs that nobody sends widen a tolerance. */
  readonly generate?: number;
  readonly seed?: number;
}

/** A tolerance that allows more than this share of an output's largest value means little. */
const MOST_DEVIATION = 1e-2;
/** Items whose sensitivity is measured: each is run twice more. */
const SENSITIVE_ITEMS = 8;
/** A cheat that is caught less often than this makes advice worth its words. */
const CAUGHT_ENOUGH = 0.95;

/**
 * `card`: what publishing reads of it, the schema. Throws `onnx.*`, `compile.*` for a model without a program, `publish.refused` if the
 * card is not the program's, `runtime.model_invalid` if ONNX Runtime cannot load it.
 */
export async function assess(onnx: Uint8Array, card: unknown, options: AssessOptions = {}): Promise<Assessment> {
  const hash = toHex(sha256(onnx)).slice(2);
  const schema = parseSchema(card);
  const program = withElements(compile(onnx));
  const difference = sidesDifference(schema, sidesOf(program));
  if (difference !== undefined) throw new ProtocolError('publish.refused', { reason: difference });
  const { samples = [], seed } = options;
  const given = samples.flatMap((sample) => itemsOf(schema, sample));
  const generated = generateItems(program, options.generate ?? (given.length > 0 ? 0 : 64), seed);
  const items = [...given, ...generated];
  const sampled = items.map((item): Referenced => ({ item, reference: execute(program, item).outputs }));
  const results = await runAllWays(onnx, hash, program, schema, items);
  const deviations = deviationsByOutput(program, sampled, results);
  const continuity = continuityOf(program);
  const sensitivities = sensitivitiesOf(program, sampled.slice(0, SENSITIVE_ITEMS));
  const outputs = program.outputs.map(({ name, dtype }, o): AssessedOutput => {
    const found = deviations[o] as readonly Deviations[];
    const scale = largest(found.map(({ size }) => size));
    return {
      name,
      dtype,
      continuity: (continuity[o] as OutputContinuity).continuity,
      scale,
      deviations: worstByWay(o, sampled, results),
      equal: shareOfZeros(found),
      sensitivity: scale === 0 ? 0 : (sensitivities[o] as number) / scale,
    };
  });
  const refusals = [...weightRefusals(program), ...refusalsOf(outputs, continuity)];
  const cheats = refusals.length === 0 ? cheatsOn(program, sampled) : [];
  const borne = deviations.flatMap((found, o) =>
    continuity[o]?.continuity === 'exact' ? found : found.map(withRounding),
  );
  const fitted = fitTolerance(borne, deviationsOfCheats(cheats));
  if (fitted === undefined && refusals.length === 0)
    refusals.push('ONNX Runtime and the reference differ by more than any tolerance can allow.');
  const tolerance = refusals.length === 0 ? fitted : undefined;
  const assessed = tolerance ? cheats.map((cheat) => assessCheat(cheat, tolerance)) : [];
  const rejected = items.filter((_, i) => [...results.values()].some((all) => all[i] === undefined)).length;
  return {
    sha256: hash,
    programRoot: programRoot(program),
    multiplyAdds: multiplyAdds(program),
    operators: program.operators.length,
    samples: items.length,
    rejected,
    outputs,
    tolerance,
    refusals,
    cheats: assessed,
    advice: adviceOf(program, assessed),
  };
}

/** Without the outputs that no schema can list: the others have the same places in both. The root is the same. */
const withElements = (program: Program): Program => ({
  ...program,
  outputs: program.outputs.filter(({ operator }) => operator !== undefined),
});

function itemsOf({ inputs, rows }: IoSchema, sample: NamedTensors): readonly (readonly Tensor[])[] {
  const tensors = itemFrom(inputs, sample);
  return rows ? splitRows(inputs, tensors) : [tensors];
}

/** By output, then by item; items that ONNX Runtime refused say nothing. */
function deviationsByOutput(program: Program, sampled: readonly Referenced[], results: Results): Deviations[][] {
  return program.outputs.map((_, o) =>
    sampled.flatMap(({ reference }, i) => {
      const found = [...results.values()].flatMap((all) => all[i]?.[o] ?? []);
      return found.length > 0 ? [deviationsOf(reference[o] as Tensor, found)] : [];
    }),
  );
}

function worstByWay(output: number, sampled: readonly Referenced[], results: Results): Record<string, number> {
  return Object.fromEntries(
    [...results].map(([way, all]) => {
      const found = sampled.flatMap(({ reference }, i) => {
        const got = all[i]?.[output];
        return got ? [deviationsOf(reference[output] as Tensor, [got]).deviation] : [];
      });
      return [way, largest(found)];
    }),
  );
}

/** Largest change of each output under two sets of nudged weights and inputs. */
function sensitivitiesOf(program: Program, sampled: readonly Referenced[]): number[] {
  const worst = program.outputs.map(() => 0);
  for (const salt of [1, 2]) {
    const nudged = withWeights(program, (weights, index) => nudge(weights, salt * 1_000 + index));
    for (const { item, reference } of sampled) {
      const moved = item.map((tensor, i) =>
        tensor.dtype === 'float32'
          ? { ...tensor, data: nudge(tensor.data as Float32Array, salt * 1_000_000 + i) }
          : tensor,
      );
      execute(nudged, moved).outputs.forEach((output, o) => {
        worst[o] = Math.max(worst[o] as number, largest([deviationsOf(reference[o] as Tensor, [output]).deviation]));
      });
    }
  }
  return worst;
}

/** Infinities and NaNs in masks are fine, but a sum of products with such a weight is none that could be within anything. */
function weightRefusals(program: Program): string[] {
  const found = nonFiniteWeight(program);
  return found === undefined ? [] : [`A weight of ${found.kind} (operator ${found.operator}) is not a finite number.`];
}

function refusalsOf(outputs: readonly AssessedOutput[], continuity: readonly OutputContinuity[]): string[] {
  return outputs.flatMap(({ name, scale, deviations, sensitivity }, o) => {
    const cause = continuity[o]?.cause;
    if (cause)
      return [
        `Output ${name} can jump: ${cause.kind} (operator ${cause.operator}) of a value computed in floats decides it.`,
      ];
    if (sensitivity > MOST_DEVIATION)
      return [
        `Output ${name} is chaotic: differences in the last place change it by ${percent(sensitivity)} of its size.`,
      ];
    const share = scale === 0 ? 0 : (MARGIN * Math.max(...Object.values(deviations))) / scale;
    if (share > MOST_DEVIATION)
      return [`Output ${name} is ill-conditioned: a tolerance would have to allow ${percent(share)} of its size.`];
    return [];
  });
}

function adviceOf(program: Program, cheats: readonly AssessedCheat[]): string[] {
  const missed = cheats.filter(({ caught }) => caught < CAUGHT_ENOUGH);
  if (missed.length === 0) return [];
  const names = missed.map(({ name, caught }) => `${name} (${percent(caught)} caught)`).join(', ');
  const saturation = saturationOf(program);
  const advice = program.outputs.flatMap(({ name }, o) => {
    const kind = saturation[o];
    return kind
      ? [`Name the tensor before the ${kind} of output ${name} as an output too: near its ends it hides ${names}.`]
      : [];
  });
  return advice.length > 0
    ? advice
    : [`Some coarser arithmetic passes: ${names}. More outputs, or exact mode, exclude it.`];
}

const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`;

function largest(lists: readonly Float64Array[]): number {
  let most = 0;
  for (const list of lists) for (const value of list) most = Math.max(most, value);
  return most;
}

function shareOfZeros(found: readonly Deviations[]): number {
  let zeros = 0;
  let all = 0;
  for (const { deviation } of found) {
    all += deviation.length;
    for (const value of deviation) if (value === 0) zeros++;
  }
  return all === 0 ? 1 : zeros / all;
}
