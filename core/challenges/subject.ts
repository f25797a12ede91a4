import type { Hex } from '../hex.ts';
import { isGameEvent, isRequestEvent, type ProtocolEvent } from '../protocol/events.ts';
import { type History, historyOf } from '../protocol/history.ts';
import { submissionOf } from '../protocol/request.ts';
import type { Submission } from '../protocol/states.ts';
import { AskFlags, hasFlag } from '../protocol/terms.ts';
import { type Challenges, follow } from './follow.ts';
import { followOutputs, type OutputDemands } from './outputDemands.ts';

/** A submitted request and everything said about it. */
export interface Subject {
  readonly history: History;
  readonly submission: Submission;
  readonly challenges: Challenges;
  readonly outputDemands: OutputDemands;
  readonly potClaimed: boolean;
  /** Canonical bytes of all items; undefined if only their root is on chain. */
  readonly input: Hex | undefined;
  /** As submitted; undefined if only its hash is on chain. */
  readonly output: Hex | undefined;
}

/** undefined: nothing was submitted, or what was fell out of the chain. */
export function subjectOf(events: readonly { readonly event: ProtocolEvent }[]): Subject | undefined {
  const plain = events.map(({ event }) => event);
  const history = historyOf(plain.filter(isRequestEvent));
  const submission = history && submissionOf(history.row);
  if (!history || !submission) return undefined;
  const { flags } = history.row.terms;
  const game = plain.filter(isGameEvent);
  return {
    history,
    submission,
    challenges: game.reduce(follow, new Map() as Challenges),
    outputDemands: game.reduce(followOutputs, new Map() as OutputDemands),
    potClaimed: plain.some(({ type }) => type === 'PotClaimed'),
    input: hasFlag(flags, AskFlags.ROOT_INPUT) ? undefined : history.input,
    output: hasFlag(flags, AskFlags.EXACT_OUTPUT) ? undefined : history.output,
  };
}
