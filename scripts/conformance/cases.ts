// Folders of ONNX cases: DIR/<case>/model.onnx and DIR/<case>/test_data_set_<k>/{input,output}_<n>.pb.
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

/** Sorted; files and folders without a model are no cases. */
export function caseNames(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => existsSync(path.join(dir, name, 'model.onnx')))
    .sort();
}

/** Throws a ProtocolError when a .pb file is no tensor. The model is left to whoever reads it. */
export function loadCase(dir: string, name: string): Case {
  const folder = path.join(dir, name);
  const dataSets = numbered(readdirSync(folder), /^test_data_set_(\d+)$/).map((dataSet) => {
    const files = readdirSync(path.join(folder, dataSet));
    const load = (pattern: RegExp) =>
      numbered(files, pattern).map((file) => decodeTensorProto(readFileSync(path.join(folder, dataSet, file))));
    return { name: dataSet, inputs: load(/^input_(\d+)\.pb$/), outputs: load(/^output_(\d+)\.pb$/) };
  });
  return { name, model: readFileSync(path.join(folder, 'model.onnx')), dataSets };
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
