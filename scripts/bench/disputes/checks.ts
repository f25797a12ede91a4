/** Results that a verifier checks in a second on one core: at a first look (ONNX Runtime), and against the reference. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeItems } from '#core/commitment/canonical.ts';
import type { Bytes32 } from '#core/hex.ts';
import { toAddress, toHex } from '#core/hex.ts';
import { packToleranceUp } from '#core/protocol/publishedTolerance.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { dotTools } from '#core/semantics/execute/dot.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import { acceptable } from '#core/semantics/tolerance/accept.ts';
import type { Tensor } from '#core/tensor.ts';
import type { Tolerance } from '#core/tolerance.ts';
import type { DisputedVersion } from '#ports/disputes.ts';
import type { Runtime } from '#ports/runtime.ts';
import type { Traces } from '#ports/traces.ts';
import { createOnnxRuntime } from '../../../workers/adapters/onnx/runtime.ts';
import { createReference } from '../../../workers/adapters/reference/reference.ts';
import { createQuickCheck } from '../../../workers/verifier/quick.ts';
import { exampleModels } from '../../demo/models.ts';
import { type Network, networks } from '../reference/networks.ts';

/** Of the tolerance: the default of `suspicionPercent` (docs/workers/configuration.md). */
const SUSPICION = 0.25;
/** Of a model without a card. */
const USUAL: Tolerance = { abs: 1e-5, rel: 1e-4 };
/** The kinds of checks take turns of this length. The best turn counts: others on the machine only ever slow one down. */
const TURN_MS = 300;
const TURNS = 4;
const VERIFIER = toAddress(`0x${'a'.repeat(40)}`);

export interface CheckRate {
  readonly model: string;
  /** Results a second at a first look; undefined: ONNX Runtime is not within the tolerance, so that the version has to be exact. */
  readonly quick: number | undefined;
  /** Results a second held against the reference, its trace hashed as the verifier does it; and executed and compared only. */
  readonly reference: number;
  readonly executed: number;
}

let requests = 0;
/** Traces are kept by request: a new one each time. */
const nextRequest = () => `0x${(++requests).toString(16).padStart(64, '0')}` as Bytes32;

async function rateOf(
  { name, onnx, inputs }: Network,
  tolerance: Tolerance,
  runtime: Runtime,
  traces: Traces,
  folder: string,
): Promise<CheckRate> {
  const program = compile(onnx);
  const item = program.inputs.map((input) => inputs[input.name] as Tensor);
  const file = path.join(folder, `${name}.onnx`);
  writeFileSync(file, onnx);
  const model = { sha256: createHash('sha256').update(onnx).digest('hex'), path: file, size: onnx.length };
  const made = await runtime.run(model, inputs);
  const fast = program.outputs.map((output) => made[output.name] as Tensor);
  const tools = dotTools();
  const right = execute(program, item, { tools }).outputs;
  const published = packToleranceUp(tolerance);
  const near = acceptable(fast, right, published);
  const [standard, result] = near ? [published, fast] : (['exact', right] as const);
  const schema = { inputs: program.inputs, outputs: program.outputs };
  const version = { standard, schema } as unknown as DisputedVersion;
  const [input, output] = [toHex(encodeItems(schema.inputs, [item])), toHex(encodeItems(schema.outputs, [result]))];
  const traced = () => ({ model, schema, request: nextRequest(), input, items: 1 });
  const look = createQuickCheck(runtime, SUSPICION);
  const cleared = (holds: boolean) => {
    if (!holds) throw new Error(`A right result of ${name} was not cleared.`);
  };
  const quick = async () => cleared(await look(version, traced(), output, new AbortController().signal));
  const rates = await turns({
    ...(near && { quick }),
    reference: async () => cleared((await traces.accuse(traced(), output, standard, VERIFIER)) === undefined),
    executed: () => {
      const { outputs } = execute(program, item, { tools });
      cleared(standard === 'exact' || acceptable(result, outputs, standard));
    },
  });
  const of = (kind: string) => rates.get(kind) ?? Number.NaN;
  return { model: name, quick: rates.get('quick'), reference: of('reference'), executed: of('executed') };
}

/** Runs a second of each kind in its best turn, one at a time. The first turn warms up. */
async function turns(kinds: Readonly<Record<string, () => unknown>>): Promise<ReadonlyMap<string, number>> {
  const best = new Map<string, number>();
  for (let turn = 0; turn <= TURNS; turn++)
    for (const [kind, work] of Object.entries(kinds)) {
      const began = performance.now();
      let runs = 0;
      for (; runs < 2 || performance.now() < began + TURN_MS; runs++) await work();
      const rate = (1000 * runs) / (performance.now() - began);
      if (turn > 0) best.set(kind, Math.max(best.get(kind) ?? 0, rate));
    }
  return best;
}

export async function benchChecks(say: (text: string) => void): Promise<CheckRate[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'opg-bench-'));
  const runtime = createOnnxRuntime({ children: 1 });
  const reference = createReference();
  const tolerances = new Map(exampleModels().map(({ name, card }) => [name, card.tolerance]));
  try {
    const rates: CheckRate[] = [];
    for (const network of networks()) {
      rates.push(await rateOf(network, tolerances.get(network.name) ?? USUAL, runtime, reference, folder));
      say(`checks of ${network.name}`);
    }
    return rates;
  } finally {
    await Promise.all([runtime.close(), reference.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}
