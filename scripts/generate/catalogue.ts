/** The smallest model of every ONNX operator that compiles: what docs/spec/operators.md is measured with, and tests run. */
import { contracting } from './catalogue/contracting.ts';
import { elementwise } from './catalogue/elementwise.ts';
import { movement } from './catalogue/movement.ts';
import { reducing } from './catalogue/reducing.ts';
import type { Entry } from './catalogue/specimen.ts';

export type { Entry } from './catalogue/specimen.ts';

/** One operator may have several entries; each operator with a lowering has one (test/core/semantics/operators.test.ts). */
export const CATALOGUE: readonly Entry[] = [...elementwise, ...contracting, ...reducing, ...movement];
