import type { OutputDemandRecord } from '#core/challenges/outputDemands.ts';
import { toHex } from '#core/hex.ts';
import type { Hex } from '#ports/chain.ts';
import type { Disputed } from '#ports/disputes.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import { decideOutput } from './decide.ts';
import type { VerifierParts } from './parts.ts';

interface KeptResult {
  readonly id: Hex;
  readonly outputHash: Hex;
  readonly output: Hex;
}

/** Demands for outputs of results that were submitted as a hash. */
export class DemandedOutputs {
  readonly #parts: VerifierParts;
  readonly #signal: AbortSignal;
  #lastResult: KeptResult | undefined;

  constructor(parts: VerifierParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  /** What can be done about open ones now. */
  async play(records: readonly OutputDemandRecord[], found: Disputed, now: number): Promise<readonly TrackedIntent[]> {
    const { mover, policy, traces, log } = this.#parts;
    const { subject, traced } = found;
    const requestId = subject.history.row.id;
    const own = policy.spared.has(subject.submission.node);
    const { output, holds } = await this.#held(found, own);
    const moves = records.flatMap(
      (record) => decideOutput({ record, me: mover.me, own, holds, helps: policy.defend }, now) ?? [],
    );
    for (const { kind: move, record } of moves) log.info('a move of a dispute', { requestId, demand: record.id, move });
    const sent: TrackedIntent[] = [];
    const answers = moves.filter(({ kind }) => kind === 'answerOutput').map(({ record }) => record);
    if (traced !== undefined && answers.length > 0)
      sent.push(
        ...(await mover.answerOutput(subject, answers, (positions) =>
          traces.openOutput(traced, positions, output, this.#signal),
        )),
      );
    for (const { kind, record } of moves)
      if (kind === 'lapseOutput') sent.push(await mover.lapseOutput(subject, record));
    return sent;
  }

  /** The outputs that the hash was made from: a node has kept its own, others have the reference's, if they are that. */
  async #held({ subject, traced }: Disputed, own: boolean): Promise<{ output: Hex | undefined; holds: boolean }> {
    const { traces, mover, policy } = this.#parts;
    const { outputHash } = subject.submission;
    const kept = own ? await this.#result(subject.history.row.id) : undefined;
    if (kept?.outputHash === outputHash) return { output: kept.output, holds: true };
    if (traced === undefined || !(own || policy.defend)) return { output: undefined, holds: false };
    const { kind } = await traces.accuseHash(traced, outputHash, [], mover.me, this.#signal);
    return { output: undefined, holds: kind === 'right' };
  }

  /** Written once, so it is read once however often it is demanded. */
  async #result(id: Hex): Promise<KeptResult | undefined> {
    if (this.#lastResult?.id === id) return this.#lastResult;
    const result = await this.#parts.journal.result(id);
    if (result === undefined) return undefined;
    this.#lastResult = { id, outputHash: result.outputHash, output: toHex(result.output) };
    return this.#lastResult;
  }
}
