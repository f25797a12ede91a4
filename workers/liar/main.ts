import { readFileSync } from 'node:fs';
import { compile } from '#core/semantics/compile/compile.ts';
import { dotTools } from '#core/semantics/execute/dot.ts';
import { SILENCES } from '#ports/faults.ts';
import type { Reference } from '#ports/reference.ts';
import type { LoadableModel } from '#ports/runtime.ts';
import type { Traces } from '#ports/traces.ts';
import { TraceTasks } from '../adapters/reference/traceTasks.ts';
import { silenced } from '../verifier/silence.ts';
import { runVerifier } from '../verifier/wiring.ts';
import { lastOutput, lieAt } from './lie.ts';

const HELP = `A verifier that lies: it challenges right results. For testnets, which should show that this costs it its bonds.
It is configured as a verifier is (docs/workers/configuration.md), and by the section faults (docs/workers/faults.md):

  OPG_FAULT_OPERATOR      the operator that its trace lies about
  OPG_FAULT_SILENT        what is not done: ${SILENCES.join(', ')}
  OPG_FAULT_SILENT_AFTER  answers after which that begins`;

if (process.argv.includes('--help')) {
  console.log(HELP);
  process.exit(0);
}

/**
 * A verifier that lies: it challenges right results with a trace in which one element is another value. For testnets, which should show
 * that this costs it its bond.
 */
function lying(reference: Reference & Traces, operator: number | undefined): Reference & Traces {
  const tasks = new Map<string, { readonly compiled: Compiled; readonly tasks: TraceTasks }>();
  const of = (model: LoadableModel) => {
    const known = tasks.get(model.sha256) ?? lyingTasks(model, operator);
    tasks.set(model.sha256, known);
    return known;
  };
  return {
    ...reference,
    async accuse(traced, output, standard, challenger) {
      const { compiled, tasks: lies } = of(traced.model);
      return lies.perform(compiled, { kind: 'accuse', traced, output, standard, challenger }) as never;
    },
    /** It stands by its own challenges, and leaves others alone. */
    refute: async () => ({ kind: 'true' }),
    async answer(traced, shown, positions) {
      const { compiled, tasks: lies } = of(traced.model);
      return lies.perform(compiled, { kind: 'answer', traced, shown, positions }) as never;
    },
  };
}

type Compiled = Parameters<TraceTasks['perform']>[0];

function lyingTasks({ path }: LoadableModel, operator: number | undefined) {
  const program = compile(readFileSync(path));
  const compiled = { program, tools: dotTools(), bytes: 0 };
  return { compiled, tasks: new TraceTasks({ after: lieAt(program, [operator ?? lastOutput(program), 0]) }) };
}

const code = await runVerifier('liar', ({ faults }) => ({
  traces: (reference) => lying(reference, faults.operator),
  playing: (moves) => silenced(moves, faults),
}));
process.exit(code);
