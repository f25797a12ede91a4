/** `opg assess`: what a version of a model can promise, and what that excludes. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { assess } from '../../publishing/assess.ts';
import { assessmentJson } from '../../publishing/assessment.ts';
import { assessmentTable } from '../../publishing/table.ts';
import { amount, type Command, EXIT, text, UsageError } from '../command.ts';
import { loadVector, located, readBytes, vectorNames } from '../files.ts';

/** More items than anybody waits for. */
const MOST_GENERATED = 100_000;

export const assessCommand: Command = {
  name: 'assess',
  summary: 'Fits the tolerance that a version can be published with, and tries cheats against it.',
  positionals: ['FILE.onnx'],
  options: { vectors: { type: 'string' }, card: { type: 'string' }, generate: { type: 'string' } },
  explained: [
    ['--vectors DIR', 'inputs to measure with, in the format of models/*/vectors; the folder vectors beside the file'],
    ['--card FILE', 'where names, dtypes and shapes are read; card.json beside the file without it'],
    ['--generate N', 'inputs to make up besides; without vectors 64, else none'],
  ],
  finding: 'no tolerance serves the model, so that it needs exact mode, or it cannot be compiled or run',
  async run(args, terminal) {
    const [file = ''] = args.positionals;
    const beside = (name: string) => path.join(path.dirname(file), name);
    const onnx = readBytes(file);
    const card = cardOf(text(args, 'card') ?? beside('card.json'));
    const folder = text(args, 'vectors') ?? (existsSync(located(beside('vectors'))) ? beside('vectors') : undefined);
    const samples = folder === undefined ? [] : vectorNames(folder).map((name) => loadVector(name).inputs);
    const generate = amount(args, 'generate');
    if (generate !== undefined && !(Number.isInteger(generate) && generate <= MOST_GENERATED))
      throw new UsageError(`--generate takes a whole number up to ${MOST_GENERATED}, not "${generate}"`);
    const found = await assess(onnx, card, { samples, ...(generate === undefined ? {} : { generate }) });
    terminal.out(`${args.json ? assessmentJson(found) : assessmentTable(found)}\n`);
    return found.tolerance === undefined ? EXIT.finding : EXIT.ok;
  },
};

function cardOf(file: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(readBytes(file)));
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${file} is no card: ${(error as Error).message}`);
  }
}
