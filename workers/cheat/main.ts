import { readFileSync } from 'node:fs';
import { compile } from '#core/semantics/compile/compile.ts';
import type { LoadableModel, Runtime } from '#ports/runtime.ts';
import { runNode } from '../node/wiring.ts';
import { FAULTS, type Fault, falsified, type Tensors } from './faults.ts';

/** Which falsification; see faults.ts. */
const FAULT = (process.env['CHEAT_FAULT'] ?? 'weight') as Fault;
/** Every how many results it cheats. */
const EVERY = Number(process.env['CHEAT_EVERY'] ?? 1);

/** What it gives for each input, the same to whoever asks. */
class Falsifier {
  readonly #runtime: Runtime;
  readonly #given = new Map<string, Promise<Tensors>>();
  #runs = 0;
  #before: Tensors | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  answer(model: LoadableModel, inputs: Tensors): Promise<Tensors> {
    const key = `${model.sha256} ${Object.values(inputs).map(({ data }) => data.join())}`;
    const known = this.#given.get(key) ?? this.#compute(model, inputs);
    this.#given.set(key, known);
    return known;
  }

  async #compute(model: LoadableModel, inputs: Tensors): Promise<Tensors> {
    const honest = await this.#runtime.run(model, inputs);
    const stale = this.#before;
    this.#before = honest;
    if (++this.#runs % EVERY !== 0) return honest;
    if (FAULT === 'stale') return stale ?? honest;
    return falsified(compile(readFileSync(model.path)), FAULT, inputs);
  }
}

if (!FAULTS.includes(FAULT)) {
  console.error(`CHEAT_FAULT is ${FAULT}: it must be one of ${FAULTS.join(', ')}.`);
  process.exit(1);
}

/** A node that cheats, for testnets, which should show that it is slashed. Its self-check compares a falsified result with itself. */
const code = await runNode({
  role: 'cheat',
  twist(runtime, reference) {
    const falsifier = new Falsifier(runtime);
    const answer = (model: LoadableModel, inputs: Tensors) => falsifier.answer(model, inputs);
    return { runtime: { ...runtime, run: answer }, reference: { ...reference, run: answer } };
  },
});
process.exit(code);
