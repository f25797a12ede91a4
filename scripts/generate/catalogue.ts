/** The smallest model of every ONNX operator that compiles: what docs/spec/operators.md is measured with, and tests run. */
import { contracting } from './catalogue/contracting.ts';
import { elementwise } from './catalogue/elementwise.ts';
import { movement } from './catalogue/movement.ts';
import { reducing } from './catalogue/reducing.ts';
import type { Entry } from './catalogue/specimen.ts';

export type { Entry, Specimen } from './catalogue/specimen.ts';

/** By operator; one may have several entries. Operators that do not compile (yet) do no harm: they have no row. */
export const CATALOGUE: readonly Entry[] = [...elementwise, ...contracting, ...reducing, ...movement];
