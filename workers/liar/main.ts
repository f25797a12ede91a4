import { readFileSync } from 'node:fs';
import { ProtocolError } from '#core/errors.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { dotTools } from '#core/semantics/execute/dot.ts';
import type { Reference } from '#ports/reference.ts';
import type { LoadableModel } from '#ports/runtime.ts';
import type { Traces } from '#ports/traces.ts';
import { TraceTasks } from '../adapters/reference/traceTasks.ts';
import { runVerifier } from '../verifier/wiring.ts';
import { lastOutput, lieAt } from './lie.ts';

/** How many demands it answers before it falls silent: all of them, unless told otherwise. */
const ANSWERS = Number(process.env['LIAR_ANSWERS'] ?? Number.POSITIVE_INFINITY);
/** Which operator it lies about; the last one, unless told otherwise. */
const OPERATOR = process.env['LIAR_OPERATOR'];

/**
 * A verifier that lies: it challenges right results with a trace in which one element is another value. For testnets, which should show
 * that this costs it its bond.
 */
function lying(reference: Reference & Traces): Reference & Traces {
  const tasks = new Map<string, { readonly compiled: Compiled; readonly tasks: TraceTasks }>();
  let answers = 0;
  const of = (model: LoadableModel) => {
    const known = tasks.get(model.sha256) ?? lyingTasks(model);
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
    async answer(traced, shown, position) {
      if (answers++ >= ANSWERS)
        throw new ProtocolError('reference.timeout', {
          sha256: traced.model.sha256,
          limit: 0,
        });
      const { compiled, tasks: lies } = of(traced.model);
      return lies.perform(compiled, { kind: 'answer', traced, shown, position }) as never;
    },
  };
}

type Compiled = Parameters<TraceTasks['perform']>[0];

function lyingTasks({ path }: LoadableModel) {
  const program = compile(readFileSync(path));
  const operator = OPERATOR === undefined ? lastOutput(program) : Number(OPERATOR);
  const compiled = { program, tools: dotTools(), bytes: 0 };
  return { compiled, tasks: new TraceTasks({ after: lieAt(program, [operator, 0]) }) };
}

process.exit(await runVerifier({ role: 'liar', traces: lying }));
