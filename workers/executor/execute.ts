/**
 * One transition of the journal: ('serve', id) from `admitted` to `executed`. The result is recorded before the row moves and
 * is never computed a second time: a float32 result need not come out bit for bit alike.
 */
import { decodeItems, encodeItems } from '#core/commitment/canonical.ts';
import { commitItems } from '#core/commitment/list.ts';
import { headersOf } from '#core/commitment/schema.ts';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import { fromHex } from '#core/hex.ts';
import { CAUTIOUS_BUDGET, type CheckBudget } from '#core/protocol/checkBudget.ts';
import { AskFlags, hasFlag } from '#core/protocol/terms.ts';
import type { BlobStore, ModelStore } from '#ports/blobs.ts';
import type { Hex } from '#ports/chain.ts';
import type { Clock } from '#ports/clock.ts';
import type { Journal, Row } from '#ports/journal.ts';
import type { Reference } from '#ports/reference.ts';
import type { LoadableModel, Runtime } from '#ports/runtime.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import type { ExecutionFacts } from '#ports/work.ts';
import { type BatchOptions, createRowRunner, type Item } from './batch.ts';
import { createCheck, type Task } from './check.ts';
import { createPace } from './deadline.ts';
import { executionFacts } from './facts.ts';
import { Meter } from './meter.ts';
import { createPacing, type Pacing } from './pacing.ts';
import { createProof } from './proof.ts';
import { createProver } from './prove.ts';
import { nameTensors } from './rows.ts';

