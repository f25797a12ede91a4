/** The reference executor: Dots by shape, whole models against ONNX Runtime in one run, hashing, functions, memory. */
import { benchModels, type ModelRow } from './models.ts';
import { benchShapes, type ShapeRow } from './shapes.ts';
import { benchSingle, type SingleReport } from './single.ts';

export interface ReferenceReport {
  readonly shapes: readonly ShapeRow[];
  readonly models: readonly ModelRow[];
  readonly single: SingleReport;
}

export async function benchReference(): Promise<ReferenceReport> {
  return { shapes: await benchShapes(), models: await benchModels(), single: await benchSingle() };
}
