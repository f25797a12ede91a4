/** `opg reference`: the outputs that a model means, for the inputs of one vector. */
import { writeFileSync } from 'node:fs';
import { compile } from '#core/semantics/compile/compile.ts';
import { executeNamed } from '#core/semantics/execute/named.ts';
import { programRoot } from '#core/semantics/record.ts';
import { vectorText } from '../../files/vector.ts';
import { columns } from '../../table.ts';
import { type Command, DIM, dims, EXIT, text, UsageError } from '../command.ts';
import { loadVector, located, readBytes, used } from '../files.ts';
import { progress } from '../progress.ts';

export const referenceCommand: Command = {
  name: 'reference',
  summary: 'Computes the reference outputs for the inputs of a vector.',
  positionals: ['FILE.onnx'],
  options: { ...DIM.option, input: { type: 'string' }, out: { type: 'string' } },
  explained: [
    ['--input VECTOR.json', 'the inputs, in the format of models/*/vectors', 'needed'],
    ['--out FILE', 'where to write the vector with the reference outputs; stdout without it'],
    DIM.explained,
  ],
  finding: 'the model has no program or the inputs do not fit it; the error says why',
  run(args, terminal) {
    const [file = ''] = args.positionals;
    const [input, target] = [text(args, 'input'), text(args, 'out')];
    if (input === undefined) throw new UsageError('--input VECTOR.json is missing: it holds the inputs');
    const sizes = dims(args);
    const { id, inputs } = loadVector(input);
    const program = compile(readBytes(file), { dims: sizes });
    const { tick, end } = progress(terminal);
    const total = program.operators.length;
    const outputs = executeNamed(program, inputs, {
      observe: (index) => tick(index + 1, total, `${program.operators[index]?.kind} computed`),
    });
    end();
    const root = programRoot(program);
    const vector = vectorText({ id, note: { programRoot: root }, inputs, outputs });
    if (target === undefined) {
      // Both are JSON, one of them a line; text inside has its line ends escaped.
      terminal.out(args.json ? `${vector.replaceAll(/\n */g, '')}\n` : vector);
      return EXIT.ok;
    }
    used(() => writeFileSync(located(target), vector));
    const written = Object.entries(outputs).map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
    terminal.out(
      args.json
        ? `${JSON.stringify({ ok: true, file: target, programRoot: root, outputs: written })}\n`
        : `${columns([
            ['program root', root],
            ['written', target],
            ...written.map(({ name, dtype, shape }) => ['output', `${name} ${dtype} [${shape.join(', ')}]`]),
          ]).join('\n')}\n`,
    );
    return EXIT.ok;
  },
};
