/** What is read of a model's card.json. */
import { readFileSync } from 'node:fs';
import type { Tolerance } from '#core/tolerance.ts';

export interface ToleranceOfCard extends Tolerance {
  /** By output, where one differs. */
  readonly outputs?: Readonly<Record<string, Tolerance>>;
}

export const toleranceFor = (tolerance: ToleranceOfCard, output: string): Tolerance =>
  tolerance.outputs?.[output] ?? tolerance;

/** Throws an Error that names the file and what is wrong in it. */
export function readTolerance(file: string): ToleranceOfCard {
  try {
    const { tolerance } = JSON.parse(readFileSync(file, 'utf8'));
    for (const one of [tolerance, ...Object.values<Tolerance>(tolerance?.outputs ?? {})])
      if (!(one?.abs >= 0 && one?.rel >= 0)) throw new Error('it has no "tolerance": {"abs": ..., "rel": ...}');
    return tolerance;
  } catch (error) {
    throw new Error(`${file} is no card: ${(error as Error).message}`, { cause: error });
  }
}
