/** What the thread computes for disputes. Traces of the last few items are kept: moves of one dispute come one after another. */
import { answersTo } from '#core/challenges/answer.ts';
import { headerOf, type ProgramHeader } from '#core/challenges/claim.ts';
import type { OutputDemand } from '#core/challenges/events.ts';
import { type Evidence, evidenceOf, exactEvidence, findFault, type Standard } from '#core/challenges/evidence.ts';
import { findHidden, type ShownItem } from '#core/challenges/hiddenOutputs.ts';
import { OpenOutputs, type OutputProof } from '#core/challenges/openOutput.ts';
import { type Position, packPosition } from '#core/challenges/position.ts';
import { ReferenceTrace, treeOfHashes } from '#core/challenges/reference.ts';
import { type RefuterMove, refute } from '#core/challenges/refute.ts';
import type { InputLink } from '#core/challenges/stepProof.ts';
import { decodeItems } from '#core/commitment/canonical.ts';
import { commitList } from '#core/commitment/list.ts';
import { childrenOf, pathOf, rootOf } from '#core/commitment/opening.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import { ProtocolError } from '#core/errors.ts';
import type { Address, Bytes32 } from '#core/hex.ts';
import { fromHex, toHex } from '#core/hex.ts';
import type { ExecuteOptions } from '#core/semantics/execute/execute.ts';
import type { Program } from '#core/semantics/program.ts';
import { commitProgram, type ProgramCommitment } from '#core/semantics/record.ts';
import type { TraceSalt } from '#core/semantics/trace.ts';
import type { Tensor } from '#core/tensor.ts';
import type { Hex } from '#ports/chain.ts';
import type { Accusation, HiddenOutcome, ShownChallenge, TracedRequest } from '#ports/traces.ts';
import type { Compiled } from './programs.ts';

export type TraceTask =
  | { readonly kind: 'header' }
  | {
      readonly kind: 'accuse';
      readonly traced: TracedRequest;
      readonly output: Hex;
      readonly standard: Standard;
      readonly challenger: Address;
    }
  | {
      readonly kind: 'accuseHash';
      readonly traced: TracedRequest;
      readonly outputHash: Bytes32;
      readonly shown: readonly ShownItem[];
      readonly challenger: Address;
    }
  | {
      readonly kind: 'openOutput';
      readonly traced: TracedRequest;
      /** Several at once. */
      readonly positions: readonly OutputDemand['position'][];
      readonly output: Hex | undefined;
    }
  | { readonly kind: 'refute'; readonly traced: TracedRequest; readonly shown: ShownChallenge }
  | {
      readonly kind: 'answer';
      readonly traced: TracedRequest;
      readonly shown: ShownChallenge;
      /** Several at once. */
      readonly positions: readonly Position[];
    };
export type TraceResult =
  | ProgramHeader
  | Accusation
  | undefined
  | HiddenOutcome
  | readonly OutputProof[]
  | RefuterMove
  | readonly Hex[];

/** Items whose traces are kept: 32 bytes per operator, the inputs and the outputs of each. */
const KEPT = 8;
/** Requests whose output commitments are kept: 32 bytes per output. */
const KEPT_COMMITMENTS = 256;

export class TraceTasks {
  readonly #commitments = new WeakMap<Compiled, ProgramCommitment>();
  readonly #traces = new Map<string, Timed>();
  readonly #outputHashes = new Map<string, readonly (readonly Bytes32[])[]>();
  #lastOpened: { readonly request: Hex; readonly output: Hex | undefined; readonly opened: OpenOutputs } | undefined;
  readonly #options: ExecuteOptions;

  /** `options.after` makes them traces of a liar. */
  constructor(options: ExecuteOptions = {}) {
    this.#options = options;
  }

  perform(compiled: Compiled, task: TraceTask): TraceResult {
    switch (task.kind) {
      case 'header':
        return headerOf(compiled.program, this.#commitment(compiled));
      case 'accuse':
        return this.#accuse(compiled, task);
      case 'accuseHash':
        return this.#accuseHash(compiled, task);
      case 'openOutput':
        return this.#opened(compiled, task).open(task.positions);
      case 'refute':
        return this.#refute(compiled, task);
      case 'answer': {
        const { traced, shown, positions } = task;
        return answersTo(this.#trace(compiled, traced, shown.item), saltOf(traced, shown), positions);
      }
    }
  }

  #accuse(compiled: Compiled, task: TraceTask & { kind: 'accuse' }): Accusation | undefined {
    const { traced, output, standard, challenger } = task;
    const submitted = decodeItems(traced.schema.outputs, fromHex(output), traced.items);
    for (const [item, tensors] of submitted.entries()) {
      const timed = this.#timed(compiled, traced, item);
      const { trace } = timed;
      const fault = findFault(item, tensors, trace.outputs, standard);
      if (fault === undefined) continue;
      const salt = { request: traced.request, item, challenger };
      return posting(timed, salt, evidenceOf(trace, salt, submitted, fault, standard));
    }
    return undefined;
  }

  #accuseHash(compiled: Compiled, task: TraceTask & { kind: 'accuseHash' }): HiddenOutcome {
    const { traced, outputHash, shown, challenger } = task;
    const found = findHidden(this.#outputCommitments(compiled, traced), outputHash, shown);
    if (found.kind !== 'wrong') return found;
    const { item } = found.shown;
    const timed = this.#timed(compiled, traced, item);
    const salt = { request: traced.request, item, challenger };
    const evidence = exactEvidence(timed.trace, salt, found.output, found.shown);
    return { kind: 'wrong', accusation: posting(timed, salt, evidence) };
  }

  /** The same result is demanded piece by piece. */
  #opened(compiled: Compiled, { traced, output }: TraceTask & { kind: 'openOutput' }): OpenOutputs {
    const known = this.#lastOpened;
    if (known?.request === traced.request && known.output === output) return known.opened;
    const { schema, items } = traced;
    const opened = new OpenOutputs(
      output === undefined ? this.#outputs(compiled, traced) : decodeItems(schema.outputs, fromHex(output), items),
    );
    this.#lastOpened = { request: traced.request, output, opened };
    return opened;
  }

