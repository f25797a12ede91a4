/** `opg compare`: the reference against recorded outputs, and ONNX Runtime against the reference. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { NamedTensors } from '#core/protocol/rows.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { executeNamed } from '#core/semantics/execute/named.ts';
import { readTolerance, type ToleranceOfCard, toleranceFor } from '../../files/card.ts';
import { columns, figure, percent } from '../../table.ts';
import { type Arguments, amount, type Command, DIM, dims, EXIT, text, UsageError } from '../command.ts';
import { loadVector, located, readBytes, used, vectorNames } from '../files.ts';
import { progress } from '../progress.ts';
import { openRuntime } from './compare/runtime.ts';
import { Tally } from './compare/tally.ts';

export const compareCommand: Command = {
  name: 'compare',
  summary: 'Compares the reference with vectors, and ONNX Runtime with the reference.',
  positionals: ['FILE.onnx'],
  options: {
    ...DIM.option,
    vectors: { type: 'string' },
    card: { type: 'string' },
    abs: { type: 'string' },
    rel: { type: 'string' },
  },
  explained: [
    ['--vectors DIR', 'vectors in the format of models/*/vectors; the folder vectors beside the file without it'],
    ['--card FILE', 'where the tolerance is read; card.json beside the file without it'],
    ['--abs NUMBER', 'tolerance |got - want| <= abs + rel * |want| instead of the card'],
    ['--rel NUMBER', 'the same; 0 if only one of the two is given'],
    DIM.explained,
  ],
  finding: 'an output is outside the tolerance, or the model cannot be compiled or run',
  async run(args, terminal) {
    const [file = ''] = args.positionals;
    const beside = (name: string) => path.join(path.dirname(file), name);
    const names = vectorNames(text(args, 'vectors') ?? beside('vectors'));
    const tolerance = toleranceOf(args, beside('card.json'));
    const sizes = dims(args);
    const onnx = readBytes(file);
    const program = compile(onnx, { dims: sizes });
    const runtime = await openRuntime(onnx);
    const tallies = program.outputs.map(({ name }) => ({
      name,
      tolerance: toleranceFor(tolerance, name),
      recorded: new Tally(toleranceFor(tolerance, name)),
      runtime: new Tally(toleranceFor(tolerance, name)),
    }));
    const { tick, end } = progress(terminal);
    for (const [done, name] of names.entries()) {
      tick(done, names.length, name);
      const { id, inputs, outputs } = loadVector(name);
      const reference = executeNamed(program, inputs);
      const found: NamedTensors = await runtime.run(inputs, id);
      for (const tally of tallies) {
        const made = reference[tally.name];
        const [recorded, ran] = [outputs[tally.name], found[tally.name]];
        if (made && recorded) tally.recorded.add(made, recorded, `vector ${id}`);
        if (made && ran) tally.runtime.add(ran, made, `vector ${id}`);
      }
    }
    end();
    await runtime.close();
    const within = tallies.every(({ recorded, runtime: ran }) => recorded.within && ran.within);
    terminal.out(
      args.json
        ? `${JSON.stringify({ ok: within, vectors: names.length, outputs: tallies.map(reported) })}\n`
        : table(tallies, names.length),
    );
    return within ? EXIT.ok : EXIT.finding;
  },
};

function toleranceOf(args: Arguments, beside: string): ToleranceOfCard {
  const [abs, rel, card] = [amount(args, 'abs'), amount(args, 'rel'), text(args, 'card')];
  if (abs !== undefined || rel !== undefined) return { abs: abs ?? 0, rel: rel ?? 0 };
  const file = card ?? beside;
  if (card === undefined && !existsSync(located(file)))
    throw new UsageError(
      `${file} does not exist: name the model's card with --card, or a tolerance with --abs and --rel`,
    );
  return used(() => readTolerance(located(file)));
}

interface Compared {
  readonly name: string;
  readonly tolerance: { readonly abs: number; readonly rel: number };
  readonly recorded: Tally;
  readonly runtime: Tally;
}

const reported = ({ name, tolerance, recorded, runtime }: Compared) => ({
  name,
  tolerance: { abs: tolerance.abs, rel: tolerance.rel },
  reference: recorded.report(),
  onnxRuntime: runtime.report(),
});

function table(tallies: readonly Compared[], vectors: number): string {
  const rows = tallies.flatMap(({ name, tolerance, recorded, runtime }) =>
    (
      [
        ['reference, vectors', recorded],
        ['ONNX Runtime, reference', runtime],
      ] as const
    ).map(([sides, tally]) => {
      const { compared, worstAbs, worstRel, equal, outside, elements } = tally.report();
      if (compared === 0) return [name, sides, '', '', '', '', 'nothing to compare'];
      const verdict = tally.within ? 'within' : `outside: ${outside} of ${elements} elements`;
      const allowed = `${tolerance.abs} + ${tolerance.rel} * |want|`;
      return [name, sides, figure(worstAbs), figure(worstRel), percent(equal), allowed, verdict];
    }),
  );
  const reasons = tallies.flatMap(({ name, recorded, runtime }) =>
    [...recorded.reasons, ...runtime.reasons].map((reason) => `${name}: ${reason}`),
  );
  const head = ['output', 'got, want', 'worst abs', 'worst rel', 'equal bits', 'allowed', 'verdict'];
  return [`${vectors} vectors`, ...columns([head, ...rows]), ...reasons, ''].join('\n');
}
