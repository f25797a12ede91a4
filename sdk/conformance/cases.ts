// Folders of ONNX cases: DIR/[<suite>/]<case>/model.onnx and <case>/test_data_set_<k>/{input,output}_<n>.pb.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { OnnxTensor } from '#core/onnx/graph.ts';
import { decodeTensorProto } from '#core/onnx/tensorProto.ts';

export interface Case {
  readonly name: string;
  readonly model: Uint8Array;
  readonly dataSets: readonly DataSet[];
}

/** In the order of the graph's inputs and outputs. */
export interface DataSet {
  readonly name: string;
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
}

/** Folders between DIR and its cases at most: suites, and groups of suites. */
const MOST_SUITES = 3;

/** Paths from DIR, sorted. Files and folders without a model are no cases; a case holds no other cases. */
export function caseNames(dir: string): string[] {
  return namesIn(dir, '', MOST_SUITES).sort();
}

function namesIn(dir: string, suite: string, deeper: number): string[] {
  return readdirSync(path.join(dir, suite), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(suite, entry.name);
    if (existsSync(path.join(dir, name, 'model.onnx'))) return [name];
    return entry.isDirectory() && deeper > 0 ? namesIn(dir, name, deeper - 1) : [];
  });
}

export function loadModel(dir: string, name: string): Uint8Array {
  return readFileSync(path.join(dir, name, 'model.onnx'));
}

/** Throws a ProtocolError when a .pb file is no tensor. */
export function loadDataSets(dir: string, name: string): DataSet[] {
  const folder = path.join(dir, name);
  return numbered(readdirSync(folder), /^test_data_set_(\d+)$/).map((dataSet) => {
    const files = readdirSync(path.join(folder, dataSet));
    const load = (pattern: RegExp) =>
      numbered(files, pattern).map((file) => decodeTensorProto(readFileSync(path.join(folder, dataSet, file))));
    return { name: dataSet, inputs: load(/^input_(\d+)\.pb$/), outputs: load(/^output_(\d+)\.pb$/) };
  });
}

/** Throws a ProtocolError when a .pb file is no tensor. The model is left to whoever reads it. */
export function loadCase(dir: string, name: string): Case {
  return { name, model: loadModel(dir, name), dataSets: loadDataSets(dir, name) };
}

export function loadCases(dir: string): Case[] {
  return caseNames(dir).map((name) => loadCase(dir, name));
}

/** The names that match, by their numbers: 10 comes after 9. */
function numbered(names: readonly string[], pattern: RegExp): string[] {
  return names
    .filter((name) => pattern.test(name))
    .sort((a, b) => Number(pattern.exec(a)?.[1]) - Number(pattern.exec(b)?.[1]));
}