  /** Reference outputs of all items. */
  #outputs(compiled: Compiled, traced: TracedRequest): readonly (readonly Tensor[])[] {
    return Array.from({ length: traced.items }, (_, item) => this.#trace(compiled, traced, item).outputs);
  }

  #outputCommitments(compiled: Compiled, traced: TracedRequest): readonly (readonly Bytes32[])[] {
    const known = this.#outputHashes.get(traced.request);
    const found = known ?? this.#outputs(compiled, traced).map((tensors) => tensors.map(commitTensor));
    this.#outputHashes.delete(traced.request);
    this.#outputHashes.set(traced.request, found);
    dropOldest(this.#outputHashes, KEPT_COMMITMENTS);
    return found;
  }

  #refute(compiled: Compiled, { traced, shown }: TraceTask & { kind: 'refute' }): RefuterMove {
    const demands = new Map(shown.demands.map(([position, data]) => [position, data]));
    const view = {
      trace: shown.trace,
      salt: saltOf(traced, shown),
      children: shown.children,
      demanded: (position: Position) => {
        const packed = packPosition(position);
        if (!demands.has(packed)) return undefined;
        const data = demands.get(packed);
        return data ? { data } : {};
      },
    };
    return refute(this.#trace(compiled, traced, shown.item), view, linkOf(traced, shown.item));
  }

  #commitment(compiled: Compiled): ProgramCommitment {
    const known = this.#commitments.get(compiled) ?? commitProgram(compiled.program);
    this.#commitments.set(compiled, known);
    return known;
  }

  #trace(compiled: Compiled, traced: TracedRequest, item: number): ReferenceTrace {
    return this.#timed(compiled, traced, item).trace;
  }

  #timed(compiled: Compiled, traced: TracedRequest, item: number): Timed {
    const key = `${traced.request} ${item}`;
    const known = this.#traces.get(key) ?? this.#run(compiled, traced, item);
    this.#traces.delete(key);
    this.#traces.set(key, known);
    dropOldest(this.#traces, KEPT);
    return known;
  }

  #run(compiled: Compiled, traced: TracedRequest, item: number): Timed {
    const { program, tools } = compiled;
    const commitment = this.#commitment(compiled);
    const inputs = ordered(program, traced, inputsOf(traced)[item] as readonly Tensor[]);
    const began = performance.now();
    const trace = new ReferenceTrace(program, commitment, inputs, { ...this.#options, tools });
    return { trace, runSeconds: (performance.now() - began) / 1000 };
  }
}

interface Timed {
  readonly trace: ReferenceTrace;
  readonly runSeconds: number;
}

function dropOldest(map: Map<string, unknown>, kept: number): void {
  for (const oldest of map.keys()) if (map.size > kept) map.delete(oldest);
}

/** What a challenge is posted with. */
function posting({ trace, runSeconds }: Timed, salt: TraceSalt, evidence: Evidence): Accusation {
  const slots = trace.slots(salt);
  const depth = slots.levels.length - 1;
  const root = toHex(rootOf(slots)) as Bytes32;
  const children = depth === 0 ? [root] : childrenOf(slots, depth, 0).map((hash) => toHex(hash) as Bytes32);
  return { trace: root, children, evidence, runSeconds };
}

const inputsOf = ({ schema, input, items }: TracedRequest) => decodeItems(schema.inputs, fromHex(input), items);

/** The item's tensors in the program's order; the schema names them as the model does. */
function ordered(program: Program, { schema }: TracedRequest, item: readonly Tensor[]): Tensor[] {
  return program.inputs.map(({ name }) => {
    const found = item[schema.inputs.findIndex((spec) => spec.name === name)];
    if (found === undefined)
      throw new ProtocolError('execute.input', { name, reason: 'the schema has no such tensor' });
    return found;
  });
}

const saltOf = ({ request }: TracedRequest, { item, challenger }: ShownChallenge) => ({ request, item, challenger });

/** Where the item's input stands in what the request commits to. */
function linkOf(traced: TracedRequest, item: number): InputLink {
  const tensors = inputsOf(traced).map((each) => each.map(commitTensor));
  const lists = treeOfHashes(tensors.map(commitList));
  const path = tensors.length === 1 ? [] : pathOf(lists, item, item).map((hash) => toHex(hash) as Bytes32);
  return { tensors: tensors[item] as readonly Bytes32[], path };
}
