import { isProtocolError, ProtocolError } from '#core/errors.ts';
import { Reverted } from '../failure.ts';
import type { Vote } from './gather.ts';

/** Votes that say the same. */
export interface Group<T> {
  readonly key: string;
  readonly votes: readonly Vote<T>[];
}

/** The word of a provider: an answer, or that the contract refuses. Anything else is no word. */
export function isWord<T>(vote: Vote<T>): boolean {
  return vote.status === 'fulfilled' || vote.reason instanceof Reverted;
}

/** Words that are alike, the largest group first; among equals the one that was complete first. */
export function groups<T>(votes: readonly Vote<T>[], essence: (answer: T) => unknown): readonly Group<T>[] {
  const found = new Map<string, Vote<T>[]>();
  for (const vote of votes) {
    if (!isWord(vote)) continue;
    const key = keyOf(vote, essence);
    found.set(key, [...(found.get(key) ?? []), vote]);
  }
  return [...found].map(([key, own]) => ({ key, votes: own })).sort((a, b) => b.votes.length - a.votes.length);
}

export const ABSENT = 'null';

function keyOf<T>(vote: Vote<T>, essence: (answer: T) => unknown): string {
  if (vote.status === 'rejected') return `reverted with ${(vote.reason as Reverted).data}`;
  try {
    return (JSON.stringify(vote.value === null ? null : essence(vote.value)) ?? 'nothing').toLowerCase();
  } catch {
    return `malformed: ${JSON.stringify(vote.value)}`;
  }
}

/** What a vote says: its answer, or the contract's refusal thrown. */
export function wordOf<T>(vote: Vote<T>): T {
  if (vote.status === 'fulfilled') return vote.value;
  throw vote.reason;
}

/** Why there are too few words: a node's own refusal if there is one, for it may say what to do differently. */
export function shortage<T>(votes: readonly Vote<T>[], needed: number, method: string, url: string): Error {
  const failures = votes.flatMap((vote) => (isWord(vote) ? [] : [(vote as PromiseRejectedResult).reason as Error]));
  const refusal = failures.find((error) => isProtocolError(error, 'rpc.refused'));
  if (refusal) return refusal;
  if (needed === 1 && failures[0]) return failures[0];
  const words = votes.length - failures.length;
  const why = failures.map((error) => error.message).join('; ') || 'no other is of this chain';
  const reason = `${words} of the ${needed} that must agree answered (${why})`;
  return new ProtocolError('rpc.unavailable', { url, method, reason }, { cause: failures[0] });
}
