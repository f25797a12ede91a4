import { readFileSync } from 'node:fs';
import { decodeItems } from '#core/commitment/canonical.ts';
import { commitItems } from '#core/commitment/list.ts';
import { headersOf } from '#core/commitment/schema.ts';
import { fromHex } from '#core/hex.ts';
import type { NamedSpec } from '#core/protocol/schema.ts';
import { AskFlags, hasFlag } from '#core/protocol/terms.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import type { ModelStore } from '#ports/blobs.ts';
import type { ResultFault } from '#ports/faults.ts';
import type { Journal, RecordedResult } from '#ports/journal.ts';
import type { Log } from '#ports/telemetry.ts';
import type { ExecutionFacts } from '#ports/work.ts';
import { cut, falsified, type Work } from './faults.ts';

export interface FalsifierParts {
  readonly journal: Pick<Journal, 'row'>;
  readonly models: ModelStore;
  readonly results: readonly ResultFault[];
  /** Path of the ONNX file of another model. */
  readonly other: string | undefined;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** The row that an executor works on (workers/ports/work.ts). */
const TRACK = 'serve';
/** Requests that one falsified result is remembered for: a computation may be repeated. */
const KEPT = 1_000;

/** Replaces results before they are recorded, by a schedule: the n-th request since the start gets the n-th fault of the list, which begins again after its end. */
export class Falsifier {
  readonly #parts: FalsifierParts;
  readonly #given = new Map<string, Promise<RecordedResult>>();
  /** By version and number of items. */
  readonly #before = new Map<string, NonNullable<Work['before']>>();
  #requests = 0;

  constructor(parts: FalsifierParts) {
    this.#parts = parts;
  }

  /** The same for a request however often it is computed. */
  replace(result: RecordedResult): Promise<RecordedResult> {
    const known = this.#given.get(result.requestId) ?? this.#replaced(result, this.#next());
    this.#given.set(result.requestId, known);
    for (const oldest of this.#given.keys()) if (this.#given.size > KEPT) this.#given.delete(oldest);
    return known;
  }

  #next(): ResultFault {
    const { results } = this.#parts;
    return results[this.#requests++ % results.length] as ResultFault;
  }

  async #replaced(result: RecordedResult, fault: ResultFault): Promise<RecordedResult> {
    const { log } = this.#parts;
    const { requestId } = result;
    try {
      const { work, exact } = await this.#work(result);
      const output = falsified(fault, work);
      const outputHash = commitItems(headersOf(work.outputs), work.items.length, output);
      const changed = outputHash !== result.outputHash || fault === 'short';
      log.warn('a result is falsified by schedule', { requestId, fault, changed });
      const submission = cut(fault, exact ? fromHex(outputHash) : output, exact);
      return { requestId, outputHash, submission, output };
    } catch (error) {
      log.error('a result could not be falsified, and is right', { requestId, fault, reason: String(error) });
      return result;
    }
  }

  async #work({ requestId, output: right }: RecordedResult): Promise<{ work: Work; exact: boolean }> {
    const { journal, models, other, signal } = this.#parts;
    const facts = (await journal.row(TRACK, requestId))?.facts as unknown as ExecutionFacts;
    const { version, terms, input } = facts;
    const { path } = await models.fetch(version, signal);
    const [inputs, outputs] = [version.schema.inputs, version.schema.outputs] as [NamedSpec[], NamedSpec[]];
    const items = decodeItems(inputs, fromHex(input ?? '0x'), terms.items);
    const key = `${version.sha256} ${terms.items}`;
    const before = this.#before.get(key);
    this.#before.set(key, { items, output: right });
    const [program, another] = [path, other].map((file) =>
      file === undefined ? undefined : compile(readFileSync(file)),
    );
    if (program === undefined) throw new Error('The model has no program.');
    const work = { inputs, outputs, program, other: another, items, before, right };
    return { work, exact: hasFlag(terms.flags, AskFlags.EXACT_OUTPUT) };
  }
}
