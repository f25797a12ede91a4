import { type Challenges, follow } from '#core/challenges/follow.ts';
import { isGameEvent, isRequestEvent } from '#core/protocol/events.ts';
import { type History, historyOf } from '#core/protocol/history.ts';
import { submissionOf } from '#core/protocol/request.ts';
import type { Submission } from '#core/protocol/states.ts';
import { AskFlags, hasFlag } from '#core/protocol/terms.ts';
import type { Hex, LoggedEvent } from '#ports/chain.ts';

/** A submitted request and everything said about it. */
export interface Subject {
  readonly history: History;
  readonly submission: Submission;
  readonly challenges: Challenges;
  readonly potClaimed: boolean;
  /** Canonical bytes of all items; undefined if only their root is on chain. */
  readonly input: Hex | undefined;
  /** As submitted; undefined if only its hash is on chain. */
  readonly output: Hex | undefined;
}

/** undefined: nothing was submitted, or what was fell out of the chain. */
export function subjectOf(events: readonly LoggedEvent[]): Subject | undefined {
  const plain = events.map(({ event }) => event);
  const history = historyOf(plain.filter(isRequestEvent));
  const submission = history && submissionOf(history.row);
  if (!history || !submission) return undefined;
  const { flags } = history.row.terms;
  return {
    history,
    submission,
    challenges: plain.filter(isGameEvent).reduce(follow, new Map() as Challenges),
    potClaimed: plain.some(({ type }) => type === 'PotClaimed'),
    input: hasFlag(flags, AskFlags.ROOT_INPUT) ? undefined : history.input,
    output: hasFlag(flags, AskFlags.EXACT_OUTPUT) ? undefined : history.output,
  };
}