export interface ExecutorPorts {
  readonly journal: Journal;
  readonly runtime: Runtime;
  readonly reference: Reference;
  readonly models: ModelStore;
  /** Where inputs are whose bytes are not on chain. */
  readonly blobs?: BlobStore;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

export interface ExecutorOptions {
  /** Seconds before the deadline by which a result must be there, so that it can still be sent and mined. Default 6. */
  readonly marginSeconds?: number;
  readonly batch?: BatchOptions;
  /** What holding results against the reference may take. Default: CAUTIOUS_BUDGET. */
  readonly check?: CheckBudget;
}

export interface Executor {
  /** Resolves when the row has moved, or another process moved it. Throws retryable errors only. */
  execute(id: Hex, signal: AbortSignal): Promise<void>;
  /** For a row in `proving`: finds out whether the version's program is that of its model. Then admission decides. Throws as `execute` does. */
  prove(id: Hex, signal: AbortSignal): Promise<void>;
  /** To be beaten again and again while this process takes work. */
  readonly pacing: Pick<Pacing, 'beat' | 'leave'>;
}

const TRACK = 'serve';

/**
 * Requests that a process works on at a time. Two per child: one runs, one is being fetched, decoded or committed to; more where those of
 * one model can run together.
 */
export const inFlight = (children: number, maxRows: number): number => Math.max(children * 2, Math.min(32, maxRows));

export function createExecutor(ports: ExecutorPorts, options: ExecutorOptions = {}): Executor {
  const { journal, runtime, models, blobs, log, metrics, clock } = ports;
  const runRows = createRowRunner(ports, options.batch ?? { windowMs: 0, maxRows: 1 });
  const marginSeconds = options.marginSeconds ?? 6;
  const pace = createPace(clock, marginSeconds);
  const pacing = createPacing(journal, clock);
  const meter = new Meter(clock);
  const proof = createProof(ports);
  const check = createCheck(ports, options.check ?? CAUTIOUS_BUDGET, proof);

  async function inputOf(id: Hex, { input, inputBlob, terms, version }: ExecutionFacts): Promise<Uint8Array> {
    if (input !== undefined) return fromHex(input); // the chain has checked that it is what `terms.input` commits to
    const sha256 = inputBlob as string;
    const bytes = await blobs?.get(sha256);
    if (!bytes) throw new ProtocolError('executor.input_missing', { id, sha256 });
    const got = commitItems(headersOf(version.schema.inputs), terms.items, bytes);
    if (got !== terms.input) throw new ProtocolError('executor.input_mismatch', { id, got, expected: terms.input });
    return bytes;
  }

  /** The fast way. Its time is what the next deadline is judged by. */
  async function run({ model, facts, items, signal }: Task): Promise<Item[]> {
    const started = clock.now();
    const results = await runAll(model, facts, items, signal);
    const seconds = (clock.now() - started) / 1000;
    pace.learn(model.sha256, seconds);
    metrics.observe('worker_execute_run_seconds', seconds);
    return results;
  }

  async function runAll(
    model: LoadableModel,
    facts: ExecutionFacts,
    items: readonly Item[],
    signal: AbortSignal,
  ): Promise<Item[]> {
    const { schema, rows } = facts.version;
    if (rows) {
      const result = await runRows(model, facts.version, items, signal);
      if (result) return result;
      const reason = `another number of rows than the ${items.length} it was given`;
      throw new ProtocolError('executor.output_mismatch', { sha256: model.sha256, reason });
    }
    return Promise.all(
      items.map(async (item) => {
        const outputs = await runtime.run(model, nameTensors(schema.inputs, item), { signal });
        return schema.outputs.flatMap(({ name }) => outputs[name as string] ?? []);
      }),
    );
  }

  async function compute(id: Hex, facts: ExecutionFacts, signal: AbortSignal) {
    const { version, terms } = facts;
    const { path } = await models.fetch(version, signal);
    const bytes = await inputOf(id, facts);
    const items = decodeItems(version.schema.inputs, bytes, terms.items);
    const model = { sha256: version.sha256, path, size: version.size };
    const left = () => terms.deadline - marginSeconds - clock.now() / 1000;
    const task: Task = { id, facts, model, items, signal, left };
    const results = await check(task, () => run(task));
    const output = encodeOutputs(version, results);
    const outputHash = commitItems(headersOf(version.schema.outputs), items.length, output);
    const submission = hasFlag(terms.flags, AskFlags.EXACT_OUTPUT) ? fromHex(outputHash) : output;
    return { requestId: id, outputHash, submission, output };
  }

  /** Records the result. Another process may have been first with other bits: then its result is the one. */
  async function record(result: Awaited<ReturnType<typeof compute>>): Promise<Hex> {
    const { requestId } = result;
    try {
      await journal.checkAndRecord(result);
      return result.outputHash;
    } catch (error) {
      const first = await journal.result(requestId);
      if (!first) throw error;
      log.warn('result of another run kept', { requestId, kept: first.outputHash, dropped: result.outputHash });
      return first.outputHash;
    }
  }

  async function leave(id: Hex, to: string, outcome: string, facts: Readonly<Record<string, unknown>>): Promise<void> {
    const moved = await journal.advance(TRACK, id, 'admitted', to, { facts });
    if (moved) metrics.count('worker_execute_requests_total', { outcome });
  }

  async function attempt(row: Row, signal: AbortSignal): Promise<void> {
    const { id } = row;
    const facts = executionFacts(row);
    const { sha256 } = facts.version;
    const deadline = pace.limit(id, sha256, facts.terms.deadline, signal);
    const share = meter.begin();
    let done = false;
    try {
      const outputHash = await record(await compute(id, facts, deadline.signal));
      await leave(id, 'executed', 'executed', { outputHash });
      done = true;
      log.info('request executed', { requestId: id, sha256, items: facts.terms.items, outputHash });
    } catch (error) {
      if (isProtocolError(error, 'runtime.model_changed')) await models.discard(sha256);
      throw error;
    } finally {
      const seconds = share();
      if (done) pacing.learn(facts.terms.version, facts.terms.items, seconds);
      deadline.end();
    }
  }

  return {
    pacing,
    prove: createProver(ports, pace, proof),
    async execute(id, signal) {
      const row = await journal.row(TRACK, id);
      if (row?.stage !== 'admitted') return;
      const known = await journal.result(id);
      if (known) return leave(id, 'executed', 'reused', { outputHash: known.outputHash });
      try {
        await attempt(row, signal);
      } catch (error) {
        if (!isProtocolError(error) || error.retryable) throw error;
        const late = error.code === 'executor.late';
        log.warn('request given up', { requestId: id, code: error.code, reason: error.message });
        await leave(id, late ? 'expired' : 'quarantined', error.code, {
          reason: error.message,
        });
      }
    },
  };
}

/** What the graph gives must be what its version publishes; otherwise nobody could check a submission. */
function encodeOutputs({ sha256, schema }: ExecutionFacts['version'], results: readonly Item[]): Uint8Array {
  try {
    return encodeItems(schema.outputs, results);
  } catch (error) {
    throw new ProtocolError('executor.output_mismatch', { sha256, reason: (error as Error).message }, { cause: error });
  }
}
